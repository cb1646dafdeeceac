import OrgeSchema

/// The living entities: slots with generations, a first-in-first-out queue of free slots, and a hash over both.
///
/// First in, first out, so that a slot is reused as late as possible. A slot whose generations are used up is never reused. Both lie in pages
/// that an image reads while the world changes them. The struct holds plain pointers; its owner calls ``free()``.
@safe @usableFromInline struct EntityTable {
    static let generationLimit: UInt32 = (1 << 24) - 1
    /// As ``EntityRecord/aliveBit``, but a constant of this module: one of another module is read from memory in each iteration.
    static let aliveBit: UInt32 = 1 << 31
    /// Slots in a page, and free slots in a page of the queue.
    static let slotsPerPage = 1_024

    let world: UInt16
    /// Entities that may live at once.
    let limit: Int
    /// Slots that were ever used.
    private(set) var slotCount = 0
    /// How many slots were ever freed, and how many of those were reused. The queue has the positions between the two.
    private(set) var freedCount: UInt64 = 0
    private(set) var reusedCount: UInt64 = 0
    private(set) var livingCount = 0
    /// A sum over slots and queue; it depends on the content only.
    private(set) var hash: UInt64 = 0
    /// The generation of each slot; the highest bit is set while its entity is alive.
    var slotPages: StampedPages
    /// A ring: position p of the queue is in the entry p modulo its size. Each slot is in the queue at most once, so the ring is never too small.
    var queuePages: StampedPages
    let queueMask: UInt64

    init(world: UInt16, limit: Int, pool: UnsafeMutablePointer<PagePool>) {
        precondition(world < 1 << 14, "world number out of range")
        precondition((1...Entity.slotLimit).contains(limit), "a world of \(limit) entities")
        self.world = world
        self.limit = limit
        var queueSize = Self.slotsPerPage
        while queueSize < limit { queueSize *= 2 }
        queueMask = UInt64(queueSize - 1)
        let pageBytes = Self.slotsPerPage * 4
        unsafe slotPages = StampedPages(pageBytes: pageBytes, pageLimit: (limit + Self.slotsPerPage - 1) / Self.slotsPerPage, pool: pool)
        unsafe queuePages = StampedPages(pageBytes: pageBytes, pageLimit: queueSize / Self.slotsPerPage, pool: pool)
    }

    func free() {
        slotPages.free()
        queuePages.free()
    }

    @inline(__always)
    private subscript(slot: Int) -> UInt32 {
        get { unsafe slotPages.base.load(fromByteOffset: slot * 4, as: UInt32.self) }
        nonmutating set {
            slotPages.willWrite(slot / Self.slotsPerPage)
            unsafe slotPages.base.storeBytes(of: newValue, toByteOffset: slot * 4, as: UInt32.self)
        }
    }

    /// The free slot at a position of the queue.
    @inline(__always)
    private func freeSlot(_ position: UInt64) -> UInt32 {
        unsafe queuePages.base.load(fromByteOffset: Int(position & queueMask) * 4, as: UInt32.self)
    }

    private mutating func setFreeSlot(_ position: UInt64, _ slot: UInt32) {
        let index = Int(position & queueMask)
        while queuePages.pageCount <= index / Self.slotsPerPage { queuePages.reachNext(zeroing: queuePages.pageBytes) }
        queuePages.willWrite(index / Self.slotsPerPage)
        unsafe queuePages.base.storeBytes(of: slot, toByteOffset: index * 4, as: UInt32.self)
    }

    @inline(__always)
    func isAlive(_ entity: Entity) -> Bool {
        let slot = Int(entity.slot)
        return slot < slotCount && self[slot] == entity.generation | Self.aliveBit && entity.world == world
    }

    /// The living entity in the slot.
    /// - Precondition: there is one.
    @inline(__always)
    func entity(at slot: Int) -> Entity {
        // The parts were checked when they were entered into the table.
        Entity(raw: UInt64(world) << 50 | UInt64(self[slot] & ~Self.aliveBit) << 26 | UInt64(slot))
    }

    /// What ``entity(at:)`` needs, in registers: for loops over rows. Not valid after the next spawn or despawn.
    var reader: EntityReader { unsafe EntityReader(base: slotPages.base, world: UInt64(world) << 50) }

    @inline(__always)
    func entityIfAlive(at slot: Int) -> Entity? { slot < slotCount && self[slot] & Self.aliveBit != 0 ? entity(at: slot) : nil }

    private func slotHash(_ slot: Int) -> UInt64 { mix64(fold64(UInt64(slot), UInt64(self[slot]))) }
    private func queueHash(_ position: UInt64, _ slot: UInt32) -> UInt64 { mix64(fold64(position ^ 0xf4ee_0000_0000_0000, UInt64(slot))) }

    /// - Returns: nil when the world is full.
    mutating func spawn() -> Entity? {
        let slot: Int
        if reusedCount < freedCount {
            slot = Int(freeSlot(reusedCount))
            hash &-= queueHash(reusedCount, UInt32(slot))
            hash &-= slotHash(slot)
            reusedCount += 1
        } else {
            guard slotCount < limit else { return nil }
            slot = slotCount
            addSlot(0)
        }
        self[slot] = (self[slot] + 1) | Self.aliveBit
        hash &+= slotHash(slot)
        livingCount += 1
        return entity(at: slot)
    }

    private mutating func addSlot(_ value: UInt32) {
        while slotPages.pageCount <= slotCount / Self.slotsPerPage { slotPages.reachNext(zeroing: slotPages.pageBytes) }
        self[slotCount] = value
        slotCount += 1
    }

    /// - Precondition: it is alive.
    mutating func despawn(_ entity: Entity) {
        precondition(isAlive(entity), "\(entity) is not alive")
        let slot = Int(entity.slot)
        hash &-= slotHash(slot)
        self[slot] &= ~Self.aliveBit
        hash &+= slotHash(slot)
        livingCount -= 1
        guard self[slot] < Self.generationLimit else { return }
        hash &+= queueHash(freedCount, entity.slot)
        setFreeSlot(freedCount, entity.slot)
        freedCount += 1
    }

    /// Reverts the last ``spawn()``.
    mutating func undoSpawn(_ entity: Entity) {
        let slot = Int(entity.slot)
        hash &-= slotHash(slot)
        livingCount -= 1
        let generation = entity.generation - 1
        if generation == 0 {
            precondition(slot == slotCount - 1, "spawns are reverted last first")
            slotCount -= 1
            return
        }
        self[slot] = generation
        hash &+= slotHash(slot)
        reusedCount -= 1
        setFreeSlot(reusedCount, entity.slot)
        hash &+= queueHash(reusedCount, entity.slot)
    }

    /// Reverts the last ``despawn(_:)``.
    mutating func undoDespawn(_ entity: Entity) {
        let slot = Int(entity.slot)
        if self[slot] < Self.generationLimit {
            freedCount -= 1
            hash &-= queueHash(freedCount, entity.slot)
        }
        hash &-= slotHash(slot)
        self[slot] |= Self.aliveBit
        hash &+= slotHash(slot)
        livingCount += 1
    }
}

/// Reads the living entity in a slot.
@safe struct EntityReader {
    fileprivate let base: UnsafeMutableRawPointer
    fileprivate let world: UInt64

    /// - Precondition: there is one.
    @inline(__always)
    func entity(at slot: Int) -> Entity {
        let generation = unsafe base.load(fromByteOffset: slot * 4, as: UInt32.self) & ~EntityTable.aliveBit
        return Entity(raw: world | UInt64(generation) << 26 | UInt64(slot))
    }
}

/// Whole contents, for restoring and tests.
extension EntityTable {
    var slots: [UInt32] { (0..<slotCount).map { self[$0] } }

    /// The free slots, the next one to be reused first.
    var freeSlots: [UInt32] { (reusedCount..<freedCount).map { freeSlot($0) } }

    /// Fills an empty table.
    /// - Precondition: the contents were checked; there are `freed - reused` free slots, at most as many as slots, and at most `limit` slots.
    mutating func restore(slots: some Sequence<UInt32>, free: some Sequence<UInt32>, freed: UInt64, reused: UInt64) {
        precondition(slotCount == 0 && freedCount == 0, "a table is restored when it is empty")
        for slot in slots {
            addSlot(slot)
            hash &+= slotHash(slotCount - 1)
            if slot & Self.aliveBit != 0 { livingCount += 1 }
        }
        (freedCount, reusedCount) = (reused, reused)
        for slot in free {
            setFreeSlot(freedCount, slot)
            hash &+= queueHash(freedCount, slot)
            freedCount += 1
        }
        precondition(freedCount == freed, "\(freed - reused) free slots were promised")
    }
}
