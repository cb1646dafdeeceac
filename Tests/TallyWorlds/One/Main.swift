import OrgeHostProcess
import OrgeWorld

/// The world `tally`, as it was first.
@main enum Main {
    static func main() { WorldProgram.run(Tally.self) }
}

enum Tally: World {
    static let name = "tally"
    static let pace = Pace.onDemand
    static let readsUTC = true
    static let keyMemory: KeyMemory? = KeyMemory(seconds: 600)
    @PartsBuilder static var parts: Parts {
        Score.self
        Badge.self
        Add.self
        Name.self
        Praise.self
    }

    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        if let known = turn.avatar(of: identity.id) { return known }
        let avatar = try turn.spawn()
        try turn.set(avatar, Score())
        try turn.set(avatar, Badge())
        return avatar
    }

    static func depart(_ avatar: Entity, _ turn: inout Turn) {}
}

struct Score: Component {
    var points: Int32 = 0
    var name = Text<32>()
}

/// What another version does not have.
struct Badge: Component { var number: UInt8 = 7 }

struct Add: Command {
    var points: Int32 = 0

    static func run(_ add: Add, _ turn: inout Turn) throws(Refusal) -> Total {
        try turn.update(turn.avatar, Score.self) { $0.points += add.points }
        return Total(points: try turn.get(turn.avatar, Score.self).points)
    }
}

struct Total: Record { var points: Int32 = 0 }

/// First and last name, with a space between them.
struct Name: Command {
    var full = Text<32>()

    static func run(_ name: Name, _ turn: inout Turn) throws(Refusal) {
        try turn.update(turn.avatar, Score.self) { $0.name = name.full }
        turn.emit(Praise(name: name.full), to: .all)
    }
}

struct Praise: Event { var name = Text<32>() }
