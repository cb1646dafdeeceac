import OrgeSchema
import OrgeTestSupport
import OrgeWorld

/// A world that fails in all the places where world code runs.
protocol FragileWorld: World {}

enum Fragile: FragileWorld {}

/// Guests count like any other account.
enum FragileForAll: FragileWorld {
    static var faultPolicy: FaultPolicy {
        var policy = FaultPolicy()
        policy.countsGuests = true
        return policy
    }
}

/// Remembers idempotency keys for an hour.
enum FragileKeyed: FragileWorld {
    static let readsUTC = true
    static let keyMemory: KeyMemory? = KeyMemory(seconds: 3_600, limit: 100, perAccount: 50)
}

/// A fault of a system stops it.
enum Brittle: FragileWorld {
    static var faultPolicy: FaultPolicy {
        var policy = FaultPolicy()
        policy.farthest = .skipInput
        return policy
    }
}

/// Sets two entities aside for a system, then suspends it.
enum FragileTwice: FragileWorld {
    static var faultPolicy: FaultPolicy {
        var policy = FaultPolicy()
        policy.entitiesSetAside = 2
        return policy
    }
}

extension FragileWorld {
    static var name: String { "fragile" }
    static var pace: Pace { .onDemand }
    @PartsBuilder static var parts: Parts {
        Sum.self
        Fuse.self
        Quits.self
        Heading.self
        Put.self
        Plant.self
        Quit.self
        Brew.self
        Burn.self
        Weather.self
        Aging.self
    }

    static func start(_ turn: inout Turn) {
        for _ in 0..<200 { do throws(Refusal) { try turn.set(try turn.spawn(), Sum()) } catch { preconditionFailure("\(error)") } }
    }

    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        if identity.name.hasPrefix("bad") { Bomb.explode() }
        if let known = turn.avatar(of: identity.id) { return known }
        let avatar = try turn.spawn()
        try turn.set(avatar, Sum(total: turn.random() & 0xff))
        return avatar
    }

    static func depart(_ avatar: Entity, _ turn: inout Turn) {
        if turn.has(avatar, Quits.self) { Bomb.explode() }
        turn.despawn(avatar)
    }
}

/// Bursts in this tick.
struct Fuse: Component { var tick: UInt64 = 0 }

/// Its avatar's departure fails.
struct Quits: Component { var value: UInt8 = 0 }

/// Fails with amounts from ``FragileBytes/poison`` on.
struct Put: Command {
    var amount: UInt64 = 0

    static func run(_ put: Put, _ turn: inout Turn) throws(Refusal) -> Total {
        let luck = turn.random() & 7
        try turn.update(turn.avatar, Sum.self) { $0.total &+= put.amount &+ luck }
        if put.amount >= FragileBytes.poison { Bomb.explode() }
        return Total(total: try turn.get(turn.avatar, Sum.self).total)
    }
}

/// Plants what a system fails on so many ticks later.
struct Plant: Command {
    var delay: UInt64 = 0
    static func run(_ plant: Plant, _ turn: inout Turn) throws(Refusal) { try turn.set(turn.avatar, Fuse(tick: turn.tick &+ plant.delay)) }
}

struct Quit: Command {
    var value: UInt8 = 0
    static func run(_ quit: Quit, _ turn: inout Turn) throws(Refusal) { try turn.set(turn.avatar, Quits()) }
}

/// Makes the weather fail, where no entity is visited.
struct Brew: Command {
    var value: UInt8 = 0
    static func run(_ brew: Brew, _ turn: inout Turn) throws(Refusal) { try turn.set(turn.avatar, Heading(dx: 13)) }
}

enum Burn: System {
    static var writes: [any Component.Type] { [Sum.self] }
    static var reads: [any Component.Type] { [Fuse.self] }
    static func run(_ turn: inout Turn) {
        let now = turn.tick
        turn.each { (sum: inout Sum, fuse: Fuse) in
            if fuse.tick <= now { Bomb.explode() }
            sum.total &+= 1
        }
    }
}

enum Weather: System {
    static let period = 2
    static var reads: [any Component.Type] { [Heading.self] }
    static var writes: [any Component.Type] { [] }
    static func run(_ turn: inout Turn) {
        var isStormy = false
        turn.each { (heading: Heading) in isStormy = isStormy || heading.dx == 13 }
        if isStormy { Bomb.explode() }
    }
}

/// Never fails, and visits whole words of rows.
enum Aging: System {
    static var writes: [any Component.Type] { [Sum.self] }
    static func run(_ turn: inout Turn) { turn.each { (sum: inout Sum) in sum.total &+= 3 } }
}

enum FragileBytes {
    static let put: UInt16 = 0
    static let plant: UInt16 = 1
    static let quit: UInt16 = 2
    static let brew: UInt16 = 3
    /// The least amount that ``Put`` fails with.
    static let poison: UInt64 = 1_000

    static func put(_ amount: UInt64) -> [UInt8] { TallyBytes.add(amount) }
    static func plant(_ delay: UInt64) -> [UInt8] { TallyBytes.add(delay) }
}

extension HostRig where W: FragileWorld {
    /// A rig with a client that has planted what a system has just failed on.
    static func withFuse() throws -> HostRig {
        let (rig, edge) = try withEdge()
        let anna = edge.join("anna")
        try rig.settle(rounds: 5)
        edge.command(anna, FragileBytes.plant, FragileBytes.plant(0))
        rig.deliver()
        rig.turn()
        return rig
    }
}
