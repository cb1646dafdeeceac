import OrgeSchema

/// Which entities live: slots with generations, a first-in-first-out list of free ones, and a hash of all that.
///
/// First in, first out, so that a name is reused as late as possible; a slot whose generations are used up is never given again.
struct EntityTable {
    static let generationLimit: UInt32 = (1 << 24) - 1
    private static let aliveBit: UInt32 = 1 << 31

    let world: UInt16
    /// Generation of each slot, with the highest bit set while it lives.
    private(set) var slots: ContiguousArray<UInt32> = []
    /// Free slots; those before `freeHead` are taken again.
    private(set) var free: ContiguousArray<UInt32> = []
    private(set) var freeHead = 0
    /// How many slots have ever been freed and taken: places in the endless queue of which `free` is a window.
    private(set) var freedCount: UInt64 = 0
    private(set) var takenCount: UInt64 = 0
    private(set) var livingCount = 0
    /// A sum over slots and queue: follows from the content alone.
    private(set) var hash: UInt64 = 0

    init(world: UInt16) {
        precondition(world < 1 << 14, "world number out of range")
        self.world = world
    }

    @inline(__always)
    func isAlive(_ entity: Entity) -> Bool {
        let slot = Int(entity.slot)
        return slot < slots.count && slots[slot] == entity.generation | Self.aliveBit && entity.world == world
    }

    /// The entity that lives in the slot.
    /// - Precondition: one does.
    @inline(__always)
    func entity(at slot: Int) -> Entity {
        // The parts were checked when they came into the table.
        Entity(raw: UInt64(world) << 50 | UInt64(slots[slot] & ~Self.aliveBit) << 26 | UInt64(slot))
    }

    @inline(__always)
    func entityIfAlive(at slot: Int) -> Entity? { slot < slots.count && slots[slot] & Self.aliveBit != 0 ? entity(at: slot) : nil }

    private func slotHash(_ slot: Int) -> UInt64 { mix64(fold64(UInt64(slot), UInt64(slots[slot]))) }
    private func queueHash(_ place: UInt64, _ slot: UInt32) -> UInt64 { mix64(fold64(place ^ 0xf4ee_0000_0000_0000, UInt64(slot))) }

    /// - Returns: nil when the world is full.
    mutating func spawn() -> Entity? {
        let slot: Int
        if freeHead < free.count {
            slot = Int(free[freeHead])
            hash &-= queueHash(takenCount, free[freeHead])
            hash &-= slotHash(slot)
            freeHead += 1
            takenCount += 1
            compact()
        } else {
            guard slots.count < Entity.slotLimit else { return nil }
            slot = slots.count
            slots.append(0)
        }
        slots[slot] = (slots[slot] + 1) | Self.aliveBit
        hash &+= slotHash(slot)
        livingCount += 1
        return entity(at: slot)
    }

    /// - Precondition: it lives.
    mutating func despawn(_ entity: Entity) {
        precondition(isAlive(entity), "\(entity) does not live")
        let slot = Int(entity.slot)
        hash &-= slotHash(slot)
        slots[slot] &= ~Self.aliveBit
        hash &+= slotHash(slot)
        livingCount -= 1
        guard slots[slot] < Self.generationLimit else { return }
        hash &+= queueHash(freedCount, entity.slot)
        free.append(entity.slot)
        freedCount += 1
    }

    /// Takes the last ``spawn()`` back.
    mutating func undoSpawn(_ entity: Entity) {
        let slot = Int(entity.slot)
        hash &-= slotHash(slot)
        livingCount -= 1
        let generation = entity.generation - 1
        if generation == 0 {
            precondition(slot == slots.count - 1, "spawns are taken back last first")
            slots.removeLast()
            return
        }
        slots[slot] = generation
        hash &+= slotHash(slot)
        takenCount -= 1
        if freeHead > 0 { freeHead -= 1; free[freeHead] = entity.slot } else { free.insert(entity.slot, at: 0) }
        hash &+= queueHash(takenCount, entity.slot)
    }

    /// Takes the last ``despawn(_:)`` back.
    mutating func undoDespawn(_ entity: Entity) {
        let slot = Int(entity.slot)
        if slots[slot] < Self.generationLimit {
            freedCount -= 1
            hash &-= queueHash(freedCount, entity.slot)
            free.removeLast()
        }
        hash &-= slotHash(slot)
        slots[slot] |= Self.aliveBit
        hash &+= slotHash(slot)
        livingCount += 1
    }

    /// Gives the memory of taken places back, now and then.
    private mutating func compact() {
        guard freeHead > 4_096, freeHead * 2 > free.count else { return }
        free.removeFirst(freeHead)
        freeHead = 0
    }
}

/// In an image: `u32` slots, each `u32` generation and living bit; `u64` freed, `u64` taken, then the queue as `u32` slots.
extension EntityTable {
    func encode(to writer: inout ByteWriter) {
        writer.u16(world)
        writer.u32(UInt32(slots.count))
        for slot in slots { writer.u32(slot) }
        writer.u64(freedCount)
        writer.u64(takenCount)
        for slot in free[freeHead...] { writer.u32(slot) }
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        let number = try reader.u16()
        guard number < 1 << 14 else { throw DecodeError(.inconsistent("world number \(number)"), at: start) }
        self.init(world: number)
        for _ in 0..<(try reader.count32(ofAtLeast: 4)) { slots.append(try reader.u32()) }
        guard slots.count <= Entity.slotLimit else { throw DecodeError(.overLimit(length: slots.count, limit: Entity.slotLimit), at: start) }
        guard slots.allSatisfy({ (1...Self.generationLimit).contains($0 & ~Self.aliveBit) }) else {
            throw DecodeError(.inconsistent("a generation out of range"), at: start)
        }
        livingCount = slots.count { $0 & Self.aliveBit != 0 }
        freedCount = try reader.u64()
        takenCount = try reader.u64()
        guard takenCount <= freedCount, freedCount - takenCount <= UInt64(slots.count) else {
            throw DecodeError(.inconsistent("the queue of free slots is longer than there are slots"), at: start)
        }
        for _ in takenCount..<freedCount {
            let slot = try reader.u32()
            guard Int(slot) < slots.count, slots[Int(slot)] & Self.aliveBit == 0 else {
                throw DecodeError(.inconsistent("slot \(slot) is in the queue of free slots and is not free"), at: reader.offset - 4)
            }
            free.append(slot)
        }
        for slot in slots.indices { hash &+= slotHash(slot) }
        for (index, slot) in free.enumerated() { hash &+= queueHash(takenCount + UInt64(index), slot) }
    }
}
