import OrgeSchema
import OrgeWorld

/// A small world in which a lost, doubled or reordered command shows: sums, transfers, places, an intent, an event.
enum Tally: World {
    static let name = "tally"
    static let pace = Pace.onDemand
    @PartsBuilder static var parts: Parts {
        tallyParts
        Wander.self
    }
    static func start(_ turn: inout Turn) { startTally(&turn) }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try arriveInTally(identity, &turn) }
}

/// The same at twenty ticks a second.
enum SteadyTally: World {
    static let name = "tally"
    static let pace = Pace.fixed(hertz: 20)
    @PartsBuilder static var parts: Parts {
        tallyParts
        Wander.self
    }
    static func start(_ turn: inout Turn) { startTally(&turn) }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try arriveInTally(identity, &turn) }
}

/// The same as ``Tally`` with keys, which it remembers for two seconds.
enum KeyedTally: World {
    static let name = "tally"
    static let pace = Pace.onDemand
    static let readsUTC = true
    static let keyMemory: KeyMemory? = KeyMemory(seconds: 2, limit: 200, perAccount: 60)
    @PartsBuilder static var parts: Parts {
        tallyParts
        Wander.self
    }
    static func start(_ turn: inout Turn) { startTally(&turn) }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try arriveInTally(identity, &turn) }
    /// Avatars stay, so that sums show what was applied over all sessions.
    static func depart(_ avatar: Entity, _ turn: inout Turn) {}
}

/// The same as fast as possible, where something is due in two ticks out of nine.
enum LeapingTally: World {
    static let name = "tally"
    static let pace = Pace.flatOut
    @PartsBuilder static var parts: Parts {
        tallyParts
        Drift.self
        Tide.self
    }
    static func start(_ turn: inout Turn) { startTally(&turn) }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try arriveInTally(identity, &turn) }
}

/// As fast as possible, and nothing is ever due.
enum QuietTally: World {
    static let name = "tally"
    static let pace = Pace.flatOut
    @PartsBuilder static var parts: Parts {
        Spot.self
        Sum.self
        Purse.self
        Heading.self
        Add.self
    }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try arriveInTally(identity, &turn) }
}

/// All but the systems.
@PartsBuilder private var tallyParts: Parts {
    Spot.self
    Sight(\Spot.x, \Spot.y, inner: 100, outer: 120)
    Sum.self
    Hidden.self
    Purse.self
    Heading.self
    Add.self
    Give.self
    Step.self
    Told.self
}

private func startTally(_ turn: inout Turn) {
    for index in 0..<20 {
        do throws(Refusal) {
            let stone = try turn.spawn()
            try turn.set(stone, Spot(x: Int32(index * 25), y: 0))
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

private func arriveInTally(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
    if identity.name == "nobody" { throw Refusal(.notAllowed, "nobody may not enter") }
    if let known = turn.avatar(of: identity.id) { return known }
    let avatar = try turn.spawn()
    try turn.set(avatar, Spot(x: Int32(turn.random(in: 0...500)), y: 0))
    try turn.set(avatar, Sum())
    try turn.set(avatar, Purse(owner: avatar, coins: 100))
    return avatar
}

struct Spot: Component {
    var x: Int32 = 0
    var y: Int32 = 0
}

struct Sum: Component { var total: UInt64 = 0 }

struct Hidden: Component {
    var value: UInt64 = 0
    static var visibility: Visibility { .server }
}

struct Purse: Component {
    var owner = Entity.none
    var coins: Int64 = 0
    static var visibility: Visibility { .owner }
    static var fields: [FieldRule<Self>] { [.owner(\.owner)] }
}

struct Heading: Intent { var dx: Int32 = 0 }

/// Adds to the sum of the avatar; refuses multiples of seven.
struct Add: Command {
    var amount: UInt64 = 0

    static func run(_ add: Add, _ turn: inout Turn) throws(Refusal) -> Total {
        guard add.amount % 7 != 0 else { throw Refusal(.invalid, "seven is not added") }
        try turn.update(turn.avatar, Sum.self) { $0.total &+= add.amount }
        return Total(total: try turn.get(turn.avatar, Sum.self).total)
    }
}

struct Total: Record { var total: UInt64 = 0 }

/// Costs more than the others, and its outcome depends on the order.
struct Give: Command {
    var to = Entity.none
    var coins: Int64 = 0
    static var cost: UInt16 { 4 }

    static func run(_ give: Give, _ turn: inout Turn) throws(Refusal) {
        guard give.coins > 0, try turn.get(turn.avatar, Purse.self).coins >= give.coins else { throw Refusal(.insufficient, "too few coins") }
        try turn.update(turn.avatar, Purse.self) { $0.coins -= give.coins }
        try turn.update(give.to, Purse.self) { $0.coins += give.coins }
        turn.emit(Told(coins: give.coins), to: .session(give.to))
    }
}

struct Step: Command {
    var dx: Int32 = 0
    static func run(_ step: Step, _ turn: inout Turn) throws(Refusal) {
        try turn.update(turn.avatar, Spot.self) { $0.x &+= step.dx }
        try turn.set(turn.avatar, Hidden(value: turn.random()))
    }
}

struct Told: Event { var coins: Int64 = 0 }

enum Wander: System {
    static var reads: [any Component.Type] { [Heading.self] }
    static var writes: [any Component.Type] { [Spot.self] }
    static func run(_ turn: inout Turn) {
        turn.each { (spot: inout Spot, heading: Heading) in spot.x &+= heading.dx }
    }
}

enum Drift: System {
    static let period = 6
    static var reads: [any Component.Type] { [Heading.self] }
    static var writes: [any Component.Type] { [Spot.self] }
    static func run(_ turn: inout Turn) {
        turn.each { (spot: inout Spot, heading: Heading) in spot.x &+= heading.dx }
    }
}

/// Draws, so that a tick too many or too few shows.
enum Tide: System {
    static let period = 10
    static var writes: [any Component.Type] { [Spot.self] }
    static func run(_ turn: inout Turn) {
        let height = Int32(turn.random(in: 0...9))
        turn.each { (spot: inout Spot) in spot.y = height }
    }
}

/// Canonical bytes of the test commands.
enum TallyBytes {
    static let add: UInt16 = 0
    static let give: UInt16 = 1
    static let step: UInt16 = 2

    static func add(_ amount: UInt64) -> [UInt8] { bytes { $0.u64(amount) } }
    static func give(_ to: Entity, _ coins: Int64) -> [UInt8] {
        bytes {
            $0.entity(to)
            $0.i64(coins)
        }
    }
    static func step(_ dx: Int32) -> [UInt8] { bytes { $0.u32(UInt32(bitPattern: dx)) } }
    static func heading(_ dx: Int32) -> [UInt8] { step(dx) }

    private static func bytes(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
        var writer = ByteWriter()
        write(&writer)
        return writer.bytes
    }
}
