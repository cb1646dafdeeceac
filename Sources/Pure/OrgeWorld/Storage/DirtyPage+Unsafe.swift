/// The dirty rows of one page with their old hashes, read in one batch: read one at a time, each would incur its own cache miss.
@safe struct DirtyPage {
    private let places: UnsafeMutablePointer<UInt16> = .allocate(capacity: Column.rowsPerPage)
    private let hashes: UnsafeMutablePointer<UInt64> = .allocate(capacity: Column.rowsPerPage)
    private(set) var count = 0

    func free() {
        unsafe places.deallocate()
        unsafe hashes.deallocate()
    }

    /// Loads the dirty rows of a page and clears their marks.
    mutating func load(_ page: Int, of column: Column) {
        count = 0
        let marks = unsafe column.dirty(page)
        let old = unsafe column.hashes + page * Column.rowsPerPage
        for word in 0..<Column.wordsPerPage {
            var bits = unsafe marks[word]
            guard bits != 0 else { continue }
            unsafe marks[word] = 0
            while bits != 0 {
                let place = word * 64 + bits.trailingZeroBitCount
                bits &= bits - 1
                unsafe (places + count).initialize(to: UInt16(truncatingIfNeeded: place))
                unsafe (hashes + count).initialize(to: old[place])
                count += 1
            }
        }
    }

    /// A row's place in the page, and its hash at the end of the last tick.
    @inline(__always)
    subscript(index: Int) -> (place: Int, hash: UInt64) {
        precondition(index >= 0 && index < count, "no such marked row")
        return unsafe (Int(places[index]), hashes[index])
    }
}
