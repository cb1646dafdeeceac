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
    /// The ticks through this one were made under an earlier schema than this code's, and their history was to be run by it.
    case otherSchema(tick: UInt64)
    /// The migration after this tick came to another state than it did the first time.
    case migratesOtherwise(tick: UInt64, found: UInt64)

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
        case .otherSchema(let tick):
            "the ticks through \(tick) were made under an earlier schema: `orge replay --verify` runs them with the executables that made them"
        case .migratesOtherwise(let tick, let found):
            "this code does not reproduce the migration after tick \(tick): it leads to the state hash \(found.hexadecimal), and not to the "
                + "journal's; look for a clock, an unordered collection or memory that was not set in the world's migrations"
        case .broken(let tick): "the journal's chain breaks at tick \(tick): its records are not the ones that were written; restore a backup"
        }
    }
}
