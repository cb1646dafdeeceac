import OrgeHostProcess
import OrgeWorld

/// The world `changing`, mended: a sum that would overflow is refused. The schema is that of the first version.
@main enum Main {
    static func main() { WorldProgram.run(Changing.self) }
}

enum Changing: World {
    static var name: String { "changing" }
    static var version: UInt16 { 1 }
    static var pace: Pace { .fixed(hertz: 20) }
    @PartsBuilder static var parts: Parts {
        Sum.self
        Add.self
    }

    static func start(_ turn: inout Turn) {}

    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        if let known = turn.avatar(of: identity.id) { return known }
        let avatar = try turn.spawn()
        try turn.set(avatar, Sum())
        return avatar
    }

    static func depart(_ avatar: Entity, _ turn: inout Turn) {}
}

struct Sum: Component {
    var total: Int32 = 0
}

/// Adds to the sum of the avatar.
struct Add: Command {
    var amount: Int32 = 0

    static func run(_ add: Add, _ turn: inout Turn) throws(Refusal) -> Total {
        let (total, isTooMuch) = try turn.get(turn.avatar, Sum.self).total.addingReportingOverflow(add.amount)
        if isTooMuch { throw Refusal(.invalid, "that would be too much") }
        try turn.set(turn.avatar, Sum(total: total))
        return Total(total: total)
    }
}

struct Total: Record { var total: Int32 = 0 }
