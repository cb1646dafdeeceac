package import OrgeSchema

/// Finds the members whose avatars are within an event's reach, at one tick.
///
/// Made for a release whose events need it: a grid of the listeners alone, because the replica's own also holds everything that does not listen.
package struct Listeners {
    private var grid: SpatialGrid
    /// Monitors hear everything.
    private var everywhere = ContiguousArray<Int>()

    /// - Parameter avatars: of the listeners, `none` for a monitor. They are called by their place in this list.
    package init(_ replica: borrowing Replica, avatars: some Collection<Entity>) {
        grid = SpatialGrid(radius: replica.schema.position?.inner ?? 1)
        grid.grow(to: avatars.count)
        for (index, avatar) in avatars.enumerated() {
            if avatar.isNone {
                everywhere.append(index)
            } else if let place = replica.place(avatar) {
                grid.move(index, to: place.x, place.y)
            }
        }
    }

    /// Calls with each listener within the radius, the border included, in no order that means anything.
    @inline(__always)
    package func forEach(near x: Double, _ y: Double, radius: Double, _ visit: (Int) -> Void) {
        for index in everywhere { visit(index) }
        grid.forEach(near: x, y, radius: radius, visit)
    }
}
