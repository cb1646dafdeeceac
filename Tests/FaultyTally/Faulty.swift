import OrgeHostProcess
import OrgeWorld

/// A tally whose parts fail on demand, for tests of what the server does about it: `Add` traps when the sum overflows, `Loop` never ends, nor does the
/// arrival of an account whose name begins with `looper`; that of a `trapper` traps; `Plant` sets a value on which a system traps ticks later; `Hoard`
/// uses up all memory; `Dive` the stack. Its variants (`chosenVariant`):
///
/// | variant | the world |
/// |---|---|
/// | `loops-at-start`, `traps-at-start` | its start never ends, or traps |
/// | `counts-guests` | its fault policy counts guests among the accounts that disable a command's kind |
/// | `lenient` | its fault policy suspends no account |
/// | `mended` | has the same schema and a corrected `Add`, which refuses an overflow |
@main enum Main {
    static func main() {
        switch chosenVariant() {
        case "loops-at-start": WorldProgram.run(LoopsAtStart.self)
        case "traps-at-start": WorldProgram.run(TrapsAtStart.self)
        case "counts-guests": WorldProgram.run(CountsGuests.self)
        case "lenient": WorldProgram.run(Lenient.self)
        case "mended": WorldProgram.run(Mended.self)
        default: WorldProgram.run(Faulty.self)
        }
    }
}

enum Faulty: FaultyTally {}

enum LoopsAtStart: FaultyTally {
    static func start(_ turn: inout Turn) { loop() }
}

enum TrapsAtStart: FaultyTally {
    static func start(_ turn: inout Turn) { overflow(Int32.max) }
}

enum CountsGuests: FaultyTally {
    static var faultPolicy: FaultPolicy {
        var policy = FaultPolicy()
        policy.countsGuests = true
        return policy
    }
}

enum Lenient: FaultyTally {
    static var faultPolicy: FaultPolicy {
        var policy = FaultPolicy()
        policy.suspensionSeconds = 0
        return policy
    }
}

enum Mended: FaultyTally {
    @PartsBuilder static var parts: Parts {
        Sum.self
        Fuse.self
        CarefulAdd.self
        Loop.self
        Plant.self
        Hoard.self
        Dive.self
        Burn.self
    }
}

protocol FaultyTally: World {}

extension FaultyTally {
    static var name: String { "faulty" }
    static var version: UInt16 { 1 }
    static var pace: Pace { .fixed(hertz: 20) }
    static var keyMemory: KeyMemory? { KeyMemory(seconds: 3_600, limit: 1_000, perAccount: 100) }
    @PartsBuilder static var parts: Parts {
        Sum.self
        Fuse.self
        Add.self
        Loop.self
        Plant.self
        Hoard.self
        Dive.self
        Burn.self
    }

    static func start(_ turn: inout Turn) {}

    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        if identity.name.hasPrefix("looper") { loop() }
        if identity.name.hasPrefix("trapper") { overflow(Int32.max) }
        if let known = turn.avatar(of: identity.id) { return known }
        let avatar = try turn.spawn()
        try turn.set(avatar, Sum())
        return avatar
    }

    static func depart(_ avatar: Entity, _ turn: inout Turn) {}
}

struct Sum: Component { var total: Int32 = 0 }

/// Burns a tick in each tick; one that has burnt down traps.
struct Fuse: Component { var ticks: UInt16 = 0 }

struct Total: Record { var total: Int32 = 0 }

/// Adds to the sum of the avatar.
struct Add: Command {
    var amount: Int32 = 0

    static func run(_ add: Add, _ turn: inout Turn) throws(Refusal) -> Total {
        try turn.update(turn.avatar, Sum.self) { $0.total += add.amount }
        return Total(total: try turn.get(turn.avatar, Sum.self).total)
    }
}

/// The same command without its mistake.
struct CarefulAdd: Command {
    static var name: String { "add" }
    var amount: Int32 = 0

    static func run(_ add: CarefulAdd, _ turn: inout Turn) throws(Refusal) -> Total {
        let (total, overflows) = try turn.get(turn.avatar, Sum.self).total.addingReportingOverflow(add.amount)
        guard !overflows else { throw Refusal(.full, "the sum would not fit") }
        try turn.set(turn.avatar, Sum(total: total))
        return Total(total: total)
    }
}

/// Turns so many rounds; 0: for ever.
struct Loop: Command {
    var rounds: UInt32 = 0

    static func run(_ command: Loop, _ turn: inout Turn) throws(Refusal) { loop(rounds: command.rounds) }
}

/// Puts a fuse to the avatar: so many ticks later `Burn` traps on it.
struct Plant: Command {
    static var weight: UInt16 { 0 }
    var ticks: UInt16 = 0

    static func run(_ plant: Plant, _ turn: inout Turn) throws(Refusal) { try turn.set(turn.avatar, Fuse(ticks: plant.ticks)) }
}

/// Uses up all memory.
struct Hoard: Command {
    static var weight: UInt16 { 0 }

    static func run(_ command: Hoard, _ turn: inout Turn) throws(Refusal) {
        var hoard: [[UInt8]] = []
        while true { hoard.append([UInt8](repeating: UInt8(truncatingIfNeeded: hoard.count), count: 1 << 24)) }
    }
}

/// Calls itself until the stack is used up.
struct Dive: Command {
    static var weight: UInt16 { 0 }

    static func run(_ dive: Dive, _ turn: inout Turn) throws(Refusal) {
        var depth: UInt64 = 0
        if deeper(&depth) == 0 { throw Refusal(.invalid, "the stack has no end") }
    }
}

enum Burn: System {
    static var writes: [any Component.Type] { [Fuse.self] }

    static func run(_ turn: inout Turn) {
        turn.each { (_: inout Visit, fuse: inout Fuse) in fuse.ticks -= 1 }
    }
}

private func loop(rounds: UInt32 = 0) {
    var left = rounds
    repeat { left &-= 1 } while left != 0 || rounds == 0
}

/// Each call keeps a variable of its own, which the next one writes: so that no optimiser makes a loop of it.
@inline(never) @_optimize(none) private func deeper(_ depth: inout UInt64) -> UInt64 {
    guard depth < .max else { return 0 }
    var mine = depth + 1
    let below = deeper(&mine)
    depth = mine
    return below
}

/// One more than the largest number.
private func overflow(_ largest: Int32) {
    var number = largest
    number += 1
}
