import OrgeSchema

/// The owner relation of one component, in both directions. Lists run through the slots themselves.
///
/// An entity that names no owner, or itself, is in no list.
struct OwnerIndex {
    let column: Int
    /// Of the owner in a row.
    let offset: Int
    private var owners = ContiguousArray<Entity>()
    private var heads = ContiguousArray<Int32>()
    private var next = ContiguousArray<Int32>()
    private var previous = ContiguousArray<Int32>()

    init(column: Int, offset: Int) {
        self.column = column
        self.offset = offset
    }

    /// Entities whose owner comes into the new slots are listed now: an owner that was named before it was here made no slot of its own.
    mutating func grow(to slotCount: Int) {
        let before = heads.count
        owners.append(contentsOf: repeatElement(.none, count: slotCount - owners.count))
        heads.append(contentsOf: repeatElement(-1, count: slotCount - heads.count))
        next.append(contentsOf: repeatElement(-1, count: slotCount - next.count))
        previous.append(contentsOf: repeatElement(-1, count: slotCount - previous.count))
        for slot in 0..<before where Int(owners[slot].slot) >= before { link(slot) }
    }

    @inline(__always)
    func owner(_ slot: Int) -> Entity { owners[slot] }

    /// Owners outside the slots that are known (in another world, say) own without being listed: no client has such an avatar.
    mutating func set(_ slot: Int, _ owner: Entity) {
        unlink(slot)
        owners[slot] = owner
        link(slot)
    }

    private mutating func link(_ slot: Int) {
        let owner = owners[slot]
        let head = Int(owner.slot)
        guard !owner.isNone, head != slot, head < heads.count else { return }
        next[slot] = heads[head]
        if heads[head] >= 0 { previous[Int(heads[head])] = Int32(slot) }
        heads[head] = Int32(slot)
    }

    private mutating func unlink(_ slot: Int) {
        let head = Int(owners[slot].slot)
        if previous[slot] >= 0 {
            next[Int(previous[slot])] = next[slot]
        } else if head < heads.count, heads[head] == Int32(slot) {
            heads[head] = next[slot]
        }
        if next[slot] >= 0 { previous[Int(next[slot])] = previous[slot] }
        next[slot] = -1
        previous[slot] = -1
    }

    /// Calls with the slot of everything that names this entity as its owner, in no order that means anything.
    @inline(__always)
    func forEachOwned(by owner: Entity, _ visit: (Int) -> Void) {
        guard Int(owner.slot) < heads.count else { return }
        var slot = Int(heads[Int(owner.slot)])
        while slot >= 0 {
            if owners[slot] == owner { visit(slot) }
            slot = Int(next[slot])
        }
    }
}
