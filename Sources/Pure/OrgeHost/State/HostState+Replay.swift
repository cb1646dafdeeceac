package import OrgeJournal
import OrgeSchema

extension HostState {
    /// Runs the next record of a journal and checks that it was sealed on the state that we have.
    /// Whether this code may run it was decided when the journal was opened.
    /// - Parameter amendments: of this tick, in order.
    package mutating func replay(_ body: [UInt8], amendments: [RecordedFault] = []) throws(ReplayFailure) -> (TickRecord, ExecutedTick) {
        let record: TickRecord
        do throws(DecodeError) { record = try TickRecord(decoding: body) } catch { throw .damaged(tick: tick + 1, error) }
        guard record.tick > tick else { throw .outOfOrder(tick: record.tick, after: tick) }
        guard record.hashBefore == stateHash else { throw .differs(tick: tick, expected: record.hashBefore, found: stateHash) }
        guard record.chainBefore == chain else { throw .broken(tick: record.tick) }
        guard !amendments.isEmpty else { return (record, run(record, body: body)) }
        try Self.check(amendments, of: record, body)
        return (record, try run(record, body: body, amendments: amendments))
    }

    private static func check(_ amendments: [RecordedFault], of record: TickRecord, _ body: [UInt8]) throws(ReplayFailure) {
        let hash = recordHash(body)
        for (index, fault) in amendments.enumerated() {
            let amendment = fault.amendment
            guard amendment.recordHash == hash, amendment.utcMilliseconds == record.utcMilliseconds else { throw .amendsOther(tick: record.tick) }
            guard !amendments[..<index].contains(where: { $0.amendment.isSameWork(as: amendment) }) else {
                throw .amendedTwice(tick: record.tick, what: amendment.what)
            }
        }
    }
}
