public import OrgeWorld

/// A position: centimetres from the south-west corner.
public struct Position: Component {
    public var x: Int32 = 0
    public var y: Int32 = 0

    public init() {}

    init(x: Int32, y: Int32) {
        self.x = x
        self.y = y
    }

    public static var fields: [FieldRule<Self>] {
        [.range(\.x, 0...Dimensions.side - 1, unit: "cm"), .range(\.y, 0...Dimensions.side - 1, unit: "cm")]
    }

    /// Moves, within the bounds of the meadow.
    mutating func move(_ dx: Int32, _ dy: Int32) {
        x = min(max(x + dx, 0), Dimensions.side - 1)
        y = min(max(y + dy, 0), Dimensions.side - 1)
    }
}

public enum Kind: UInt8, Choice {
    case player = 1
    case sheep, hare
}

/// The look of a creature or player.
public struct Body: Component {
    public var kind = Kind.player

    public init() {}
    init(kind: Kind) { self.kind = kind }
}

/// A creature's velocity: centimetres a tick.
public struct Heading: Component {
    public var dx: Int16 = 0
    public var dy: Int16 = 0

    public init() {}

    init(dx: Int16, dy: Int16) {
        self.dx = dx
        self.dy = dy
    }
}

public enum Soil: UInt8, Choice {
    case meadow = 0
    case water, rock
}

/// A tile of the terrain, eight metres wide, around its position.
public struct Ground: Component {
    public var soil = Soil.meadow
    /// Height of the grass, 0...100.
    public var grass: UInt8 = 0

    public init() {}

    init(soil: Soil, grass: UInt8) {
        self.soil = soil
        self.grass = grass
    }

    public static var fields: [FieldRule<Self>] { [.range(\.grass, 0...100)] }
}

/// A player's name.
public struct Name: Component {
    public var text = Text<32>()

    public init() {}
    init(text: Text<32>) { self.text = text }
}

/// Server-only state of a creature.
struct Creature: Component {
    /// 0...100; at 0 it dies.
    var energy: Int16 = 0
    /// Seconds.
    var age: UInt16 = 0

    static var visibility: Visibility { .server }

    static func born(_ place: Position, energy: Int16, _ turn: inout Turn) throws(Refusal) {
        let newborn = try turn.spawn()
        try turn.set(newborn, place)
        try turn.set(newborn, Body(kind: turn.chance(1, outOf: 4) ? .hare : .sheep))
        try turn.set(newborn, Heading())
        try turn.set(newborn, Creature(energy: energy, age: UInt16(turn.random(in: 0...60))))
    }
}

/// Server-only state of a player: limits how often it speaks.
struct Breath: Component {
    /// Ticks between two messages of a player that speaks continuously: ten a second.
    private static let interval: UInt64 = 2
    /// Messages that may come at once.
    private static let burst: UInt64 = 20

    /// The tick in which the whole burst is available again.
    var restedAt: UInt64 = 0

    static var visibility: Visibility { .server }

    /// Speech goes to every client nearby: a few clients that spoke as fast as their credit allows would drown out the others.
    mutating func speak(tick: UInt64) throws(Refusal) {
        let begin = max(restedAt, tick)
        guard begin - tick <= (Self.burst - 1) * Self.interval else { throw Refusal(.notAllowed, "out of breath") }
        restedAt = begin + Self.interval
    }
}

/// A player's steering: hundredths of full speed, east and north.
public struct Walk: Intent {
    public var dx: Int8 = 0
    public var dy: Int8 = 0

    public init() {}

    public init(dx: Int8, dy: Int8) {
        self.dx = dx
        self.dy = dy
    }

    public static var visibility: Visibility { .owner }
    public static var fields: [FieldRule<Self>] { [.range(\.dx, -100...100, unit: "%"), .range(\.dy, -100...100, unit: "%")] }
}
