/// Size of the meadow and of its herd.
enum Dimensions {
    /// Centimetres from west to east and from south to north.
    static let side: Int32 = 256_00
    /// Tiles along a side; a tile is eight metres wide.
    static let tileCount: Int32 = 32
    static let tileSide: Int32 = side / tileCount
    /// Creatures that the meadow begins with; they stay between a tenth and twice as many.
    static let herd = 1_000
    static let herdLimit = 2_000
}
