package import OrgeSchema
package import OrgeWire

/// Why an update cannot be applied: the server is wrong, and the connection is of no more use.
package enum ViewFault: Error, Equatable, Sendable {
    case malformed(DecodeError)
    /// A bit of an entry's components beyond the schema's, in an update whose rows have no length.
    case unknownComponent(bit: Int)
    /// A changed, removed or left entity that is not in view.
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
        var cursor = UpdateCursor(frame, base: idBase)
        var index = 0
        while let entry = try cursor.entry() {
            switch entry.section {
            case .changed: try change(entry, &cursor, frame, &index)
            case .removed: try remove(entry, frame, &index)
            case .entered: try enter(entry, &cursor, frame, &index)
            case .left: remove(at: try known(entry.entity, &index))
            }
        }
        openTick = frame.hasMore ? frame.tick : nil
        if !frame.hasMore { completeTick = frame.tick }
        return !frame.hasMore
    }

    /// The index of an entity in view. Entries rise within a section, so the search begins after the last one.
    private func known(_ entity: Entity, _ index: inout Int) throws(ViewFault) -> Int {
        let place = find(entity, hint: index)
        guard place.found else { throw .notInView(entity) }
        index = place.index
        return place.index
    }

    private mutating func change(_ entry: UpdateCursor.Entry, _ cursor: inout UpdateCursor, _ frame: UpdateFrame, _ index: inout Int) throws(ViewFault) {
        let slot = Int(slots[try known(entry.entity, &index)])
        var left = entry.components
        while left != 0 {
            let bit = left.trailingZeroBitCount
            left &= left - 1
            guard let plan = try nextPlan(bit, &cursor, frame) else { continue }
            try readChange(slot, plan, &cursor)
            storeScratch(slot, plan)
        }
    }

    /// The plan of the row that comes next; nil for one of an unknown component, which is skipped.
    private func nextPlan(_ bit: Int, _ cursor: inout UpdateCursor, _ frame: UpdateFrame) throws(ViewFault) -> Int? {
        let length = try cursor.rowLength()
        if let plan = try plan(bit, frame) { return plan }
        try cursor.skipRow(length)
        return nil
    }

    /// Puts the changed row together in `scratch`. The rows are only borrowed meanwhile: writing to them here would copy them all.
    private mutating func readChange(_ slot: Int, _ plan: Int, _ cursor: inout UpdateCursor) throws(ViewFault) {
        scratch.removeAll()
        let old = isPresent(slot: slot, plan: plan) ? storedRow(slot: slot, plan: plan) : nil
        try cursor.changedRow(plans[plan], old: old, to: &scratch)
    }

    private mutating func storeScratch(_ slot: Int, _ plan: Int) {
        let bytes = scratch.bytes
        store(bytes, 0..<bytes.count, slot: slot, plan: plan)
    }

    private mutating func remove(_ entry: UpdateCursor.Entry, _ frame: UpdateFrame, _ index: inout Int) throws(ViewFault) {
        let slot = Int(slots[try known(entry.entity, &index)])
        var left = entry.components
        while left != 0 {
            if let plan = try plan(left.trailingZeroBitCount, frame) { setAbsent(slot: slot, plan: plan) }
            left &= left - 1
        }
    }

    private mutating func enter(_ entry: UpdateCursor.Entry, _ cursor: inout UpdateCursor, _ frame: UpdateFrame, _ index: inout Int) throws(ViewFault) {
        let slot = try enteredSlot(entry.entity, &index)
        var left = entry.components
        while left != 0 {
            let bit = left.trailingZeroBitCount
            left &= left - 1
            guard let plan = try nextPlan(bit, &cursor, frame) else { continue }
            store(frame.entries, try cursor.wholeRow(plans[plan]), slot: slot, plan: plan)
        }
    }

    private mutating func enteredSlot(_ entity: Entity, _ index: inout Int) throws(ViewFault) -> Int {
        let place = find(entity, hint: index)
        index = place.index + 1
        if place.found {
            let slot = Int(slots[place.index])
            clear(slot: slot)
            return slot
        }
        guard entityCount < SessionLimits.viewEntities else { throw .tooManyEntities }
        return insert(entity, at: place.index)
    }

    /// The plan of a bit; nil for a component of a later schema, whose rows have a length to skip them by.
    private func plan(_ bit: Int, _ frame: UpdateFrame) throws(ViewFault) -> Int? {
        if bit < planOfBit.count { return planOfBit[bit] }
        guard frame.isSized else { throw .unknownComponent(bit: bit) }
        return nil
    }

    /// The row's bytes where they are kept.
    private func storedRow(slot: Int, plan: Int) -> (bytes: [UInt8], start: Int) {
        switch plans[plan].place {
        case .fixed(let offset): (records, slot * recordBytes + offset)
        case .short(let offset): (records, slot * recordBytes + offset + 2)
        case .long(let index): (longRows[slot * longPerSlot + index], 0)
        }
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

/// The cursor's errors as faults of the view.
extension UpdateCursor {
    fileprivate mutating func entry() throws(ViewFault) -> Entry? {
        do { return try nextEntry() } catch { throw .malformed(error) }
    }

    fileprivate mutating func rowLength() throws(ViewFault) -> Int? {
        do { return try beginRow() } catch { throw .malformed(error) }
    }

    fileprivate mutating func skipRow(_ length: Int?) throws(ViewFault) {
        do { try skip(length ?? 0) } catch { throw .malformed(error) }
    }

    fileprivate mutating func wholeRow(_ plan: ClientView.Plan) throws(ViewFault) -> Range<Int> {
        do throws(DecodeError) {
            let row = plan.isPlain ? try plainRow(plan.layout.minBytes) : try row(plan.layout)
            try endRow()
            return row
        } catch {
            throw .malformed(error)
        }
    }

    fileprivate mutating func changedRow(_ plan: ClientView.Plan, old: (bytes: [UInt8], start: Int)?, to row: inout ByteWriter) throws(ViewFault) {
        do throws(DecodeError) {
            let start = reader.offset
            try change(plan.codec, old: old, to: &row)
            try endRow()
            guard !plan.isPlain else { return }
            var check = ByteReader(row.bytes)
            do throws(DecodeError) { try plan.layout.validate(&check) } catch { throw DecodeError(error.code, at: start) }
        } catch {
            throw .malformed(error)
        }
    }
}
