import OrgeSchema

/// Access shared by ``Turn`` and ``Visit``: writes, events, searches by position.
extension WorldState {
    /// The time, in a world that declares that it reads it.
    var declaredUTC: UInt64 {
        if !readsUTC { trapForAuthor("\(running) reads utcMilliseconds, and its world does not declare `static var readsUTC: Bool { true }`") }
        return utc
    }

    /// Writes or adds a row.
    /// - Returns: false when the entity is gone.
    @inlinable @inline(__always)
    mutating func setIfAlive<C: Component>(_ column: Int, _ entity: Entity, _ value: C) -> Bool {
        unsafe withUnsafePointer(to: value) { unsafe setIfAlive(column, entity, UnsafeRawPointer($0), size: MemoryLayout<C>.size) }
    }

    /// As ``setIfAlive(_:_:_:)``, applied when the running query ends.
    @inlinable @inline(__always)
    mutating func deferSet<C: Component>(_ column: Int, _ entity: Entity, _ value: C) {
        unsafe withUnsafePointer(to: value) { unsafe deferSet(column, entity, UnsafeRawPointer($0), size: MemoryLayout<C>.size) }
    }

    @usableFromInline mutating func deferSet(_ column: Int, _ entity: Entity, _ row: UnsafeRawPointer, size: Int) {
        unsafe deferred.logSet(column: UInt16(column), entity: entity, row: row, size: size)
    }

    @usableFromInline mutating func setIfAlive(_ column: Int, _ entity: Entity, _ row: UnsafeRawPointer, size: Int) -> Bool {
        guard entities.isAlive(entity) else { return false }
        unsafe set(column, entity, row, size: size)
        return true
    }

    @usableFromInline mutating func removeIfAlive(_ column: Int, _ entity: Entity) {
        if entities.isAlive(entity) { remove(column, entity) }
    }

    @inlinable @inline(__always)
    mutating func emit<E: Event>(_ event: E, to audience: Audience) {
        guard let kind = eventTypes.number(TypeTable.key(E.self)) else { StateHandle.unregistered(E.self) }
        unsafe withUnsafePointer(to: event) { unsafe emit(kind, UnsafeRawPointer($0), to: audience) }
    }

    @usableFromInline mutating func emit(_ kind: Int, _ event: UnsafeRawPointer, to audience: Audience) {
        outbox.append(kind: UInt16(kind), isReliable: eventReliability[kind], audience: audience) { writer in
            unsafe eventPlans[kind].encode(at: event, to: &writer)
        }
    }

    mutating func near(_ x: Double, _ y: Double, _ radius: Double) -> [Entity] {
        refreshGrid()
        guard let found = grid?.search(x, y, radius: radius, entities) else {
            trapForAuthor("near() needs a position to search by: list a Sight among the world's parts")
        }
        return found
    }

    mutating func place(of entity: Entity) -> (x: Double, y: Double)? {
        refreshGrid()
        return grid?.position(of: Int(entity.slot))
    }

    /// Searches inside a query that writes positions use the positions from before it. In any other query positions cannot change, because all
    /// changes except those of the visited rows are deferred.
    mutating func refreshGrid() {
        guard let position else { return }
        let column = unsafe columns[position.column]
        if holdsPlaces { grid?.refresh(column, before: &heldPlaces) } else { grid?.refresh(column) }
    }

    /// Starts a query.
    mutating func beginQuery(_ writes: (Int, Int, Int)) {
        if isQuerying { trapForAuthor("a query inside another") }
        isQuerying = true
        drawSeed = fold64(drawSeed, 1)
        guard let column = position?.column, column == writes.0 || column == writes.1 || column == writes.2 else { return }
        unsafe heldPlaces.take(from: columns[column])
        holdsPlaces = true
    }

    /// Of the matches in a word those whose entity is not set aside for the running system.
    @usableFromInline func matchesToVisit(_ page: Int, _ word: Int, _ bits: UInt64) -> UInt64 {
        let first = page * Column.rowsPerPage + word * 64
        var (low, high) = (0, setAside.count)
        while low < high {
            let middle = (low + high) / 2
            if setAside[middle] < first { low = middle + 1 } else { high = middle }
        }
        var left = bits
        while low < setAside.count, setAside[low] < first + 64 {
            left &= ~(1 << UInt64(setAside[low] - first))
            low += 1
        }
        return left
    }

    /// Notes the entity that a query looks at next.
    @usableFromInline func willVisit(_ page: Int, _ place: Int) {
        if isExamined { flight.visit(entities.entity(at: page * Column.rowsPerPage + place)) }
    }

    mutating func endQuery() {
        if isExamined { flight.visit(.none) }
        isQuerying = false
        if holdsPlaces, let position {
            unsafe heldPlaces.giveBack(to: columns[position.column])
            holdsPlaces = false
        }
        applyDeferred()
    }
}
