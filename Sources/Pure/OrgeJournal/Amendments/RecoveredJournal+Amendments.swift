internal import OrgeSchema

/// An amendment as the journal holds it.
package struct RecordedFault: Equatable, Sendable {
    package var tick: UInt64
    package var amendment: FaultAmendment
    /// The record's body.
    package var body: [UInt8]

    package init(tick: UInt64, amendment: FaultAmendment, body: [UInt8]) {
        self.tick = tick
        self.amendment = amendment
        self.body = body
    }
}

extension RecoveredJournal {
    /// The amendments that were read, in order: of an inspected journal all that it keeps, of an opened one those after its image.
    /// - Throws: `corrupt`, for a body that is no amendment.
    package func faults() throws(JournalError) -> [RecordedFault] {
        let after = isInspected ? 0 : image?.tick ?? 0
        var faults: [RecordedFault] = []
        for record in log.amendments where record.tick > after {
            do throws(DecodeError) {
                faults.append(RecordedFault(tick: record.tick, amendment: try FaultAmendment(record), body: record.body))
            } catch {
                throw JournalError(.corrupt, "the amendment of tick \(record.tick) cannot be read: \(error); restore the journal from a backup")
            }
        }
        return faults
    }

    /// The body of the last tick's record; nil when the image covers it, or there is none.
    package func lastTickBody() throws(JournalError) -> [UInt8]? {
        guard let place = log.lastTick, lastTick > image?.tick ?? 0, let piece = log.pieces.first(where: { $0.number == place.segment }) else { return nil }
        return try JournalTail.records(storage, genesis, piece, from: place.offset).first?.body
    }
}
