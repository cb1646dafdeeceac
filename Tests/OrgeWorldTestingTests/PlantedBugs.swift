import OrgeWorld

/// A purse that each account has. The worlds below differ in one mistake each.
struct Purse: Component {
    var coins: Int64 = 0
}

/// Server-only.
struct Ledgered: Component {
    var total: Int64 = 0
    static var visibility: Visibility { .server }
}

struct Spend: Command {
    var amount: UInt32 = 0
    var note = Text<24>()
    static var fields: [FieldRule<Self>] { [.range(\.amount, 1...1_000, unit: "coins")] }

    static func run(_ spend: Spend, _ turn: inout Turn) throws(Refusal) -> Purse {
        var purse: Purse = try turn.get(turn.avatar)
        guard purse.coins >= Int64(spend.amount) else { throw Refusal(.insufficient, "there are \(purse.coins) coins") }
        purse.coins -= Int64(spend.amount)
        try turn.set(turn.avatar, purse)
        return purse
    }
}

struct Aim: Intent {
    var angle: Int16 = 0
    static var fields: [FieldRule<Self>] { [.range(\.angle, -90...90, unit: "°")] }
}

struct Rung: Event { var times: UInt8 = 0 }

struct Ring: Command {
    var times: UInt8 = 1
    static func run(_ ring: Ring, _ turn: inout Turn) throws(Refusal) { turn.emit(Rung(times: ring.times), to: .session(turn.avatar)) }
}

/// Gives to another account; coins come from nowhere when it is the own one.
struct Give: Command {
    var to = Entity.none
    var coins: UInt16 = 1
    static var fields: [FieldRule<Self>] { [.range(\.coins, 1...100)] }

    static func run(_ give: Give, _ turn: inout Turn) throws(Refusal) {
        var mine: Purse = try turn.get(turn.avatar)
        var theirs: Purse = try turn.get(give.to)
        guard mine.coins >= Int64(give.coins) else { throw Refusal(.insufficient, "too few coins") }
        mine.coins -= Int64(give.coins)
        theirs.coins += Int64(give.coins)
        try turn.set(turn.avatar, mine)
        try turn.set(give.to, theirs)
    }
}

/// What the worlds have in common.
protocol PurseWorld: World {}

extension PurseWorld {
    static var pace: Pace { .fixed(hertz: 20) }

    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        if identity.name == "banned" { throw Refusal(.notAllowed, "banned may not enter") }
        if let known = turn.avatar(of: identity.id) { return known }
        let avatar = try turn.spawn()
        try turn.set(avatar, Purse(coins: 100))
        return avatar
    }

    static func depart(_ avatar: Entity, _ turn: inout Turn) {}
}

/// Without a mistake but the one of ``Give``.
enum Market: PurseWorld {
    static let name = "market"
    static var keyMemory: KeyMemory? { KeyMemory() }
    static var parts: Parts {
        Purse.self
        Aim.self
        Spend.self
        Give.self
        Ring.self
        Rung.self
    }
}

/// Goes wrong when the third command of an account is applied.
enum ThirdTime: PurseWorld {
    static let name = "third-time"
    static var parts: Parts {
        Purse.self
        Ledgered.self
        Count.self
        Idle.self
    }

    struct Count: Command {
        var by: UInt16 = 1
        static func run(_ count: Count, _ turn: inout Turn) throws(Refusal) {
            try turn.set(turn.avatar, Ledgered(total: (turn.find(turn.avatar, Ledgered.self)?.total ?? 0) + 1))
        }
    }

    /// Changes nothing.
    struct Idle: Command {
        var words = Text<12>()
        static func run(_ idle: Idle, _ turn: inout Turn) throws(Refusal) {}
    }
}

/// Goes wrong when a number of at least 37 is applied.
enum Threshold: PurseWorld {
    static let name = "threshold"
    static var parts: Parts {
        Purse.self
        Ledgered.self
        Put.self
    }

    struct Put: Command {
        var number: Int32 = 0
        var note = Text<24>()
        static func run(_ put: Put, _ turn: inout Turn) throws(Refusal) { try turn.set(turn.avatar, Ledgered(total: Int64(put.number))) }
    }
}

/// Keeps a count where no image has it.
enum Hoarder: PurseWorld {
    static let name = "hoarder"
    // SAFETY: the tests that use this world are serialised.
    nonisolated(unsafe) static var secret: Int64 = 0

    static var parts: Parts {
        Purse.self
        Ledgered.self
        Hide.self
        Show.self
    }

    struct Hide: Command {
        static func run(_ hide: Hide, _ turn: inout Turn) throws(Refusal) { unsafe Hoarder.secret += 1 }
    }

    struct Show: Command {
        static func run(_ show: Show, _ turn: inout Turn) throws(Refusal) { try turn.set(turn.avatar, Ledgered(total: unsafe Hoarder.secret)) }
    }
}

/// Lets the order of a set decide.
enum Lottery: PurseWorld {
    static let name = "lottery"
    static var parts: Parts {
        Purse.self
        Ledgered.self
        Draw.self
    }

    struct Draw: Command {
        static func run(_ draw: Draw, _ turn: inout Turn) throws(Refusal) {
            // Of many sizes and all at once: a single one may by chance lie where it lay in the first run, and so have the same order.
            let sets = (3..<14).map { bits in Set((0..<1 << bits).map { Int64($0) }) }
            try turn.set(turn.avatar, Ledgered(total: sets.reduce(0) { total, set in total &* 31 &+ (set.first ?? 0) }))
        }
    }
}

/// Traps on one value of a field.
enum Brittle: PurseWorld {
    static let name = "brittle"
    static var parts: Parts {
        Purse.self
        Divide.self
    }

    struct Divide: Command {
        var by: Int32 = 1
        var note = Text<12>()
        static func run(_ divide: Divide, _ turn: inout Turn) throws(Refusal) { try turn.set(turn.avatar, Purse(coins: 100 / Int64(divide.by))) }
    }
}

/// A command of it calls itself until the stack is used up.
enum Bottomless: PurseWorld {
    static let name = "bottomless"
    static var parts: Parts {
        Purse.self
        Deepen.self
    }

    struct Deepen: Command {
        static func run(_ deepen: Deepen, _ turn: inout Turn) throws(Refusal) { try turn.set(turn.avatar, Purse(coins: depth(1))) }
        @inline(never) private static func depth(_ level: Int64) -> Int64 { level == 0 ? 0 : depth(level + 1) &+ depth(level + 2) }
    }
}

/// A system of it traps once a purse is empty.
enum Withering: PurseWorld {
    static let name = "withering"
    static var parts: Parts {
        Purse.self
        Empty.self
        Wither.self
    }

    struct Empty: Command {
        static func run(_ empty: Empty, _ turn: inout Turn) throws(Refusal) { try turn.set(turn.avatar, Purse(coins: 0)) }
    }

    enum Wither: System {
        static var writes: [any Component.Type] { [Purse.self] }
        static func run(_ turn: inout Turn) {
            turn.each { (visit: inout Visit, purse: inout Purse) in precondition(purse.coins > 0, "an empty purse") }
        }
    }
}

/// Traps before its first tick.
enum Stillborn: PurseWorld {
    static let name = "stillborn"
    static var parts: Parts { Purse.self }
    static func start(_ turn: inout Turn) { preconditionFailure("nothing to begin with") }
}
