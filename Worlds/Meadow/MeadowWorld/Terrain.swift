import OrgeWorld

/// The ground: square tiles, each an entity at its middle.
enum Terrain {
    /// The greatest distance of a point from the middle of its tile, in centimetres.
    static let reach = 566.0

    /// Lays meadow, then a few lakes and rocks over it.
    static func lay(_ turn: inout Turn) throws(Refusal) {
        var blots: [(x: Int, y: Int, radius: Int, soil: Soil)] = []
        for _ in 0..<7 {
            blots.append((turn.random(in: 0...31), turn.random(in: 0...31), turn.random(in: 1...4), turn.chance(2, outOf: 3) ? .water : .rock))
        }
        for row in 0..<Int(Dimensions.tileCount) {
            for column in 0..<Int(Dimensions.tileCount) {
                let blot = blots.first { ($0.x - column) * ($0.x - column) + ($0.y - row) * ($0.y - row) <= $0.radius * $0.radius }
                let soil = blot?.soil ?? .meadow
                let tile = try turn.spawn()
                try turn.set(tile, middle(column, row))
                try turn.set(tile, Ground(soil: soil, grass: soil == .meadow ? UInt8(turn.random(in: 20...90)) : 0))
            }
        }
    }

    private static func middle(_ column: Int, _ row: Int) -> Position {
        Position(x: Int32(column) * Dimensions.tileSide + Dimensions.tileSide / 2, y: Int32(row) * Dimensions.tileSide + Dimensions.tileSide / 2)
    }

    /// The tile under a position, out of the entities that a search around it found.
    static func tile(at place: Position, near found: [Entity], _ isGround: (Entity) -> Bool, _ position: (Entity) -> Position?) -> Entity? {
        let spot = middle(Int(place.x / Dimensions.tileSide), Int(place.y / Dimensions.tileSide))
        return found.first { entity in
            guard isGround(entity), let middle = position(entity) else { return false }
            return middle.x == spot.x && middle.y == spot.y
        }
    }
}
