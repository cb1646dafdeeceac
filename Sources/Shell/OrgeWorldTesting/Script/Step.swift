import OrgeSchema
import OrgeWorld

/// One step of what happens to a tested world. Every call of a test becomes one, so that each run can be repeated, printed and shortened.
///
/// Accounts are numbers: places in ``TestWorld/accounts``.
enum Step {
    case join(Int)
    case leave(Int)
    case disconnect(Int)
    case command(Int, kind: UInt16, ScriptRow, key: IdempotencyKey? = nil)
    case intent(Int, kind: UInt16, ScriptRow)
    case tick
    /// By the test itself, between ticks.
    case change((inout Turn) throws(Refusal) -> Void)

    var isTick: Bool { if case .tick = self { true } else { false } }
}

/// A row of a script. Avatars are named by their accounts, because a shorter script gives them other ids.
struct ScriptRow {
    enum Value: Equatable {
        case value(FieldValue)
        case avatar(Int)
    }

    var values: [Value]

    /// - Parameter account: the account whose avatar an entity is.
    init(_ row: [FieldValue], account: (Entity) -> Int?) {
        values = row.map { value in
            if case .entity(let entity) = value, let account = account(entity) { return .avatar(account) }
            return .value(value)
        }
    }

    init(values: [Value]) { self.values = values }

    /// - Parameter avatar: of an account; `none` for one that has none.
    func resolved(avatar: (Int) -> Entity) -> [FieldValue] {
        values.map { value in
            switch value {
            case .value(let value): value
            case .avatar(let account): .entity(avatar(account))
            }
        }
    }
}

extension RowLayout {
    /// - Precondition: one value of its kind for each field.
    func encoded(_ values: [FieldValue]) -> [UInt8] {
        var writer = ByteWriter(capacity: minBytes)
        encode(values, to: &writer)
        return writer.take()
    }
}
