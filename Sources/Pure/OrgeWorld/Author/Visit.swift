public import OrgeSchema

/// What a query's body may do beyond the rows in its hands. Changes are put off to the query's end, in order.
public struct Visit: ~Copyable {
    @usableFromInline let core: CoreHandle
    @usableFromInline var slot = 0
    @usableFromInline var draws: RandomSource?

    @usableFromInline init(_ core: CoreHandle) { self.core = core }

    @inlinable @inline(__always)
    mutating func move(to slot: Int) {
        self.slot = slot
        draws = nil
    }

    /// The entity whose rows are in hand.
    public var entity: Entity { core.state.entities.entity(at: slot) }

    /// 64 random bits that follow from the turn's own seed, the query, the entity and the number of the draw.
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

    /// Entities within `radius` of a point as they were when the query began, the border included.
    public func near(_ x: Double, _ y: Double, radius: Double) -> [Entity] { core.state.near(x, y, radius) }

    /// Another entity's component as it is now; a row that the body has in hand, as it was when the visit began.
    @inlinable
    public func find<C: Component>(_ other: Entity, _: C.Type = C.self) -> C? {
        let column = core.state.column(reading: C.self)
        return core.state.value(column, other)
    }

    /// Writes or adds a component when the query ends; until then ``find(_:_:)`` answers the old one. So what several visits add to one row is
    /// better collected in a variable, and written through the ``Turn`` behind the query.
    @inlinable
    public mutating func set<C: Component>(_ other: Entity, _ value: C) {
        let column = core.state.column(writing: C.self)
        core.state.putOff(column, other, value)
    }

    /// Takes a component away when the query ends.
    @inlinable
    public mutating func remove<C: Component>(_ other: Entity, _: C.Type) { drop(core.state.column(writing: C.self), other) }

    @usableFromInline func drop(_ column: Int, _ other: Entity) {
        core.state.deferred.log(.remove, column: UInt16(column), entity: other)
    }

    /// Takes an entity away when the query ends.
    public mutating func despawn(_ other: Entity) { core.state.deferred.log(.despawn, entity: other) }

    /// A new entity; it has its name at once and its components when the query ends.
    /// - Returns: nil when the world is full.
    public mutating func spawn() -> Entity? { core.state.spawn() }

    /// Tells what happened.
    @inlinable
    public mutating func emit<E: Event>(_ event: E, to audience: Audience) { core.state.emit(event, to: audience) }
}
