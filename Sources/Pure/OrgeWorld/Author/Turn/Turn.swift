public import OrgeSchema

/// World code's access to the world: read and change state, draw random numbers, emit events.
///
/// In a command or arrival everything done through it is one transaction. It is valid for one call and cannot be stored.
public struct Turn: ~Copyable {
    @usableFromInline let core: StateHandle
    /// The avatar of the client whose command runs; `.none` in systems, in arrivals and at the start.
    public let avatar: Entity
    @usableFromInline var draws: RandomSource

    init(_ core: StateHandle, avatar: Entity, drawSeed: UInt64) {
        self.core = core
        self.avatar = avatar
        draws = RandomSource(seed: drawSeed)
        core.state.drawSeed = drawSeed
    }

    /// The tick that runs: 0 at the start of the world, then 1, 2, …
    public var tick: UInt64 { core.state.tick }

    /// Milliseconds since 1970 as recorded in this tick's sealed batch: for calendars, not for measuring.
    /// - Precondition: the world declares that it reads it (``World/readsUTC``).
    public var utcMilliseconds: UInt64 { core.state.declaredUTC }

    @inlinable @inline(__always)
    func column<C: Component>(reading type: C.Type) -> Int { core.column(reading: type) }

    @inlinable @inline(__always)
    func column<C: Component>(writing type: C.Type) -> Int { core.column(writing: type) }
}

/// Entities and their components.
extension Turn {
    /// Whether the entity is alive.
    public func isAlive(_ entity: Entity) -> Bool { core.state.entities.isAlive(entity) }

    /// The entity's component.
    /// - Throws: ``Refusal/Code/notFound`` when the entity is gone or has none.
    @inlinable
    public func get<C: Component>(_ entity: Entity, _: C.Type = C.self) throws(Refusal) -> C {
        guard let value = find(entity, C.self) else { throw Refusal(.notFound, "there is no \(C.name) of \(entity)") }
        return value
    }

    /// The entity's component, or nil when the entity is gone or has none.
    @inlinable
    public func find<C: Component>(_ entity: Entity, _: C.Type = C.self) -> C? {
        let column = column(reading: C.self)
        return core.value(column, entity)
    }

    /// Whether the entity is alive and has the component.
    @inlinable
    public func has<C: Component>(_ entity: Entity, _: C.Type) -> Bool {
        let column = column(reading: C.self)
        return core.hasRow(column, entity)
    }

    /// Writes the entity's component, adding it where there is none.
    /// - Throws: ``Refusal/Code/notFound`` when the entity is gone.
    @inlinable
    public mutating func set<C: Component>(_ entity: Entity, _ value: C) throws(Refusal) {
        let column = column(writing: C.self)
        guard core.state.setIfAlive(column, entity, value) else { throw Refusal(.notFound, "there is no \(entity)") }
    }

    /// Reads, changes and writes the entity's component.
    /// - Throws: ``Refusal/Code/notFound`` when the entity is gone or has none.
    @inlinable
    public mutating func update<C: Component>(_ entity: Entity, _: C.Type = C.self, _ change: (inout C) -> Void) throws(Refusal) {
        var value: C = try get(entity)
        change(&value)
        try set(entity, value)
    }

    /// Removes the component; does nothing when there is none.
    @inlinable
    public mutating func remove<C: Component>(_ entity: Entity, _: C.Type) {
        let column = column(writing: C.self)
        core.state.removeIfAlive(column, entity)
    }

    /// A new entity without components.
    /// - Throws: ``Refusal/Code/full`` when the world holds its maximum of entities.
    public mutating func spawn() throws(Refusal) -> Entity {
        guard let entity = core.state.spawn() else { throw Refusal(.full, "the world is full") }
        return entity
    }

    /// Removes the entity and all its components; does nothing when it is gone already.
    public mutating func despawn(_ entity: Entity) { _ = core.state.despawn(entity) }

    /// The number of living entities.
    public var entityCount: Int { core.state.entities.livingCount }

    /// The avatar that the account had when it last entered, if it is still alive.
    public func avatar(of account: AccountID) -> Entity? {
        guard let avatar = core.state.avatar(of: account), isAlive(avatar) else { return nil }
        return avatar
    }
}

/// Randomness, search by position, events.
extension Turn {
    /// 64 random bits, a function of the seed, the tick, the position in the tick and the number of the draw.
    public mutating func random() -> UInt64 { draws.next() }

    /// A number in the range, its ends included.
    public mutating func random(in range: ClosedRange<Int>) -> Int { draws.within(range) }

    /// True in `count` of `outOf` draws.
    /// - Precondition: `total > 0`.
    public mutating func chance(_ count: Int, outOf total: Int) -> Bool { draws.chance(count, outOf: total) }

    /// Entities within `radius` of a point, including the border, in order of slots. Empty when an argument is NaN or the radius is negative.
    /// - Precondition: the world has a ``Sight``.
    public mutating func near(_ x: Double, _ y: Double, radius: Double) -> [Entity] { core.state.near(x, y, radius) }

    /// Entities within `radius` of an entity's position, including itself; empty when it has no position.
    public mutating func near(_ entity: Entity, radius: Double) -> [Entity] {
        guard isAlive(entity), let place = core.state.place(of: entity) else { return [] }
        return near(place.x, place.y, radius: radius)
    }

    /// Emits an event; it is released with the tick, or dropped when the transaction is refused.
    @inlinable
    public mutating func emit<E: Event>(_ event: E, to audience: Audience) { core.state.emit(event, to: audience) }
}
