/// Presence of rows, and marks of the rows written since the last drain.
extension Column {
    /// Must be called before every write of a row or of its presence: keeps the page for an image that has not read it, and marks the row dirty.
    /// - Precondition: the page was reached.
    @inlinable @inline(__always)
    func willWrite(_ slot: Int) {
        pages.willWrite(slot >> 10)
        markDirty(page: slot >> 10, word: (slot >> 6) & 15, bits: 1 << (UInt64(slot) & 63))
    }

    /// Marks rows of one word of one page, which was prepared by ``StampedPages/willWrite(_:)``.
    @inlinable @inline(__always)
    func markDirty(page: Int, word: Int, bits: UInt64) {
        unsafe dirty(page)[word] |= bits
        unsafe dirtyPages[page >> 6] |= 1 << (UInt64(page) & 63)
        guard isIndexed else { return }
        unsafe stale[page * Self.wordsPerPage + word] |= bits
        unsafe stalePages[page >> 6] |= 1 << (UInt64(page) & 63)
    }

    @inline(__always)
    func setPresent(_ slot: Int, _ isPresent: Bool) {
        willWrite(slot)
        let bit: UInt64 = 1 << (UInt64(slot) & 63)
        let word = unsafe presence(slot >> 10) + ((slot >> 6) & 15)
        if isPresent { unsafe word.pointee |= bit } else { unsafe word.pointee &= ~bit }
    }

    /// Clears the marks of dirty pages and calls with each page, in order.
    @inline(__always)
    func drainDirtyPages(_ visit: (Int) -> Void) {
        unsafe drainPages(dirtyPages, visit)
    }

    /// Clears the marks of stale rows and calls with each row, in order of slots.
    @inline(__always)
    func drainStale(_ visit: (_ slot: Int, _ isPresent: Bool, _ row: UnsafeMutableRawPointer) -> Void) {
        drainStalePages { page in
            for word in 0..<Self.wordsPerPage {
                let marks = unsafe stale + page * Self.wordsPerPage + word
                var bits = unsafe marks.pointee
                unsafe marks.pointee = 0
                let present = unsafe presence(page)[word]
                while bits != 0 {
                    let bit = bits.trailingZeroBitCount
                    bits &= bits - 1
                    let slot = page * Self.rowsPerPage + word * 64 + bit
                    unsafe visit(slot, present & (1 << UInt64(bit)) != 0, row(slot))
                }
            }
        }
    }

    /// Clears the marks of pages with stale rows, not those of the rows, and calls with each page, in order.
    @inline(__always)
    func drainStalePages(_ visit: (Int) -> Void) {
        unsafe drainPages(stalePages, visit)
    }

    @inline(__always)
    private func drainPages(_ marks: UnsafeMutablePointer<UInt64>, _ visit: (Int) -> Void) {
        for group in 0..<(pageCount + 63) / 64 {
            var pages = unsafe marks[group]
            unsafe marks[group] = 0
            while pages != 0 {
                visit(group * 64 + pages.trailingZeroBitCount)
                pages &= pages - 1
            }
        }
    }

    var dirtyCount: Int {
        var count = 0
        for group in 0..<(pageCount + 63) / 64 {
            var pages = unsafe dirtyPages[group]
            while pages != 0 {
                let dirty = unsafe dirty(group * 64 + pages.trailingZeroBitCount)
                pages &= pages - 1
                for word in 0..<Self.wordsPerPage { count += unsafe dirty[word].nonzeroBitCount }
            }
        }
        return count
    }

    /// Calls with each row present, in order of slots.
    func forEachPresent(_ visit: (_ slot: Int, _ row: UnsafeMutableRawPointer) -> Void) {
        for page in 0..<pageCount {
            for word in 0..<Self.wordsPerPage {
                var bits = unsafe presence(page)[word]
                while bits != 0 {
                    let slot = page * Self.rowsPerPage + word * 64 + bits.trailingZeroBitCount
                    bits &= bits - 1
                    unsafe visit(slot, row(slot))
                }
            }
        }
    }

    var presentCount: Int {
        var count = 0
        for page in 0..<pageCount {
            for word in 0..<Self.wordsPerPage { count += unsafe presence(page)[word].nonzeroBitCount }
        }
        return count
    }
}
