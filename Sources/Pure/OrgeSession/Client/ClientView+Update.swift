package import OrgeSchema
package import OrgeWire

/// Why an update cannot be applied: the server is wrong, and the connection is of no more use.
package enum ViewFault: Error, Equatable, Sendable {
    case malformed(DecodeError)
    case unknownComponent(UInt16)
    /// A change or leave of an entity that is not in view.
    case notInView(Entity)
    /// The tick is before one that was complete, or another than that of the update's first frames.
    case wrongTick(UInt64, after: UInt64)
    case tooManyEntities
}

extension ClientView {
    /// Applies one frame.
    /// - Returns: true when the view is complete through the frame's tick now.
    package mutating func apply(_ frame: UpdateFrame) throws(ViewFault) -> Bool {
        if let openTick, openTick != frame.tick { throw .wrongTick(frame.tick, after: openTick) }
        if let completeTick, frame.tick < completeTick { throw .wrongTick(frame.tick, after: completeTick) }
        if frame.isReset { removeAll() }
        var cursor = UpdateCursor(frame)
        var index = 0
        while let entry = try cursor.entry() {
            switch entry.action {
            case .leave: try leave(entry.entity, &index)
            case .enter, .change: try change(entry, &cursor, frame.entries, &index)
            }
        }
        openTick = frame.hasMore ? frame.tick : nil
        if !frame.hasMore { completeTick = frame.tick }
        return !frame.hasMore
    }

    private mutating func leave(_ entity: Entity, _ index: inout Int) throws(ViewFault) {
        let place = find(entity, hint: index)
        guard place.found else { throw .notInView(entity) }
        remove(at: place.index)
        index = place.index
    }

    private mutating func change(_ entry: UpdateCursor.Entry, _ cursor: inout UpdateCursor, _ bytes: [UInt8], _ index: inout Int) throws(ViewFault) {
        let slot = try slot(entry, &index)
        for _ in 0..<entry.removedCount { setAbsent(slot: slot, plan: try plan(&cursor)) }
        for _ in 0..<entry.rowCount {
            let plan = try plan(&cursor)
            store(bytes, try cursor.row(plans[plan]), slot: slot, plan: plan)
        }
    }

    private mutating func slot(_ entry: UpdateCursor.Entry, _ index: inout Int) throws(ViewFault) -> Int {
        let place = find(entry.entity, hint: index)
        index = place.index + 1
        if place.found {
            let slot = Int(slots[place.index])
            if entry.action == .enter { clear(slot: slot) }
            return slot
        }
        guard entry.action == .enter else { throw .notInView(entry.entity) }
        guard entityCount < SessionLimits.viewEntities else { throw .tooManyEntities }
        return insert(entry.entity, at: place.index)
    }

    private func plan(_ cursor: inout UpdateCursor) throws(ViewFault) -> Int {
        let component = try cursor.componentID()
        guard let plan = planIndex(component) else { throw .unknownComponent(component) }
        return plan
    }

    private mutating func store(_ bytes: [UInt8], _ row: Range<Int>, slot: Int, plan: Int) {
        setPresent(slot: slot, plan: plan)
        switch plans[plan].place {
        case .fixed(let offset): copyBytes(bytes, row, to: &records, at: slot * recordBytes + offset)
        case .short(let offset):
            let start = slot * recordBytes + offset
            records[start] = UInt8(truncatingIfNeeded: row.count >> 8)
            records[start + 1] = UInt8(truncatingIfNeeded: row.count)
            copyBytes(bytes, row, to: &records, at: start + 2)
        case .long(let index): longRows[slot * longPerSlot + index] = Array(bytes[row])
        }
    }
}

extension UpdateCursor {
    fileprivate mutating func entry() throws(ViewFault) -> Entry? {
        do { return try nextEntry() } catch { throw .malformed(error) }
    }

    fileprivate mutating func componentID() throws(ViewFault) -> UInt16 {
        do { return try component() } catch { throw .malformed(error) }
    }

    fileprivate mutating func row(_ plan: ClientView.Plan) throws(ViewFault) -> Range<Int> {
        do { return plan.isPlain ? try plainRow(plan.layout.minBytes) : try row(plan.layout) } catch { throw .malformed(error) }
    }
}
