package import OrgeSchema
import OrgeWire

/// Brings clients' views to the tick of the replica. One serves all clients of an edge: it holds only scratch memory.
package struct ViewBuilder: Sendable {
    /// Slots that stay in the view being built, or enter it: those with the current stamp.
    private var marks = ContiguousArray<UInt64>()
    private var stamp: UInt64 = 0
    private var entering = ContiguousArray<KnownEntity>()
    /// Entities of the view that become or cease to be the client's own: what only an owner sees comes or goes, and they enter again.
    private var reentering = ContiguousArray<KnownEntity>()
    private var leaving = ContiguousArray<Entity>()
    /// Entities that leave or enter again, as they were known.
    private var departed = ContiguousArray<KnownEntity>()
    private var removals = ContiguousArray<(entity: Entity, columns: UInt64)>()
    /// Bytes of a frame; smaller than the protocol's limit only in tests.
    private let frameLimit: Int

    package init(frameLimit: Int = WireLimits.serverFrameBytes) {
        self.frameLimit = frameLimit
    }

    /// Appends the update that makes the view complete through the replica's tick. Nothing is cut: what is due is sent.
    ///
    /// - Parameter writer: gets the update's frames, each after its size; nothing when nothing visible changed.
    /// - Returns: whether there was anything.
    package mutating func update(_ view: inout SentView, _ replica: borrowing Replica, to writer: inout ByteWriter) -> Bool {
        switch view.encoding {
        case .plain(let isSized): plainUpdate(&view, replica, isSized: isSized, to: &writer)
        }
    }

    private mutating func plainUpdate(_ view: inout SentView, _ replica: borrowing Replica, isSized: Bool, to writer: inout ByteWriter) -> Bool {
        let start = writer.count
        let isReset = view.isFresh && !view.isContinued
        var lent = ByteWriter()
        swap(&lent, &writer)
        let head = UpdateWriter.Head(tick: replica.tick, isReset: isReset, isSized: isSized, consumedIntent: view.consumedIntent)
        var out = UpdateWriter(head, base: idBase(ofWorld: replica.number), appendingTo: consume lent, limit: frameLimit)
        begin(replica)
        settleKnown(&view, replica, &out)
        gatherEntering(view.avatar, replica)
        merge(&view)
        writeSections(replica, &out)
        let hasChanged = out.entryCount > 0 || view.isFresh || view.consumedIntent != nil
        writer = (consume out).finish()
        if hasChanged { view.sent(replica.tick, arrived: entering, departed: departed) } else { writer.truncate(to: start) }
        view.tick = replica.tick
        view.isFresh = false
        view.consumedIntent = nil
        return hasChanged
    }

    /// Whether the replica's tick, and not an earlier one, changed what the client would see: for clients whose last update is still on
    /// its way.
    package mutating func isDue(_ view: SentView, _ replica: borrowing Replica) -> Bool {
        if view.consumedIntent != nil { return true }
        begin(replica)
        let disc = Disc(view.avatar, replica)
        let tick = replica.tick
        var hasMoved = false
        if let slot = replica.slot(view.avatar) { hasMoved = replica.lastChange(slot) == tick }
        for known in view.known {
            marks[known.slot] = stamp
            guard replica.lastChange(known.slot) == tick || hasMoved else { continue }
            guard stays(known, view.avatar, disc, replica) else { return true }
            let isOwner = replica.isOwned(known.slot, by: view.avatar)
            if isOwner != known.isOwner || Self.changes(known, since: tick - 1, replica) != 0 { return true }
        }
        gatherEntering(view.avatar, replica)
        for known in entering where replica.lastChange(known.slot) == tick || hasMoved { return true }
        return false
    }

    private mutating func begin(_ replica: borrowing Replica) {
        stamp += 1
        entering.removeAll(keepingCapacity: true)
        reentering.removeAll(keepingCapacity: true)
        leaving.removeAll(keepingCapacity: true)
        departed.removeAll(keepingCapacity: true)
        removals.removeAll(keepingCapacity: true)
        if marks.count < replica.slotCount { marks.append(contentsOf: repeatElement(0, count: replica.slotCount - marks.count)) }
    }
}

/// A client's field of view.
private struct Disc {
    let x: Double
    let y: Double
    let outer: Double

    init?(_ avatar: Entity, _ replica: borrowing Replica) {
        guard let position = replica.schema.position, let place = replica.place(avatar) else { return nil }
        (x, y) = place
        outer = position.outer
    }
}

// MARK: What is in view

extension ViewBuilder {
    /// Goes through what the client knows: writes what changed, notes what goes, and keeps and marks the rest.
    private mutating func settleKnown(_ view: inout SentView, _ replica: borrowing Replica, _ out: inout UpdateWriter) {
        let disc = Disc(view.avatar, replica)
        var kept = 0
        for index in view.known.indices {
            let known = view.known[index]
            guard stays(known, view.avatar, disc, replica), let settled = settle(known, view, replica, &out) else {
                leaving.append(known.entity(in: replica.number))
                departed.append(known)
                continue
            }
            marks[known.slot] = stamp
            view.known[kept] = settled
            kept += 1
        }
        view.known.removeLast(view.known.count - kept)
        view.giveBack()
    }

    /// - Returns: the entity as the client knows it after this update; nil when it sees nothing of it any more.
    @inline(__always)
    private mutating func settle(_ known: KnownEntity, _ view: SentView, _ replica: borrowing Replica, _ out: inout UpdateWriter) -> KnownEntity? {
        guard replica.lastChange(known.slot) > view.tick else { return known }
        let isOwner = replica.isOwned(known.slot, by: view.avatar)
        guard isOwner == known.isOwner else {
            let changed = KnownEntity(replica.entity(known.slot), isOwner: isOwner)
            guard replica.rows(known.slot) & Self.visible(changed, replica) != 0 else { return nil }
            reentering.append(changed)
            departed.append(known)
            return changed
        }
        let changes = Self.changes(known, since: view.tick, replica)
        guard changes != 0 else { return known }
        let present = changes & replica.rows(known.slot)
        if present != changes { removals.append((known.entity(in: replica.number), changes & ~present)) }
        if present != 0 { Self.write(.changed, known, present, since: view.tick, replica, &out) }
        return known
    }

    @inline(__always)
    private func stays(_ known: KnownEntity, _ avatar: Entity, _ disc: Disc?, _ replica: borrowing Replica) -> Bool {
        let entity = known.entity(in: replica.number)
        guard replica.entity(known.slot) == entity else { return false }
        if avatar.isNone || replica.isOwned(known.slot, by: avatar) { return true }
        guard let disc else { return false }
        return replica.grid.isNear(known.slot, disc.x, disc.y, radius: disc.outer)
    }

    /// - Parameter avatar: none for a monitor.
    private mutating func gatherEntering(_ avatar: Entity, _ replica: borrowing Replica) {
        if avatar.isNone {
            for slot in 0..<replica.slotCount where !replica.entity(slot).isNone { consider(slot, avatar, replica) }
            return
        }
        if let slot = replica.slot(avatar) { consider(slot, avatar, replica) }
        replica.forEachOwned(by: avatar) { consider($0, avatar, replica) }
        if let position = replica.schema.position, let place = replica.place(avatar) {
            replica.grid.forEach(near: place.x, place.y, radius: position.inner) { consider($0, avatar, replica) }
        }
        entering.sort()
    }

    @inline(__always)
    private mutating func consider(_ slot: Int, _ avatar: Entity, _ replica: borrowing Replica) {
        guard marks[slot] != stamp else { return }
        marks[slot] = stamp
        let isOwner = replica.isOwned(slot, by: avatar)
        guard replica.rows(slot) & (isOwner ? .max : replica.publicColumns) != 0 else { return }
        entering.append(KnownEntity(replica.entity(slot), isOwner: isOwner))
    }

    /// Merges two ordered lists from the end, in place.
    private func merge(_ view: inout SentView) {
        guard let last = entering.last else { return }
        var left = view.known.count - 1
        var right = entering.count - 1
        view.known.append(contentsOf: repeatElement(last, count: entering.count))
        var target = view.known.count - 1
        while right >= 0 {
            if left >= 0, view.known[left] > entering[right] {
                view.known[target] = view.known[left]
                left -= 1
            } else {
                view.known[target] = entering[right]
                right -= 1
            }
            target -= 1
        }
    }
}

// MARK: What is written

extension ViewBuilder {
    /// The sections after the changed rows.
    private mutating func writeSections(_ replica: borrowing Replica, _ out: inout UpdateWriter) {
        for removal in removals { out.begin(.removed, removal.entity, components: removal.columns) }
        if !reentering.isEmpty {
            entering.append(contentsOf: reentering)
            entering.sort()
        }
        for known in entering { Self.write(.entered, known, replica.rows(known.slot) & Self.visible(known, replica), since: 0, replica, &out) }
        for entity in leaving { out.begin(.left, entity) }
    }

    /// Writes rows of one entity, as one entry where they fit one frame. Those of an entering entity that do not fit follow as changes in the next frame.
    private static func write(
        _ section: UpdateSection, _ known: KnownEntity, _ columns: UInt64, since: UInt64, _ replica: borrowing Replica, _ out: inout UpdateWriter
    ) {
        var left = columns
        var section = section
        while left != 0 {
            let isWhole = section == .entered
            let (entry, byteCount) = nextEntry(left, known.slot, isWhole: isWhole, since: since, replica, out)
            out.begin(section, known.entity(in: replica.number), components: entry, byteCount: byteCount)
            left &= ~entry
            writeRows(entry, known.slot, isWhole: isWhole, since: since, replica, &out)
            section = .changed
        }
    }

    /// As many of the columns, from the first one, as one entry holds, and the bytes of their rows.
    @inline(__always)
    private static func nextEntry(
        _ columns: UInt64, _ slot: Int, isWhole: Bool, since: UInt64, _ replica: borrowing Replica, _ out: borrowing UpdateWriter
    ) -> (columns: UInt64, byteCount: Int) {
        var left = columns
        var entry: UInt64 = 0
        var byteCount = 0
        while left != 0 {
            let column = left.trailingZeroBitCount
            let rowBytes = out.rowBytes(replica.columns[column].encodedBytes(slot, isWhole: isWhole, since: since))
            if entry != 0, byteCount + rowBytes > out.rowCapacity { break }
            entry |= 1 << UInt64(column)
            byteCount += rowBytes
            left &= left - 1
        }
        return (entry, byteCount)
    }

    @inline(__always)
    private static func writeRows(
        _ columns: UInt64, _ slot: Int, isWhole: Bool, since: UInt64, _ replica: borrowing Replica, _ out: inout UpdateWriter
    ) {
        var left = columns
        while left != 0 {
            let column = left.trailingZeroBitCount
            left &= left - 1
            if isWhole {
                out.row(replica.columns[column].present(slot))
            } else if let change = replica.columns[column].change(slot, since: since) {
                out.row(change)
            } else {
                out.change(mask: replica.columns[column].wholeMask, row: replica.columns[column].present(slot))
            }
        }
    }

    /// The columns of which this client sees the entity's rows, as bits.
    @inline(__always)
    static func visible(_ known: KnownEntity, _ replica: borrowing Replica) -> UInt64 { known.isOwner ? .max : replica.publicColumns }

    /// The columns that this client sees and that changed after the tick.
    @inline(__always)
    private static func changes(_ known: KnownEntity, since: UInt64, _ replica: borrowing Replica) -> UInt64 {
        replica.changes(known.slot, among: visible(known, replica) & replica.allColumns, since: since)
    }
}
