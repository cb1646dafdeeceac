package import OrgeSchema
import OrgeWire

/// Brings clients' views to the tick of the replica. One serves all clients of an edge: it holds only scratch memory.
package struct ViewBuilder: Sendable {
    /// Slots that stay in the view being built, or enter it: those with the current stamp.
    private var marks = ContiguousArray<UInt64>()
    private var stamp: UInt64 = 0
    private var entering = ContiguousArray<KnownEntity>()
    /// Bytes of a frame; smaller than the protocol's limit only in tests.
    private let frameLimit: Int

    package init(frameLimit: Int = WireLimit.serverFrameBytes) {
        self.frameLimit = frameLimit
    }

    /// Appends the update that makes the view complete through the replica's tick. Nothing is cut: what is due is sent.
    ///
    /// - Parameter writer: gets the update's frames, each behind its size; nothing when nothing visible changed.
    /// - Returns: whether there was anything.
    package mutating func update(_ view: inout SentView, _ replica: Replica, to writer: inout ByteWriter) -> Bool {
        let start = writer.count
        let isReset = view.isFresh
        var taken = ByteWriter()
        swap(&taken, &writer)
        var out = UpdateWriter(tick: replica.tick, isReset: isReset, appendingTo: consume taken, limit: frameLimit)
        begin(replica)
        settleKnown(&view, replica, &out)
        gatherEntering(view, replica)
        merge(&view)
        for known in entering { Self.writeAll(.enter, known, replica, &out) }
        let hasChanged = out.entryCount > 0 || isReset
        writer = (consume out).finish()
        if !hasChanged { writer.truncate(to: start) }
        view.tick = replica.tick
        view.isFresh = false
        return hasChanged
    }

    /// Whether the replica's tick, and not an earlier one, changed what the client would see: for clients whose last update is still on
    /// its way.
    package mutating func isDue(_ view: SentView, _ replica: Replica) -> Bool {
        begin(replica)
        let disc = Disc(view.avatar, replica)
        let tick = replica.tick
        let hasMoved = replica.slot(view.avatar).map { replica.lastChange($0) == tick } ?? false
        for known in view.known {
            marks[known.slot] = stamp
            guard replica.lastChange(known.slot) == tick || hasMoved else { continue }
            guard stays(known, view, disc, replica) else { return true }
            let isOwner = replica.isOwned(known.slot, by: view.avatar)
            if isOwner != known.isOwner || Self.hasChange(known, since: tick - 1, replica) { return true }
        }
        gatherEntering(view, replica)
        return entering.contains { replica.lastChange($0.slot) == tick || hasMoved }
    }

    private mutating func begin(_ replica: Replica) {
        stamp += 1
        entering.removeAll(keepingCapacity: true)
        if marks.count < replica.slotCount { marks.append(contentsOf: repeatElement(0, count: replica.slotCount - marks.count)) }
    }
}

/// Where a client looks.
private struct Disc {
    let x: Double
    let y: Double
    let outer: Double

    init?(_ avatar: Entity, _ replica: Replica) {
        guard let position = replica.schema.position, let place = replica.place(avatar) else { return nil }
        (x, y) = place
        outer = position.outer
    }
}

// MARK: What is in view

extension ViewBuilder {
    /// Goes through what the client knows: writes what changed and what leaves, and keeps and marks the rest.
    private mutating func settleKnown(_ view: inout SentView, _ replica: Replica, _ out: inout UpdateWriter) {
        let disc = Disc(view.avatar, replica)
        let since = view.tick
        var kept = 0
        for index in view.known.indices {
            let known = view.known[index]
            guard stays(known, view, disc, replica) else {
                out.leave(known.entity(in: replica.number))
                continue
            }
            marks[known.slot] = stamp
            view.known[kept] = known
            if replica.lastChange(known.slot) > since { view.known[kept] = Self.writeChange(known, view, since: since, replica, &out) }
            kept += 1
        }
        view.known.removeLast(view.known.count - kept)
    }

    @inline(__always)
    private func stays(_ known: KnownEntity, _ view: SentView, _ disc: Disc?, _ replica: Replica) -> Bool {
        let entity = known.entity(in: replica.number)
        guard replica.entity(known.slot) == entity else { return false }
        if view.isMonitor || replica.isOwned(known.slot, by: view.avatar) { return true }
        guard let disc else { return false }
        return replica.grid.isNear(known.slot, disc.x, disc.y, radius: disc.outer)
    }

    private mutating func gatherEntering(_ view: SentView, _ replica: Replica) {
        if view.isMonitor {
            for slot in 0..<replica.slotCount where !replica.entity(slot).isNone { consider(slot, view, replica) }
            return
        }
        if let slot = replica.slot(view.avatar) { consider(slot, view, replica) }
        replica.forEachOwned(by: view.avatar) { consider($0, view, replica) }
        if let position = replica.schema.position, let place = replica.place(view.avatar) {
            replica.grid.forEach(near: place.x, place.y, radius: position.inner) { consider($0, view, replica) }
        }
        entering.sort()
    }

    @inline(__always)
    private mutating func consider(_ slot: Int, _ view: SentView, _ replica: Replica) {
        guard marks[slot] != stamp else { return }
        marks[slot] = stamp
        let isOwner = replica.isOwned(slot, by: view.avatar)
        guard replica.columns.contains(where: { ($0.isPublic || isOwner) && $0.has(slot) }) else { return }
        entering.append(KnownEntity(replica.entity(slot), isOwner: isOwner))
    }

    /// Merges two ordered lists from behind, in place.
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
    private static func writeAll(_ action: UpdateAction, _ known: KnownEntity, _ replica: Replica, _ out: inout UpdateWriter) {
        out.begin(known.entity(in: replica.number), action)
        for column in replica.columns.indices where replica.columns[column].isPublic || known.isOwner {
            if let row = replica.columns[column].bytes(known.slot) { out.row(replica.columns[column].component, row) }
        }
    }

    /// - Returns: the entity as the client knows it afterwards.
    private static func writeChange(
        _ known: KnownEntity, _ view: SentView, since: UInt64, _ replica: Replica, _ out: inout UpdateWriter
    ) -> KnownEntity {
        let isOwner = replica.isOwned(known.slot, by: view.avatar)
        if isOwner != known.isOwner {
            // What only an owner sees comes or goes: rare, and a new beginning is the shortest way to say it.
            let changed = KnownEntity(replica.entity(known.slot), isOwner: isOwner)
            writeAll(.enter, changed, replica, &out)
            return changed
        }
        guard hasChange(known, since: since, replica) else { return known }
        out.begin(known.entity(in: replica.number), .change)
        for column in replica.columns.indices where isChanged(column, known, since, replica) && !replica.columns[column].has(known.slot) {
            out.remove(replica.columns[column].component)
        }
        for column in replica.columns.indices where isChanged(column, known, since, replica) {
            if let row = replica.columns[column].bytes(known.slot) { out.row(replica.columns[column].component, row) }
        }
        return known
    }

    private static func hasChange(_ known: KnownEntity, since: UInt64, _ replica: Replica) -> Bool {
        replica.columns.indices.contains { isChanged($0, known, since, replica) }
    }

    @inline(__always)
    private static func isChanged(_ column: Int, _ known: KnownEntity, _ since: UInt64, _ replica: Replica) -> Bool {
        (replica.columns[column].isPublic || known.isOwner) && replica.columns[column].lastChange(known.slot) > since
    }
}
