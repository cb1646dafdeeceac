/// Copies of a column's stale rows, made before a query that writes the column, so that an index can still be refreshed to what the rows held
/// before it.
///
/// Whole pages are copied: that takes a twentieth of the time in which the index takes the rows, and most queries that write never search.
/// Its owner calls ``free()``.
@safe struct HeldRows {
    /// The numbers of the copied pages, ascending.
    private var pages: ContiguousArray<Int> = []
    /// For each copied page its stale bits, its presence bits and its rows.
    private var base: UnsafeMutableRawPointer?
    private var capacity = 0

    private static let maskBytes = Column.wordsPerPage * MemoryLayout<UInt64>.size

    var isEmpty: Bool { pages.isEmpty }

    func free() { unsafe base?.deallocate() }

    private static func bytes(_ column: Column) -> Int { 2 * maskBytes + (Column.rowsPerPage * column.stride + 15) / 16 * 16 }

    private func page(_ index: Int, _ column: Column) -> UnsafeMutableRawPointer {
        guard let base = unsafe base, index < pages.count else { preconditionFailure("no such held page") }
        return unsafe base + index * Self.bytes(column)
    }

    /// Copies the pages with stale rows and clears their marks.
    /// - Precondition: nothing is held.
    mutating func take(from column: Column) {
        precondition(isEmpty, "rows are held already")
        column.drainStalePages { pages.append($0) }
        reserve(pages.count * Self.bytes(column))
        for (index, number) in pages.enumerated() {
            let copy = unsafe page(index, column)
            let marks = unsafe column.stale + number * Column.wordsPerPage
            unsafe copy.copyMemory(from: marks, byteCount: Self.maskBytes)
            unsafe marks.update(repeating: 0, count: Column.wordsPerPage)
            unsafe (copy + Self.maskBytes).copyMemory(from: column.presence(number), byteCount: Self.maskBytes)
            unsafe (copy + 2 * Self.maskBytes).copyMemory(from: column.row(number * Column.rowsPerPage), byteCount: Column.rowsPerPage * column.stride)
        }
    }

    private mutating func reserve(_ need: Int) {
        guard need > capacity else { return }
        unsafe base?.deallocate()
        unsafe base = .allocate(byteCount: need, alignment: 16)
        capacity = need
    }

    /// Marks the rows stale again: nothing was searched, so the index takes them at its next refresh as they are then.
    mutating func giveBack(to column: Column) {
        for (index, number) in pages.enumerated() {
            let marks = unsafe page(index, column).assumingMemoryBound(to: UInt64.self)
            for word in 0..<Column.wordsPerPage { unsafe column.stale[number * Column.wordsPerPage + word] |= marks[word] }
            unsafe column.stalePages[number >> 6] |= 1 << (UInt64(number) & 63)
        }
        pages.removeAll(keepingCapacity: true)
    }

    /// Calls with each row that was stale, in order of slots, as it was before the query, and holds none afterwards.
    @inline(__always)
    mutating func drain(_ column: Column, _ visit: (_ slot: Int, _ isPresent: Bool, _ row: UnsafeMutableRawPointer) -> Void) {
        for (index, number) in pages.enumerated() {
            let copy = unsafe page(index, column)
            let marks = unsafe copy.assumingMemoryBound(to: UInt64.self)
            for word in 0..<Column.wordsPerPage {
                var bits = unsafe marks[word]
                let present = unsafe marks[Column.wordsPerPage + word]
                while bits != 0 {
                    let bit = bits.trailingZeroBitCount
                    bits &= bits - 1
                    let place = word * 64 + bit
                    let row = unsafe copy + 2 * Self.maskBytes + place * column.stride
                    unsafe visit(number * Column.rowsPerPage + place, present & (1 << UInt64(bit)) != 0, row)
                }
            }
        }
        pages.removeAll(keepingCapacity: true)
    }
}
