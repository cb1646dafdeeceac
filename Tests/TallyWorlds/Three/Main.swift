import OrgeHostProcess
import OrgeWorld

/// The world `tally`, third version: the name is split, and a component has another name.
@main enum Main {
    static func main() { WorldProgram.run(Tally.self) }
}

enum Tally: World {
    static let name = "tally"
    static let pace = Pace.onDemand
    static let readsUTC = true
    static let keyMemory: KeyMemory? = KeyMemory(seconds: 600)
    static let version: UInt16 = 3
    @PartsBuilder static var parts: Parts {
        Rank.self
        Score.self
        Person.self
        Add.self
        Who.self
    }

    static var migrations: [WorldMigration] { [.dropped("badge"), .step(before: 2, giveRanks)] }

    private static func giveRanks(_ turn: inout Turn) throws(Refusal) {
        var players: [Entity] = []
        turn.each { (visit: inout Visit, _: Score) in players.append(visit.entity) }
        for player in players { try turn.set(player, Rank(level: 1)) }
    }

    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        if let known = turn.avatar(of: identity.id) { return known }
        let avatar = try turn.spawn()
        try turn.set(avatar, Score())
        try turn.set(avatar, Rank())
        try turn.set(avatar, Person())
        return avatar
    }

    static func depart(_ avatar: Entity, _ turn: inout Turn) {}
}

struct Rank: Component {
    var level: UInt16 = 0

    static var migrations: [Migration<Self>] { [.formerly("level")] }
}

struct Score: Component {
    var hundredths: Int64 = 0
    var additions: UInt32 = 0

    static var migrations: [Migration<Self>] { [.converted("points", Int32.self, to: \.hundredths) { Int64($0) * 100 }] }
}

struct Person: Component {
    var first = Text<48>()
    var last = Text<48>()

    static var migrations: [Migration<Self>] {
        [
            .formerly("score", before: 3),
            .computed(\.first, from: Former("name", Text<48>.self)) { Text(cutting: $0.string.split(separator: " ").first ?? "") },
            .computed(\.last, from: Former("name", Text<48>.self)) { Text(cutting: $0.string.split(separator: " ").dropFirst().joined(separator: " ")) },
        ]
    }
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

/// Tells what the avatar is.
struct Who: Command {
    static func run(_ who: Who, _ turn: inout Turn) throws(Refusal) -> Told {
        let (person, rank) = (try turn.get(turn.avatar, Person.self), try turn.get(turn.avatar, Rank.self))
        return Told(first: person.first, last: person.last, level: rank.level)
    }
}

struct Told: Record {
    var first = Text<48>()
    var last = Text<48>()
    var level: UInt16 = 0
}
