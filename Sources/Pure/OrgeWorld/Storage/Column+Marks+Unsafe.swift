/// Which rows are there, and which were written since somebody last looked.
extension Column {
    /// - Precondition: the page is there.
    @inlinable @inline(__always)
    func markDirty(_ slot: Int) {
        markDirty(page: slot >> 10, word: (slot >> 6) & 15, bits: 1 << (UInt64(slot) & 63))
    }

    /// Marks rows of one word of one page.
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
        let bit: UInt64 = 1 << (UInt64(slot) & 63)
        let word = unsafe presence(slot >> 10) + ((slot >> 6) & 15)
        if isPresent { unsafe word.pointee |= bit } else { unsafe word.pointee &= ~bit }
        markDirty(slot)
    }

    /// Takes the marks of dirty pages away and calls for each of them, in order.
    @inline(__always)
    func drainDirtyPages(_ visit: (Int) -> Void) {
        unsafe drainPages(dirtyPages, visit)
    }

    /// Takes the marks of stale rows away and calls for each of them, in order of slots.
    @inline(__always)
    func drainStale(_ visit: (_ slot: Int, _ isPresent: Bool, _ row: UnsafeMutableRawPointer) -> Void) {
        unsafe drainPages(stalePages) { page in
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

    /// Calls for each row that is there, in order of slots.
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
