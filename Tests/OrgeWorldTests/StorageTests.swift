import OrgeImage
import OrgeSchema
import Testing

@testable import OrgeWorld

@Suite("What a world is stored in")
struct StorageTests {
    @Test("a search finds what a look at every row finds", arguments: 0..<20 as Range<UInt64>)
    func grid(seed: UInt64) throws {
        let engine = WorldEngine(Sandbox.self, number: 1, seed: seed)
        var random = RandomSource(seed: seed)
        for tick in 1...20 as ClosedRange<UInt64> {
            _ = engine.execute(tick: tick, utcMilliseconds: 0, inputs: [])
            var turn = Turn(engine.core, avatar: .none, drawSeed: 0)
            let (x, y, radius) = (Double(random.within(-50...1_050)), Double(random.within(-50...1_050)), Double(random.within(0...400)))
            var expected: [Entity] = []
            turn.each { (visit: inout Visit, place: Place) in
                let (dx, dy) = (Double(place.x) - x, Double(place.y) - y)
                if dx * dx + dy * dy <= radius * radius { expected.append(visit.entity) }
            }
            #expect(turn.near(x, y, radius: radius) == expected)
            #expect(turn.near(x, y, radius: .infinity).count == engine.entities(with: 0).count)
        }
    }

    @Test("a body that finds the row in its hands sees it as it was when the visit began, whatever it has done to it since")
    func rowInHand() {
        let engine = WorldEngine(Sandbox.self, number: 1, seed: 4)
        var turn = Turn(engine.core, avatar: .none, drawSeed: 0)
        var before: [Int32] = []
        turn.each { (place: Place, _: Mark) in before.append(place.x) }
        var found: [Int32?] = []
        turn.each { (visit: inout Visit, place: inout Place, mark: inout Mark) in
            place.x += 1
            found.append(visit.find(visit.entity, Place.self)?.x)
            place.x += 1
            #expect(visit.find(visit.entity, Place.self)?.x == found.last)
            mark.tag = 1
        }
        var after: [Int32] = []
        turn.each { (place: Place, mark: Mark) in if mark.tag == 1 { after.append(place.x) } }
        #expect(found == before)
        #expect(after == before.map { $0 + 2 })
    }

    @Test("thousands of spawns and despawns in one transaction that fails leave the free names in their order")
    func failedCrowd() throws {
        let (a, b) = (WorldEngine(Sandbox.self, number: 1, seed: 4), WorldEngine(Sandbox.self, number: 1, seed: 4))
        for engine in [a, b] {
            var turn = Turn(engine.core, avatar: .none, drawSeed: 0)
            let crowd = try (0..<6_000).map { _ in try turn.spawn() }
            for entity in crowd { turn.despawn(entity) }
        }
        let mark = a.core.state.begin()
        var turn = Turn(a.core, avatar: .none, drawSeed: 0)
        for round in 0..<2 {
            let crowd = try (0..<5_000).map { _ in try turn.spawn() }
            for entity in crowd { try turn.set(entity, Place(x: Int32(round))) }
            for entity in crowd.dropFirst(round) { turn.despawn(entity) }
        }
        a.core.state.rollBack(to: mark)
        for engine in [a, b] { _ = engine.core.state.drainChanges() }
        #expect(a.stateHash == b.stateHash && a.image() == b.image())
        var twin = Turn(b.core, avatar: .none, drawSeed: 0)
        let next = try (0..<7_000).map { _ in (try turn.spawn(), try twin.spawn()) }
        #expect(next.allSatisfy { $0 == $1 })
    }

    @Test("padding never reaches a hash or an image")
    func padding() throws {
        let (a, b) = (WorldEngine(Sandbox.self, number: 1, seed: 4), WorldEngine(Sandbox.self, number: 1, seed: 4))
        var turn = Turn(a.core, avatar: .none, drawSeed: 0)
        turn.each { (mark: inout Mark) in
            unsafe withUnsafeMutableBytes(of: &mark) { bytes in for index in 9..<10 { unsafe bytes[index] = 0xcd } }
        }
        _ = a.core.state.drainChanges()
        #expect(a.stateHash == b.stateHash && a.image() == b.image())
    }
}
