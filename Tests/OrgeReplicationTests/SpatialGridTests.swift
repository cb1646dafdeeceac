import OrgeSchema
import Testing

@testable import OrgeReplication

@Suite("The grid of the edge")
struct SpatialGridTests {
    @Test("what lies on the border of a disc is found, roundings included, as the audit would")
    func border() {
        var grid = SpatialGrid(radius: 100)
        grid.grow(to: 401)
        for slot in 1...400 { grid.move(slot, to: 10_000 + Double(slot) * 100, 10_000) }
        var random = RandomSource(seed: 7)
        // Places a hair beside the border of a cell, seen from so far that the hair is lost in the distance.
        for _ in 0..<2_000 {
            let edge = Double(random.within(-4...4) * 50)
            let hair = [-1e-9, -1e-17, -1e-300, 0, 1e-300, 1e-17, 1e-9][random.below(7)]
            let radius = [0, 1e-200, 1e-9, 0.1, 50, 99.9, 100][random.below(7)]
            let x = random.chance(1, outOf: 2) ? edge - radius : edge + radius
            grid.move(0, to: edge + hair, hair)
            var found = false
            grid.forEach(near: x, 0, radius: radius) { slot in found = found || slot == 0 }
            #expect(found == grid.isNear(0, x, 0, radius: radius), "\(edge) \(hair) \(radius) \(x)")
        }
    }

    @Test("who hears an event is who stands in its disc, and every monitor", arguments: 0..<20 as Range<UInt64>)
    func listeners(seed: UInt64) {
        var model = ModelWorld(seed: seed, hasPlaces: true)
        var random = RandomSource(seed: seed)
        for _ in 0..<40 { _ = model.spawn() }
        for entity in model.living where random.chance(4, outOf: 5) { model.setRandomRow(entity, TestSchema.position) }
        model.tick = 1
        var replica = Replica(model.schema, number: 5)
        replica.applyImage(of: model)
        let avatars = model.living.map { random.chance(1, outOf: 8) ? Entity.none : $0 }
        let listeners = Listeners(replica, avatars: avatars)
        for _ in 0..<50 {
            let (x, y, radius) = (Double(random.within(-200...1_200)), Double(random.within(-200...1_200)), Double(random.within(0...600)))
            var heard: [Int] = []
            listeners.forEach(near: x, y, radius: radius) { heard.append($0) }
            let expected = avatars.indices.filter { index in
                guard !avatars[index].isNone else { return true }
                guard let place = replica.place(avatars[index]) else { return false }
                return (place.x - x) * (place.x - x) + (place.y - y) * (place.y - y) <= radius * radius
            }
            #expect(heard.sorted() == expected, "seed \(seed)")
        }
    }
}
