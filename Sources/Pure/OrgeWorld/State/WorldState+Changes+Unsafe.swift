import OrgeSchema

/// The end of a tick: finds the rows that changed, updates their hashes, and encodes those that clients may see.
extension WorldState {
    /// Clears all marks, updates the hash and encodes the changes that may leave the host.
    mutating func drainChanges() -> ChangeSet {
        var changes = ChangeSet()
        changes.despawned = despawned
        despawned = []
        let written = (0..<columnCount).filter { isFollowed || visibilities[$0] != .server }
        let limit = written.reduce(0) { unsafe $0 + columns[$1].dirtyCount }
        unsafe changes.rows = ContiguousArray(unsafeUninitializedCapacity: limit) { rows, count in
            for id in 0..<columnCount { unsafe drain(id, isWritten: isFollowed || visibilities[id] != .server, rows, &count) }
        }
        changes.bytes = rowBytes.take()
        guard isFollowed else { return changes }
        followed.tick = tick
        changes.state = followed
        changes.hidden = visibilities.indices.reduce(0) { $0 | (visibilities[$1] == .server ? 1 << UInt64($1) : 0) }
        followed = StateChanges()
        return changes
    }

    /// Clears all marks and updates the hash, without encoding changes.
    mutating func settleChanges() {
        despawned = []
        followed = StateChanges()
        var count = 0
        for id in 0..<columnCount { unsafe drain(id, isWritten: false, UnsafeMutableBufferPointer(start: nil, count: 0), &count) }
    }

    private mutating func drain(_ id: Int, isWritten: Bool, _ rows: UnsafeMutableBufferPointer<ChangeSet.Row>, _ count: inout Int) {
        let column = unsafe columns[id]
        let plan = plans[id]
        let seed = rowSeeds[id]
        var sum = rowsHashes[id]
        let living = entities.reader
        column.drainDirtyPages { page in
            dirtyPage.load(page, of: column)
            for index in 0..<dirtyPage.count {
                let (place, old) = dirtyPage[index]
                let slot = page * Column.rowsPerPage + place
                let row = column.has(slot) ? unsafe UnsafeRawPointer(column.row(slot)) : nil
                let new = unsafe row.map { unsafe plan.hash(at: $0, seed: seed ^ living.entity(at: slot).raw) | 1 } ?? 0
                guard new != old else { continue }
                unsafe column.hashes[slot] = new
                sum = sum &- old &+ new
                guard isWritten, let entity = entities.entityIfAlive(at: slot) else { continue }
                let change = unsafe write(UInt16(id), entity, row, plan)
                precondition(count < rows.count, "more rows changed than were marked")
                unsafe (rows.baseAddress! + count).initialize(to: change)
                count += 1
            }
        }
        rowsHashes[id] = sum
    }

    /// Encodes a changed row; nil for a removed one.
    @inline(__always)
    private mutating func write(_ component: UInt16, _ entity: Entity, _ row: UnsafeRawPointer?, _ plan: RowPlan) -> ChangeSet.Row {
        guard let row = unsafe row else { return ChangeSet.Row(entity: entity, component: component, bytes: nil) }
        let start = rowBytes.count
        let length = unsafe rowBytes.append(plan, row, atMost: plan.layout.maxBytes)
        return ChangeSet.Row(entity: entity, component: component, start: start, length: length)
    }

    /// The entity's position; nil when it has none.
    func currentPlace(of entity: Entity) -> (x: Double, y: Double)? {
        guard let position, let row = unsafe rowIfPresent(position.column, entity) else { return nil }
        return unsafe position.read(row)
    }

    /// The canonical bytes of one row.
    func encodedRow(_ column: Int, _ entity: Entity) -> [UInt8]? {
        guard let row = unsafe rowIfPresent(column, entity) else { return nil }
        var writer = ByteWriter(capacity: plans[column].layout.minBytes)
        unsafe plans[column].encode(at: row, to: &writer)
        return writer.take()
    }

    /// Calls with the canonical bytes of each row of a component, in order of slots.
    func forEachRow(_ column: Int, _ visit: (Entity, [UInt8]) -> Void) {
        unsafe columns[column].forEachPresent { slot, row in
            var writer = ByteWriter(capacity: plans[column].layout.minBytes)
            unsafe plans[column].encode(at: row, to: &writer)
            visit(entities.entity(at: slot), writer.take())
        }
    }
}
