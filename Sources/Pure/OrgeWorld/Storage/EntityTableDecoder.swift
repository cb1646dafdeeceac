import OrgeImage
import OrgeSchema

/// Restores an ``EntityTable`` from the records of an image.
struct EntityTableDecoder {
    private let limit: Int
    /// Contents of the head; nil before it.
    private var head: (slots: Int, freed: UInt64, reused: UInt64)?
    private var slots: ContiguousArray<UInt32> = []
    private var free: ContiguousArray<UInt32> = []
    /// For each slot, once all are there: whether the queue has it.
    private var isQueued: ContiguousArray<Bool> = []

    /// - Parameter limit: of the world's entities.
    init(limit: Int) { self.limit = limit }

    mutating func decode(_ reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        let record = try EntityRecord(reading: &reader)
        if let fault = add(record) { throw DecodeError(.inconsistent(fault), at: start) }
    }

    /// - Returns: the contradiction, if there is one.
    private mutating func add(_ record: EntityRecord) -> String? {
        switch record {
        case .head(let slots, let freed, let reused):
            guard head == nil else { return "a second head" }
            guard slots <= limit else { return "\(slots) slots, and the world has room for \(limit)" }
            guard reused <= freed, freed - reused <= UInt64(slots) else { return "the queue of free slots is longer than there are slots" }
            guard freed <= UInt64(slots) * UInt64(EntityTable.generationLimit) else { return "more slots were freed than ever lived" }
            head = (slots, freed, reused)
        case .slots(let more):
            guard slots.count + more.count <= head?.slots ?? 0 else { return "more slots than the head counts" }
            guard more.allSatisfy({ (1...EntityTable.generationLimit).contains($0 & ~EntityRecord.aliveBit) }) else { return "a generation out of range" }
            slots += more
        case .free(let more):
            guard let head, slots.count == head.slots else { return "free slots before all slots" }
            guard UInt64(free.count + more.count) <= head.freed - head.reused else { return "more free slots than the head counts" }
            return enqueue(more)
        }
        return nil
    }

    private mutating func enqueue(_ more: [UInt32]) -> String? {
        if isQueued.isEmpty { isQueued = ContiguousArray(repeating: false, count: slots.count) }
        for slot in more {
            guard Int(slot) < slots.count, Self.isFree(slots[Int(slot)]) else { return "slot \(slot) is in the queue of free slots and is not free" }
            guard !isQueued[Int(slot)] else { return "slot \(slot) is in the queue of free slots twice" }
            isQueued[Int(slot)] = true
        }
        free += more
        return nil
    }

    /// Whether the slot waits to be used again: it does not live, and has generations left.
    private static func isFree(_ slot: UInt32) -> Bool { slot < EntityTable.generationLimit }

    /// - Throws: when records are missing.
    func finish(_ table: inout EntityTable) throws(DecodeError) {
        guard let head, slots.count == head.slots, UInt64(free.count) == head.freed - head.reused else {
            throw DecodeError(.inconsistent("fewer slots than the head counts"), at: 0)
        }
        guard slots.count(where: Self.isFree) == free.count else {
            throw DecodeError(.inconsistent("a free slot that is not in the queue of free slots"), at: 0)
        }
        table.restore(slots: slots, free: free, freed: head.freed, reused: head.reused)
    }
}
