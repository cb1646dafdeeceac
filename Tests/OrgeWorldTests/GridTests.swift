import OrgeSchema
import Testing

@testable import OrgeWorld

@Suite("The grid follows the positions")
struct GridTests {
    private static func expected(_ engine: WorldEngine, _ x: Double, _ y: Double, _ radius: Double) -> [Entity] {
        engine.entities(with: 0).filter { entity in
            guard let place = engine.place(of: entity) else { return false }
            let (dx, dy) = (place.x - x, place.y - y)
            return dx * dx + dy * dy <= radius * radius
        }
    }

    @Test("through writes, removals, undoing and the ends of ticks, asked often or seldom", arguments: 0..<20 as Range<UInt64>)
    func follows(seed: UInt64) throws {
        let engine = WorldEngine(Sandbox.self, number: 1, seed: seed)
        var random = RandomSource(seed: seed)
        func steps(_ turn: inout Turn) throws {
            for _ in 0..<random.within(1...12) {
                let living = engine.entities
                let one = living[random.below(living.count)]
                switch random.below(5) {
                case 0: turn.remove(one, Place.self)
                case 1: if living.count > 50 { turn.despawn(one) }
                case 2: turn.each { (place: inout Place) in place.x = 1_000 - place.x }
                case 3: try turn.set(try turn.spawn(), Place(x: Int32(random.below(1_000)), y: Int32(random.below(1_000))))
                default: try turn.set(one, Place(x: Int32(random.below(1_000)), y: Int32(random.below(1_000))))
                }
            }
        }
        for _ in 0..<60 {
            var turn = Turn(engine.core, avatar: .none, drawSeed: 0)
            let mark = engine.core.state.begin()
            try steps(&turn)
            if random.chance(1, outOf: 2) { _ = turn.near(500, 500, radius: 100) }
            if random.chance(1, outOf: 2) { engine.core.state.rollBack(to: mark) } else { engine.core.state.commit() }
            if random.chance(1, outOf: 3) { _ = engine.core.state.drainChanges() }
            guard random.chance(2, outOf: 3) else { continue }
            let (x, y, radius) = (Double(random.below(1_000)), Double(random.below(1_000)), Double(random.below(500)))
            #expect(turn.near(x, y, radius: radius) == Self.expected(engine, x, y, radius))
        }
    }

    @Test("coordinates and radii that make no sense find nothing", arguments: [-1, -Double.infinity, .nan, .signalingNaN])
    func senseless(radius: Double) {
        let engine = WorldEngine(Sandbox.self, number: 1, seed: 3)
        var turn = Turn(engine.core, avatar: .none, drawSeed: 0)
        #expect(turn.near(500, 500, radius: radius).isEmpty)
        for nowhere in [Double.nan, .infinity, -.infinity] { #expect(turn.near(nowhere, 500, radius: 100).isEmpty) }
        #expect(turn.near(.nan, .nan, radius: .infinity).isEmpty)
    }

    @Test("what lies on the border is found, into however many cells the others make the grid", arguments: [0, 400])
    func border(others: Int) throws {
        let engine = WorldEngine(Scattered.self, number: 1, seed: 3)
        var turn = Turn(engine.core, avatar: .none, drawSeed: 0)
        for index in 0..<others { try turn.set(try turn.spawn(), Dot(x: 10_000 + Double(index) * 100, y: 10_000)) }
        let dot = try turn.spawn()
        var random = RandomSource(seed: 7)
        // Positions next to the border of a cell, searched from so far away that the offset is lost in rounding.
        for _ in 0..<2_000 {
            let edge = Double(random.within(-4...4) * 50)
            let offset = [-1e-9, -1e-17, -1e-300, 0, 1e-300, 1e-17, 1e-9][random.below(7)]
            let radius = [0, 1e-200, 1e-9, 0.1, 50, 99.9, 100][random.below(7)]
            let isBehind = random.chance(1, outOf: 2)
            try turn.set(dot, Dot(x: edge + offset, y: offset))
            let x = isBehind ? edge - radius : edge + radius
            #expect(turn.near(x, 0, radius: radius) == Self.expected(engine, x, 0, radius), "\(edge) \(offset) \(radius) \(isBehind)")
        }
    }

    @Test("memory follows who is there, not where they have been")
    func wanderers() throws {
        let engine = WorldEngine(Sandbox.self, number: 1, seed: 3)
        var turn = Turn(engine.core, avatar: .none, drawSeed: 0)
        let wanderer = try #require(engine.entities(with: 0).first)
        for step in 0..<100_000 as Range<Int32> {
            try turn.set(wanderer, Place(x: 2_000 + step * 50, y: -step * 50))
            if step % 16 == 0 { #expect(turn.near(wanderer, radius: 10) == [wanderer]) }
        }
        let cells = engine.core.state.grid?.cellCount ?? .max
        #expect(cells <= 4 * engine.entities(with: 0).count)
        for nowhere in engine.entities(with: 0) where nowhere != wanderer {
            #expect(turn.near(nowhere, radius: 0).contains(nowhere))
        }
    }

    @Test("a query that moves what it visits still finds everything where it was when it began")
    func insideQuery() {
        let engine = WorldEngine(Sandbox.self, number: 1, seed: 3)
        var turn = Turn(engine.core, avatar: .none, drawSeed: 0)
        let before = Self.expected(engine, 500, 500, 200)
        turn.each { (visit: inout Visit, place: inout Place) in
            place.x += 5_000
            #expect(visit.near(500, 500, radius: 200) == before)
        }
        #expect(turn.near(500, 500, radius: 200).isEmpty)
        #expect(turn.near(5_500, 500, radius: 200) == before)
        turn.each { (visit: inout Visit, place: Place) in
            #expect(visit.near(Double(place.x), Double(place.y), radius: 0).contains(visit.entity))
            visit.set(visit.entity, Place(x: 1, y: 1))
        }
        #expect(turn.near(1, 1, radius: 0).count == engine.entities(with: 0).count)
    }
}

/// With places that are not whole numbers.
private enum Scattered: World {
    static let name = "scattered"
    static var parts: Parts {
        Dot.self
        Sight(\Dot.x, \Dot.y, inner: 100, outer: 120)
    }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
}

private struct Dot: Component {
    var x = 0.0
    var y = 0.0
}
