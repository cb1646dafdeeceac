public import OrgeWorld

/// How many entities a ``Crowd`` has.
public protocol CrowdSize {
    static var count: Int { get }
    /// Of the square that they walk on, in centimetres: some fifty of them are within sight of each place, whatever the size.
    static var side: Int32 { get }
}

/// Entities that all move in every tick: what a restart has to bring back, for the benchmarks.
public enum Crowd<Size: CrowdSize>: World {
    public static var name: String { "crowd" }
    public static var version: UInt16 { 1 }
    public static var pace: Pace { .fixed(hertz: 20) }

    public static var parts: Parts {
        Place.self
        Sight(\Place.x, \Place.y, inner: 40_00, outer: 48_00)
        Step.self
        Walk<Size>.self
    }

    public static func start(_ turn: inout Turn) {
        do {
            for _ in 0..<Size.count { try add(&turn) }
        } catch {
            preconditionFailure("an empty world refuses its own start: \(error)")
        }
    }

    public static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        if let known = turn.avatar(of: identity.id) { return known }
        return try add(&turn)
    }

    @discardableResult private static func add(_ turn: inout Turn) throws(Refusal) -> Entity {
        let entity = try turn.spawn()
        var place = Place()
        place.x = Int32(turn.random(in: 0...Int(Size.side) - 1))
        place.y = Int32(turn.random(in: 0...Int(Size.side) - 1))
        var step = Step()
        step.x = Int32(turn.random(in: 1...50))
        step.y = Int32(turn.random(in: 1...50))
        try turn.set(entity, place)
        try turn.set(entity, step)
        return entity
    }
}

public struct Place: Component {
    public var x: Int32 = 0
    public var y: Int32 = 0

    public init() {}
}

public struct Step: Component {
    public var x: Int32 = 0
    public var y: Int32 = 0

    public init() {}

    public static var visibility: Visibility { .server }
}

public enum Walk<Size: CrowdSize>: System {
    public static var writes: [any Component.Type] { [Place.self] }
    public static var reads: [any Component.Type] { [Step.self] }

    public static func run(_ turn: inout Turn) {
        turn.each { (place: inout Place, step: Step) in
            place.x = (place.x + step.x) % Size.side
            place.y = (place.y + step.y) % Size.side
        }
    }
}
