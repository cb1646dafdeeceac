package import OrgeJournal
package import OrgeSchema

/// Why a journal could not be run again. Each names its remedy.
package enum ReplayFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// The record is not one.
    case damaged(tick: UInt64, DecodeError)
    /// An amendment of the tick leaves out something that the tick does not have, or nothing was recorded of the tick.
    case amendsNothing(tick: UInt64, what: String)
    /// An amendment of the tick was made for another record.
    case amendsOther(tick: UInt64)
    /// Two amendments leave out the same.
    case amendedTwice(tick: UInt64, what: String)
    /// The record does not follow the tick before it.
    case outOfOrder(tick: UInt64, after: UInt64)
    /// Running the journal came to another state than it says.
    case differs(tick: UInt64, expected: UInt64, found: UInt64)
    /// The states agree and the histories do not: inputs were changed.
    case broken(tick: UInt64)

    package var description: String {
        switch self {
        case .damaged(let tick, let error): "the record of tick \(tick) is damaged (\(error)); restore the world's folder from a backup"
        case .amendsNothing(let tick, let what): "the journal leaves \(what) out of tick \(tick), which does not have it; restore a backup"
        case .amendsOther(let tick): "an amendment of tick \(tick) was made for another record than the journal's; restore a backup"
        case .amendedTwice(let tick, let what): "the journal leaves \(what) out of tick \(tick) twice; restore a backup"
        case .outOfOrder(let tick, let last): "the record of tick \(tick) comes after tick \(last); restore the world's folder from a backup"
        case .differs(let tick, let expected, let found):
            "this code does not reproduce the journal at tick \(tick): its state hash is \(found.hexadecimal), the journal's \(expected.hexadecimal); "
                + "look for a clock, an unordered collection or memory that was not set in the world's code"
        case .broken(let tick): "the journal's chain breaks at tick \(tick): its records are not the ones that were written; restore a backup"
        }
    }
}

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
