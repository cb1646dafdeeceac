public import OrgeSchema

/// A query body's access to the world beyond the rows it is visiting. Changes are deferred to the end of the query and then applied in order.
public struct Visit: ~Copyable {
    @usableFromInline let core: StateHandle
    @usableFromInline var slot = 0
    @usableFromInline var draws: RandomSource?

    @usableFromInline init(_ core: StateHandle) { self.core = core }

    @inlinable @inline(__always)
    mutating func move(to slot: Int) {
        self.slot = slot
        draws = nil
    }

    /// The entity that is being visited.
    public var entity: Entity { core.state.entities.entity(at: slot) }

    /// 64 random bits, a function of the turn's seed, the query, the entity and the number of the draw.
    public mutating func random() -> UInt64 {
        withDraws { $0.next() }
    }

    /// A number in the range, its ends included.
    public mutating func random(in range: ClosedRange<Int>) -> Int {
        withDraws { $0.within(range) }
    }

    private mutating func withDraws<R>(_ draw: (inout RandomSource) -> R) -> R {
        var source = draws ?? RandomSource(seed: fold64(core.state.drawSeed, entity.raw))
        defer { draws = source }
        return draw(&source)
    }

    /// Entities within `radius` of a point, including the border, by their positions when the query began.
    public func near(_ x: Double, _ y: Double, radius: Double) -> [Entity] { core.state.near(x, y, radius) }

    /// An entity's component as it is now; for a row that is being visited, as it was when the visit began.
    @inlinable
    public func find<C: Component>(_ other: Entity, _: C.Type = C.self) -> C? {
        let column = core.column(reading: C.self)
        return core.value(column, other)
    }

    /// Writes or adds a component when the query ends; until then ``find(_:_:)`` returns the old value. When several visits change one row,
    /// collect the changes in a variable and write them through the ``Turn`` after the query.
    @inlinable
    public mutating func set<C: Component>(_ other: Entity, _ value: C) {
        let column = core.column(writing: C.self)
        core.state.deferSet(column, other, value)
    }

    /// Removes a component when the query ends.
    @inlinable
    public mutating func remove<C: Component>(_ other: Entity, _: C.Type) { deferRemoval(core.column(writing: C.self), other) }

    @usableFromInline func deferRemoval(_ column: Int, _ other: Entity) {
        core.state.deferred.log(.remove, column: UInt16(column), entity: other)
    }

    /// Removes an entity when the query ends.
    public mutating func despawn(_ other: Entity) { core.state.deferred.log(.despawn, entity: other) }

    /// A new entity; it has its id at once and its components when the query ends.
    /// - Returns: nil when the world is full.
    public mutating func spawn() -> Entity? { core.state.spawn() }

    /// Emits an event.
    @inlinable
    public mutating func emit<E: Event>(_ event: E, to audience: Audience) { core.state.emit(event, to: audience) }
}
