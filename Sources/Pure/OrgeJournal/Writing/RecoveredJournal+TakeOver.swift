internal import OrgeSchema

/// From reading a log to writing it.
extension RecoveredJournal {
    /// Takes the journal from the host that wrote last, durably, and makes sure that all it has called durable was read.
    ///
    /// Normally that host has ended, as the world's lock tells. Where the lock does not hold it may be at work: seen so, it stays the writer.
    /// Otherwise it loses its mark, and calls nothing durable from then on; so what the log holds after that is all that ever was durable.
    /// - Throws: `fenced` when another host is at work; `changed` when its last records came after the log was read.
    func takeOver() throws(JournalError) {
        guard try isUnchanged() else {
            let message = "another host writes to this journal, so that the world's lock does not hold; let one server alone use this folder"
            throw JournalError(.fenced, message, path: JournalNames.segment(log.newestSegment))
        }
        try JournalMarks(storage).claim(log.newestSegment)
        guard try isUnchanged() else {
            let message = "another host has written to this journal while it was read, and ends now; start once more"
            throw JournalError(.changed, message, path: JournalNames.segment(log.newestSegment))
        }
    }

    /// Whether the log ends where it was found to end: no segment after its last, no whole record after its last.
    private func isUnchanged() throws(JournalError) -> Bool {
        let newest = log.newestSegment
        guard try Journal.numbers(storage).last ?? 0 == newest else { return false }
        guard let end = log.pieces.last?.end else { return true }
        let path = JournalNames.segment(newest)
        let register = genesis.key(segment: newest).register(at: end)
        let head = try storage.read(path, from: end, count: RecordHeader.byteCount)
        let header: RecordHeader?
        do throws(DecodeError) {
            header = try RecordHeader(head, at: 0, register: register)
        } catch {
            // A header of a newer format.
            return false
        }
        guard let header else { return true }
        return !header.bodyIsValid(in: try storage.read(path, from: end, count: header.recordBytes), at: 0)
    }

    /// The records of the group that may not be durable, none when all are.
    func lastGroupRecords() throws(JournalError) -> [JournalRecord] {
        guard let group = log.lastGroup, let piece = log.pieces.last else { return [] }
        return try JournalTail.records(storage, genesis, piece, from: group.start)
    }
}
