import OrgeSchema

/// A buffer of consecutive canonical rows, reused from tick to tick: a fresh array each tick would cost more in page faults than in rows.
/// Its owner calls ``free()``.
@safe struct RowBuffer {
    private var base: UnsafeMutableRawPointer = .allocate(byteCount: 4_096, alignment: 16)
    private var capacity = 4_096
    private(set) var count = 0

    func free() { unsafe base.deallocate() }

    /// Appends the row in memory at `row`.
    /// - Returns: its length.
    @inline(__always)
    mutating func append(_ plan: RowPlan, _ row: UnsafeRawPointer, atMost limit: Int) -> Int {
        if capacity - count < limit { grow(limit) }
        let length = unsafe plan.encode(at: row, into: base + count)
        count += length
        return length
    }

    private mutating func grow(_ need: Int) {
        let larger = max(count + need, capacity * 2)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        unsafe memory.copyMemory(from: base, byteCount: count)
        unsafe base.deallocate()
        unsafe base = memory
        capacity = larger
    }

    /// Returns the bytes and leaves the buffer empty.
    mutating func take() -> [UInt8] {
        defer { count = 0 }
        return unsafe Array(UnsafeRawBufferPointer(start: base, count: count))
    }
}
