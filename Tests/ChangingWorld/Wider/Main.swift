import OrgeHostProcess
import OrgeWorld

/// The world `changing`, with another schema: the sum is wider, and there is a count of additions.
@main enum Main {
    static func main() { WorldProgram.run(Changing.self) }
}

enum Changing: World {
    static var name: String { "changing" }
    static var version: UInt16 { 2 }
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
    var total: Int64 = 0
    var additions: UInt32 = 0
}

/// Adds to the sum of the avatar.
struct Add: Command {
    var amount: Int32 = 0

    static func run(_ add: Add, _ turn: inout Turn) throws(Refusal) -> Total {
        try turn.update(turn.avatar, Sum.self) {
            $0.total += Int64(add.amount)
            $0.additions += 1
        }
        return Total(total: Int32(clamping: try turn.get(turn.avatar, Sum.self).total))
    }
}

struct Total: Record { var total: Int32 = 0 }
