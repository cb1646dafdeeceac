import OrgeHostProcess
import OrgeWorld

/// A tally whose parts fail on demand, for tests of what the server does about it: `Add` traps when the sum overflows, `Loop` never ends, nor does the
/// arrival of an account whose name begins with `looper`. The executable's file name chooses more: as `loops-at-start` the world's start never ends.
@main enum Main {
    static func main() {
        switch CommandLine.arguments[0].split(separator: "/").last {
        case "loops-at-start": WorldProgram.run(LoopsAtStart.self)
        default: WorldProgram.run(Faulty.self)
        }
    }
}

enum Faulty: FaultyTally {
    static func start(_ turn: inout Turn) {}
}

enum LoopsAtStart: FaultyTally {
    static func start(_ turn: inout Turn) { loop() }
}

protocol FaultyTally: World {}

extension FaultyTally {
    static var name: String { "faulty" }
    static var version: UInt16 { 1 }
    static var pace: Pace { .fixed(hertz: 20) }
    @PartsBuilder static var parts: Parts {
        Sum.self
        Add.self
        Loop.self
    }

    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        if identity.name.hasPrefix("looper") { loop() }
        if let known = turn.avatar(of: identity.id) { return known }
        let avatar = try turn.spawn()
        try turn.set(avatar, Sum())
        return avatar
    }

    static func depart(_ avatar: Entity, _ turn: inout Turn) {}
}

struct Sum: Component { var total: Int32 = 0 }

/// Adds to the sum of the avatar.
struct Add: Command {
    var amount: Int32 = 0

    static func run(_ add: Add, _ turn: inout Turn) throws(Refusal) -> Total {
        try turn.update(turn.avatar, Sum.self) { $0.total += add.amount }
        return Total(total: try turn.get(turn.avatar, Sum.self).total)
    }
}

struct Total: Record { var total: Int32 = 0 }

/// Turns so many rounds; 0: for ever.
struct Loop: Command {
    var rounds: UInt32 = 0

    static func run(_ command: Loop, _ turn: inout Turn) throws(Refusal) { loop(rounds: command.rounds) }
}

private func loop(rounds: UInt32 = 0) {
    var left = rounds
    repeat { left &-= 1 } while left != 0 || rounds == 0
}
