import OrgeSchema

/// The cells that a disc touches: a rectangle of them.
struct CellRange: Equatable, Sendable {
    private let lowX: Int32
    private let lowY: Int32
    private let highX: Int32
    private let highY: Int32

    /// - Parameter side: of a cell; half of the radius makes some 25 to 36 cells.
    init(around center: (x: Double, y: Double), radius: Double, side: Double) {
        let (reachX, reachY) = (discReach(center.x, radius: radius), discReach(center.y, radius: radius))
        lowX = cellIndex(center.x - reachX, side: side)
        lowY = cellIndex(center.y - reachY, side: side)
        highX = cellIndex(center.x + reachX, side: side)
        highY = cellIndex(center.y + reachY, side: side)
    }

    func forEach(_ visit: (_ key: UInt64) -> Void) {
        for x in lowX...highX {
            for y in lowY...highY { visit(cellKey(x, y)) }
        }
    }
}
