import OrgeHostProcess
import OrgeWorld

/// The world `tally`, second version: points have become hundredths under another name, a level is new, badges are gone.
@main enum Main {
    static func main() { WorldProgram.run(Tally.self) }
}

enum Tally: World {
    static let name = "tally"
    static let pace = Pace.onDemand
    static let readsUTC = true
    static let keyMemory: KeyMemory? = KeyMemory(seconds: 600)
    static let version: UInt16 = 2
    @PartsBuilder static var parts: Parts {
        Level.self
        Score.self
        Add.self
        Name.self
    }

    static var migrations: [WorldMigration] { [.dropped("badge"), .step(before: 2, giveLevels)] }

    private static func giveLevels(_ turn: inout Turn) throws(Refusal) {
        var players: [Entity] = []
        turn.each { (visit: inout Visit, _: Score) in players.append(visit.entity) }
        for player in players { try turn.set(player, Level(level: 2)) }
    }

    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        if let known = turn.avatar(of: identity.id) { return known }
        let avatar = try turn.spawn()
        try turn.set(avatar, Score())
        try turn.set(avatar, Level())
        return avatar
    }

    static func depart(_ avatar: Entity, _ turn: inout Turn) {}
}

struct Level: Component { var level: UInt8 = 0 }

struct Score: Component {
    var name = Text<48>()
    var hundredths: Int64 = 0
    var additions: UInt32 = 0

    static var migrations: [Migration<Self>] { [.converted("points", Int32.self, to: \.hundredths) { Int64($0) * 100 }] }
}

struct Add: Command {
    var points: Int32 = 0

    static func run(_ add: Add, _ turn: inout Turn) throws(Refusal) -> Total {
        try turn.update(turn.avatar, Score.self) {
            $0.hundredths += Int64(add.points) * 100
            $0.additions += 1
        }
        return Total(hundredths: try turn.get(turn.avatar, Score.self).hundredths)
    }
}

struct Total: Record { var hundredths: Int64 = 0 }

struct Name: Command {
    var full = Text<32>()

    static func run(_ name: Name, _ turn: inout Turn) throws(Refusal) {
        try turn.update(turn.avatar, Score.self) { $0.name = Text(cutting: name.full.string) }
    }
}
