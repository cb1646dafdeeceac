import OrgeImage
import OrgeSchema

/// Which entities live: slots with generations, a first-in-first-out list of free ones, and a hash of all that.
///
/// First in, first out, so that a name is reused as late as possible; a slot whose generations are used up is never given again.
struct EntityTable {
    static let generationLimit: UInt32 = (1 << 24) - 1
    /// As in ``EntityRecord``; a constant of this module, because every row's access reads it and another module's would be a call.
    private static let aliveBit: UInt32 = 1 << 31

    let world: UInt16
    /// Generation of each slot, with the highest bit set while it lives.
    fileprivate(set) var slots: ContiguousArray<UInt32> = []
    /// Free slots; those before `freeHead` are taken again.
    fileprivate(set) var free: ContiguousArray<UInt32> = []
    private(set) var freeHead = 0
    /// How many slots have ever been freed and taken: places in the endless queue of which `free` is a window.
    fileprivate(set) var freedCount: UInt64 = 0
    fileprivate(set) var takenCount: UInt64 = 0
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

    fileprivate func slotHash(_ slot: Int) -> UInt64 { mix64(fold64(UInt64(slot), UInt64(slots[slot]))) }
    fileprivate func queueHash(_ place: UInt64, _ slot: UInt32) -> UInt64 { mix64(fold64(place ^ 0xf4ee_0000_0000_0000, UInt64(slot))) }

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

/// In an image: the records of ``EntityRecord``.
extension EntityTable {
    func write<Sink: ImageSink & ~Copyable>(to writer: inout ImageWriter<Sink>) throws(Sink.Failure) {
        try writer.record { EntityRecord.head(slots: slots.count, freed: freedCount, reused: takenCount).encode(to: &$0) }
        try Self.write(slots[...], to: &writer) { .slots($0) }
        try Self.write(free[freeHead...], to: &writer) { .free($0) }
    }

    private static func write<Sink: ImageSink & ~Copyable>(
        _ entries: ContiguousArray<UInt32>.SubSequence, to writer: inout ImageWriter<Sink>, _ record: ([UInt32]) -> EntityRecord
    ) throws(Sink.Failure) {
        for start in stride(from: entries.startIndex, to: entries.endIndex, by: EntityRecord.blockCount) {
            let block = record(Array(entries[start..<min(start + EntityRecord.blockCount, entries.endIndex)]))
            try writer.record { block.encode(to: &$0) }
        }
    }
}

/// Restores an ``EntityTable`` from its records.
struct EntityTableDecoder {
    private var table: EntityTable
    /// Of the head; nil before it.
    private var slotCount: Int?

    init(world: UInt16) { table = EntityTable(world: world) }

    mutating func decode(_ reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        let record = try EntityRecord(reading: &reader)
        if let fault = add(record) { throw DecodeError(.inconsistent(fault), at: start) }
    }

    /// - Returns: what contradicts.
    private mutating func add(_ record: EntityRecord) -> String? {
        switch record {
        case .head(let slots, let freed, let reused):
            guard slotCount == nil, slots <= Entity.slotLimit else { return "\(slots) slots" }
            guard reused <= freed, freed - reused <= UInt64(slots) else { return "the queue of free slots is longer than there are slots" }
            slotCount = slots
            table.freedCount = freed
            table.takenCount = reused
        case .slots(let slots):
            guard table.slots.count + slots.count <= slotCount ?? 0 else { return "more slots than the head counts" }
            guard slots.allSatisfy({ (1...EntityTable.generationLimit).contains($0 & ~EntityRecord.aliveBit) }) else { return "a generation out of range" }
            table.slots += slots
        case .free(let slots):
            guard table.slots.count == slotCount else { return "free slots before all slots" }
            for slot in slots {
                guard Int(slot) < table.slots.count, table.slots[Int(slot)] & EntityRecord.aliveBit == 0 else {
                    return "slot \(slot) is in the queue of free slots and is not free"
                }
            }
            table.free += slots
        }
        return nil
    }

    /// - Throws: when records are missing.
    func finish() throws(DecodeError) -> EntityTable {
        guard table.slots.count == slotCount, UInt64(table.free.count) == table.freedCount - table.takenCount else {
            throw DecodeError(.inconsistent("fewer slots than the head counts"), at: 0)
        }
        var table = table
        table.restoreDerived()
        return table
    }
}

extension EntityTable {
    /// Brings count and hash up to date with the slots and the queue.
    fileprivate mutating func restoreDerived() {
        livingCount = slots.count { $0 & Self.aliveBit != 0 }
        for slot in slots.indices { hash &+= slotHash(slot) }
        for (index, slot) in free.enumerated() { hash &+= queueHash(takenCount + UInt64(index), slot) }
    }
}
