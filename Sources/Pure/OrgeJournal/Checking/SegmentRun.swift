internal import OrgeSchema

/// One segment by itself: what of it is whole. A segment states in its header what it continues, so that each can be read without the ones before.
struct SegmentRun: Sendable {
    let header: SegmentHeader
    /// Where the whole records end, in bytes.
    private(set) var end = SegmentHeader.byteCount
    /// In force there.
    private(set) var position: LogPosition
    /// Everything that was durable is whole, as far as this segment and the header of the next one tell.
    private(set) var isWhole = true
    /// What is wrong.
    private(set) var findings: [JournalError] = []
    /// Bytes after the end that are not zero, where that is no damage: a group that was being written.
    private(set) var tornBytes = 0

    /// The segment holds nothing that a recovery would accept: it was durable up to its foundation before it got its name.
    var isUsable: Bool { end >= header.foundationEnd }

    /// - Parameter limit: where the records end, as the next segment states it; nil for the last one.
    init(_ bytes: [UInt8], _ header: SegmentHeader, _ genesis: Genesis, limit: Int?) {
        self.header = header
        position = header.position
        let path = JournalNames.segment(header.number)
        if bytes.count != header.size {
            fault("the file has \(bytes.count) bytes and was durable with \(header.size)", path, nil)
        }
        var walk = SegmentWalk(bytes, number: header.number, key: genesis.key(segment: header.number))
        do throws(JournalError) {
            try read(&walk, limit, path)
        } catch {
            // Whole records of a newer format.
            isWhole = false
            findings.append(error)
        }
    }

    private mutating func read(_ walk: inout SegmentWalk, _ limit: Int?, _ path: StoragePath) throws(JournalError) {
        while walk.position < limit ?? .max {
            guard case .record(let record, let place) = try walk.next() else { break }
            if let contradiction = position.advance(record, body: walk.body(of: record, at: place)) {
                return fault(contradiction, path, place)
            }
            end = walk.position
        }
        guard end != limit else { return }
        try judgeEnd(walk, limit, path)
    }

    private mutating func judgeEnd(_ walk: SegmentWalk, _ limit: Int?, _ path: StoragePath) throws(JournalError) {
        if let limit {
            fault("a record after tick \(position.tick) is damaged: the next segment says that this one is whole up to byte \(limit)", path, end)
        } else if end < header.foundationEnd {
            fault("a record after tick \(position.tick) is damaged: the segment was durable up to byte \(header.foundationEnd)", path, end)
        } else if let later = try walk.writtenLater(than: end) {
            fault("a record after tick \(position.tick) is damaged: the record at byte \(later) was written after it was durable", path, end)
        } else {
            tornBytes = walk.remains(from: end)
        }
    }

    private mutating func fault(_ message: String, _ path: StoragePath, _ offset: Int?) {
        isWhole = false
        findings.append(JournalError(.corrupt, message, path: path, offset: offset))
    }
}
