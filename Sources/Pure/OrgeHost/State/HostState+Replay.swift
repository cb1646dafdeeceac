package import OrgeSchema

/// Why a journal could not be run again. Each names its remedy.
package enum ReplayFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// The record is not one.
    case damaged(tick: UInt64, DecodeError)
    /// Something was decided about the tick after it had been recorded. This host makes no such decisions, and running the tick as if there were
    /// none would be another history.
    case amended(tick: UInt64)
    /// The record does not follow the tick before it.
    case outOfOrder(tick: UInt64, after: UInt64)
    /// Running the journal came to another state than it says.
    case differs(tick: UInt64, expected: UInt64, found: UInt64)
    /// The states agree and the histories do not: inputs were changed.
    case broken(tick: UInt64)

    package var description: String {
        switch self {
        case .damaged(let tick, let error): "the record of tick \(tick) is damaged (\(error)); restore the world's folder from a backup"
        case .amended(let tick): "the journal amends tick \(tick), which this version of Orge cannot carry out; start it with the one that wrote it"
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
    package mutating func replay(_ body: [UInt8]) throws(ReplayFailure) -> (TickRecord, ExecutedTick) {
        let record: TickRecord
        do throws(DecodeError) { record = try TickRecord(decoding: body) } catch { throw .damaged(tick: tick + 1, error) }
        guard record.tick > tick else { throw .outOfOrder(tick: record.tick, after: tick) }
        guard record.hashBefore == stateHash else { throw .differs(tick: tick, expected: record.hashBefore, found: stateHash) }
        guard record.chainBefore == chain else { throw .broken(tick: record.tick) }
        return (record, run(record, body: body))
    }
}
