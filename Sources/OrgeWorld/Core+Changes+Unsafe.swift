import OrgeSchema

/// The end of a tick: which rows really changed, their hashes, and their canonical bytes for whoever may see them.
extension Core {
    /// Clears all marks, brings the hash up to date and writes out what may leave the host.
    mutating func drainChanges() -> ChangeSet {
        var changes = ChangeSet()
        changes.despawned = despawned
        despawned.removeAll(keepingCapacity: true)
        var writer = ByteWriter()
        var sum = rowsHash
        for id in 0..<columnCount {
            let plan = plans[id]
            let seed = Self.rowSeed(id)
            let isVisible = visibilities[id] != .server
            unsafe columns[id].drainDirty { slot, isPresent, row, hash in
                let entity = isPresent ? entities.entity(at: slot) : .none
                let new = isPresent ? unsafe plan.hash(at: row, seed: seed ^ entity.raw) | 1 : 0
                if new == hash { return }
                sum = sum &- hash &+ new
                hash = new
                guard isVisible else { return }
                if isPresent {
                    let start = writer.count
                    unsafe plan.encode(at: row, to: &writer)
                    changes.rows.append(ChangeSet.Row(entity: entity, component: UInt16(id), bytes: start..<writer.count))
                } else if let survivor = entities.entityIfAlive(at: slot) {
                    changes.rows.append(ChangeSet.Row(entity: survivor, component: UInt16(id), bytes: nil))
                }
            }
        }
        rowsHash = sum
        changes.bytes = writer.take()
        return changes
    }

    private static func rowSeed(_ id: Int) -> UInt64 { mix64(UInt64(id) &+ 0x0c01_0000) }

    /// Writes a checked canonical row over an intent's component.
    mutating func setIntent(_ column: Int, _ avatar: Entity, _ payload: [UInt8]) {
        let plan = plans[column]
        unsafe withUnsafeTemporaryAllocation(byteCount: max(1, unsafe columns[column].stride), alignment: 16) { bytes in
            guard let row = bytes.baseAddress else { return }
            unsafe row.initializeMemory(as: UInt8.self, repeating: 0, count: bytes.count)
            unsafe write(payload, plan, over: row)
            unsafe set(column, avatar, row, size: plan.size)
        }
    }

    private func write(_ payload: [UInt8], _ plan: RowPlan, over row: UnsafeMutableRawPointer) {
        var reader = ByteReader(payload)
        do { try unsafe plan.decode(&reader, at: row) } catch { preconditionFailure("a checked row does not decode: \(error)") }
    }

    /// Where the entity is now; nil without a position component.
    func currentPlace(of entity: Entity) -> (x: Double, y: Double)? {
        guard let grid, let row = unsafe rowIfPresent(grid.column, entity) else { return nil }
        return unsafe grid.reader.read(row)
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

/// In an image, for each column: `u16` id, `u32` rows, then each `u32` slot and canonical row, slots rising.
extension Core {
    func encodeRows(to writer: inout ByteWriter) {
        for id in 0..<columnCount {
            writer.u16(UInt16(id))
            writer.u32(UInt32(unsafe columns[id].presentCount))
            unsafe columns[id].forEachPresent { slot, row in
                writer.u32(UInt32(slot))
                unsafe plans[id].encode(at: row, to: &writer)
            }
        }
    }

    mutating func decodeRows(_ reader: inout ByteReader) throws(DecodeError) {
        for id in 0..<columnCount {
            let start = reader.offset
            let number = try reader.u16()
            guard number == id else { throw DecodeError(.inconsistent("component \(number) where \(id) belongs"), at: start) }
            let count = try reader.count32(ofAtLeast: 4 + plans[id].layout.minBytes)
            var floor: Int64 = -1
            for _ in 0..<count {
                let slot = try reader.u32()
                guard Int64(slot) > floor, let entity = entities.entityIfAlive(at: Int(slot)) else {
                    throw DecodeError(.inconsistent("a row of component \(id) in slot \(slot)"), at: reader.offset - 4)
                }
                floor = Int64(slot)
                try decodeRow(id, entity, &reader)
            }
        }
    }

    private mutating func decodeRow(_ id: Int, _ entity: Entity, _ reader: inout ByteReader) throws(DecodeError) {
        let slot = Int(entity.slot)
        unsafe columns[id].reach(entity.slot)
        let row = unsafe columns[id].row(slot)
        unsafe row.initializeMemory(as: UInt8.self, repeating: 0, count: columns[id].stride)
        try unsafe plans[id].decode(&reader, at: row)
        unsafe columns[id].setPresent(slot, true)
    }
}
