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
}
