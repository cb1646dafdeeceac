import OrgeHostProcess
import OrgeWorld

/// Ten thousand entities that all move in every tick: what a restart has to bring back, for the benchmarks.
@main enum Crowd: World {
    static let name = "crowd"
    static let version: UInt16 = 1
    static let pace = Pace.fixed(hertz: 20)
    static let count = 10_000
    /// Of the square that they walk on; some fifty are within sight of each place.
    static let side: Int32 = 100_000

    @PartsBuilder static var parts: Parts {
        Place.self
        Sight(\Place.x, \Place.y, inner: 40_00, outer: 48_00)
        Step.self
        Walk.self
    }

    static func start(_ turn: inout Turn) {
        do {
            for _ in 0..<count { try add(&turn) }
        } catch {
            preconditionFailure("an empty world refuses its own start: \(error)")
        }
    }

    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        if let known = turn.avatar(of: identity.id) { return known }
        return try add(&turn)
    }

    @discardableResult private static func add(_ turn: inout Turn) throws(Refusal) -> Entity {
        let entity = try turn.spawn()
        var place = Place()
        place.x = Int32(turn.random(in: 0...Int(side) - 1))
        place.y = Int32(turn.random(in: 0...Int(side) - 1))
        var step = Step()
        step.x = Int32(turn.random(in: 1...50))
        step.y = Int32(turn.random(in: 1...50))
        try turn.set(entity, place)
        try turn.set(entity, step)
        return entity
    }

    static func main() { WorldProgram.run(Crowd.self) }
}

struct Place: Component {
    var x: Int32 = 0
    var y: Int32 = 0
}

struct Step: Component {
    var x: Int32 = 0
    var y: Int32 = 0

    static var visibility: Visibility { .server }
}

enum Walk: System {
    static var writes: [any Component.Type] { [Place.self] }
    static var reads: [any Component.Type] { [Step.self] }

    static func run(_ turn: inout Turn) {
        turn.each { (place: inout Place, step: Step) in
            place.x = (place.x + step.x) % Crowd.side
            place.y = (place.y + step.y) % Crowd.side
        }
    }
}
