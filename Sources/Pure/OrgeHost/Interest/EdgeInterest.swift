import OrgeSchema

/// The part of a large world that one edge holds: what is in or near the sight of an avatar of its clients, and what has no place or has an owner.
///
/// It follows from the world's state and from the sessions alone, so that a host that starts again knows what an edge holds. All entities of a
/// cell are in it or none, and every cell that a client's outer radius touches: no client ever sees the difference.
struct EdgeInterest: Sendable {
    /// Avatars that see each cell.
    private var covered = IDTable<Int32>()
    /// The cells that each session's avatar sees, by session.
    private var ranges = ContiguousArray<SeenCells>()
    /// Slots whose entities the edge holds.
    private(set) var held = SlotSet()
    /// Slots whose entities came into it and went out of it in the last tick. Those of despawned entities are in neither.
    private(set) var entered = ContiguousArray<Int>()
    private(set) var left = ContiguousArray<Int>()
    /// Those of `entered`.
    private var fresh = SlotSet()

    struct SeenCells: Equatable, Sendable {
        let session: UInt64
        let range: CellRange
    }

    /// As it is before anything was sent, with nothing known.
    init() {}

    /// Whether the edge held the slot's entity already before the last tick, and holds it still.
    @inline(__always)
    func kept(_ slot: Int) -> Bool { held.contains(slot) && !fresh.contains(slot) }

    /// The entity is gone.
    /// - Returns: whether the edge held it.
    mutating func forget(_ slot: Int) -> Bool {
        guard held.contains(slot) else { return false }
        held.remove(slot)
        return true
    }

    /// Begins: what the avatars see, and everything that goes to each edge.
    mutating func fill(_ cells: EntityCells, seen: ContiguousArray<SeenCells>) {
        for slot in 0..<cells.slotCount where cells.isEverywhere(slot) { consider(slot, cells) }
        follow(cells, moved: [], seen: seen)
    }

    /// Brings it to the state after a tick, once despawned entities are forgotten.
    /// - Parameters:
    ///   - moved: slots whose cell changed.
    ///   - seen: of the edge's sessions, by session.
    mutating func follow(_ cells: EntityCells, moved: ContiguousArray<Int>, seen: ContiguousArray<SeenCells>) {
        for slot in entered { fresh.remove(slot) }
        entered.removeAll(keepingCapacity: true)
        left.removeAll(keepingCapacity: true)
        let changed = cover(seen)
        for slot in moved { consider(slot, cells) }
        for cell in changed { cells.forEach(in: cell) { consider($0, cells) } }
    }

    private mutating func consider(_ slot: Int, _ cells: EntityCells) {
        let isWanted = cells.isEverywhere(slot) || cells.has(slot) && covered[cells.cell(slot)] != nil
        guard isWanted != held.contains(slot) else { return }
        if isWanted {
            held.insert(slot)
            fresh.insert(slot)
            entered.append(slot)
        } else {
            held.remove(slot)
            left.append(slot)
        }
    }

    /// - Returns: cells that came into sight or went out of it; some may have done both.
    private mutating func cover(_ seen: ContiguousArray<SeenCells>) -> ContiguousArray<UInt64> {
        var changed = ContiguousArray<UInt64>()
        guard seen != ranges else { return changed }
        var (before, after) = (0, 0)
        while before < ranges.count || after < seen.count {
            let old = before < ranges.count ? ranges[before] : nil
            let new = after < seen.count ? seen[after] : nil
            if let old, let new, old == new {
                (before, after) = (before + 1, after + 1)
            } else if let new, new.session <= old?.session ?? .max {
                new.range.forEach { add($0, &changed) }
                after += 1
                guard let old, old.session == new.session else { continue }
                old.range.forEach { remove($0, &changed) }
                before += 1
            } else if let old {
                old.range.forEach { remove($0, &changed) }
                before += 1
            }
        }
        ranges = seen
        return changed
    }

    private mutating func add(_ cell: UInt64, _ changed: inout ContiguousArray<UInt64>) {
        let count = covered[cell] ?? 0
        covered[cell] = count + 1
        if count == 0 { changed.append(cell) }
    }

    private mutating func remove(_ cell: UInt64, _ changed: inout ContiguousArray<UInt64>) {
        guard let count = covered[cell] else { preconditionFailure("a cell that no avatar saw goes out of sight") }
        covered[cell] = count > 1 ? count - 1 : nil
        if count == 1 { changed.append(cell) }
    }
}
