/// A set of slots: a bit for each.
struct SlotSet: Sendable {
    private var words = ContiguousArray<UInt64>()

    @inline(__always)
    func contains(_ slot: Int) -> Bool { slot >> 6 < words.count && words[slot >> 6] & (1 << UInt64(slot & 63)) != 0 }

    mutating func insert(_ slot: Int) {
        if slot >> 6 >= words.count { words.append(contentsOf: repeatElement(0, count: max(words.count, (slot >> 6) + 1 - words.count))) }
        words[slot >> 6] |= 1 << UInt64(slot & 63)
    }

    mutating func remove(_ slot: Int) {
        guard contains(slot) else { return }
        words[slot >> 6] &= ~(1 << UInt64(slot & 63))
    }

    /// Calls with each slot, in order.
    func forEach(_ visit: (_ slot: Int) -> Void) {
        for word in words.indices {
            var bits = words[word]
            while bits != 0 {
                visit(word * 64 + bits.trailingZeroBitCount)
                bits &= bits - 1
            }
        }
    }
}
