public import OrgeSchema

/// Names the position component and how far a client sees from its avatar.
///
///     Sight(\Position.x, \Position.y, inner: 3_000, outer: 3_600)
public struct Sight<Place: Component, Number: CoordinateType> {
    let x: KeyPath<Place, Number>
    let y: KeyPath<Place, Number>
    let inner: Double
    let outer: Double

    /// - Parameters:
    ///   - x: field of the position, to the east: a Float, a Double or an integer of at most 32 bits, before all texts and lists.
    ///   - y: field of the position, to the north; as `x`.
    ///   - inner: distance at which rows come into view, in the fields' unit.
    ///   - outer: distance beyond which they leave it; at least `inner`, better a fifth more, so that rows do not flicker at the border.
    public init(_ x: KeyPath<Place, Number>, _ y: KeyPath<Place, Number>, inner: Double, outer: Double) {
        self.x = x
        self.y = y
        self.inner = inner
        self.outer = outer
    }
}
