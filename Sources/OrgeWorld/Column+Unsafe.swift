/// All rows of one component: one slab, cut into pages of 1,024 rows, row `slot` at its place for life.
///
/// A page is its head (presence bits, dirty bits) and its rows. The hashes of the rows as they were when the last tick ended lie beside the
/// slab. The struct is plain memory behind a pointer and is reached without reference counts; whoever owns it calls ``free()``.
@safe @usableFromInline struct Column {
    @usableFromInline static var rowsPerPage: Int { 1_024 }
    @usableFromInline static var wordsPerPage: Int { 16 }
    /// Presence and dirty bits: two times 128 bytes.
    @usableFromInline static var headBytes: Int { 256 }
    /// Spare bytes behind the slab, for hashing reads eight at a time.
    static let tailBytes = 8

    @usableFromInline let id: UInt16
    @usableFromInline let stride: Int
    @usableFromInline let pageBytes: Int
    @usableFromInline var base: UnsafeMutableRawPointer
    /// Pages whose head is initialised; rows beyond are absent.
    @usableFromInline var pageCount = 0
    var pageCapacity = 0
    var hashes: UnsafeMutablePointer<UInt64>
    /// A bit for each page with dirty rows.
    @usableFromInline var dirtyPages: UnsafeMutablePointer<UInt64>
    /// Rises with each write: who keeps an index over this column knows by it whether to look again.
    @usableFromInline var version: UInt64 = 0

    init(id: UInt16, stride: Int) {
        self.id = id
        self.stride = stride
        pageBytes = (Self.headBytes + Self.rowsPerPage * stride + 63) / 64 * 64
        unsafe base = .allocate(byteCount: Self.tailBytes, alignment: 64)
        unsafe hashes = .allocate(capacity: 0)
        unsafe dirtyPages = .allocate(capacity: 0)
    }

    func free() {
        unsafe base.deallocate()
        unsafe hashes.deallocate()
        unsafe dirtyPages.deallocate()
    }

    /// Makes room for the row `slot`.
    mutating func reach(_ slot: UInt32) {
        let page = Int(slot) >> 10
        guard page >= pageCount else { return }
        if page >= pageCapacity { grow(to: max(page + 1, pageCapacity * 2)) }
        while pageCount <= page {
            unsafe (base + pageCount * pageBytes).initializeMemory(as: UInt8.self, repeating: 0, count: Self.headBytes)
            unsafe (hashes + pageCount * Self.rowsPerPage).initialize(repeating: 0, count: Self.rowsPerPage)
            pageCount += 1
        }
    }

    private mutating func grow(to capacity: Int) {
        let slab = UnsafeMutableRawPointer.allocate(byteCount: capacity * pageBytes + Self.tailBytes, alignment: 64)
        unsafe slab.copyMemory(from: base, byteCount: pageCount * pageBytes)
        let rowHashes = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity * Self.rowsPerPage)
        unsafe rowHashes.update(from: hashes, count: pageCount * Self.rowsPerPage)
        let words = (capacity + 63) / 64
        let bits = UnsafeMutablePointer<UInt64>.allocate(capacity: words)
        unsafe bits.initialize(repeating: 0, count: words)
        unsafe bits.update(from: dirtyPages, count: (pageCapacity + 63) / 64)
        free()
        unsafe base = slab
        unsafe hashes = rowHashes
        unsafe dirtyPages = bits
        pageCapacity = capacity
    }

    @inlinable @inline(__always)
    func presence(_ page: Int) -> UnsafeMutablePointer<UInt64> {
        unsafe (base + page * pageBytes).assumingMemoryBound(to: UInt64.self)
    }

    @inlinable @inline(__always)
    func dirty(_ page: Int) -> UnsafeMutablePointer<UInt64> {
        unsafe (base + page * pageBytes + 128).assumingMemoryBound(to: UInt64.self)
    }

    @inlinable @inline(__always)
    func row(_ slot: Int) -> UnsafeMutableRawPointer {
        unsafe base + (slot >> 10) * pageBytes + Self.headBytes + (slot & 1_023) * stride
    }

    @inlinable @inline(__always)
    func has(_ slot: Int) -> Bool {
        guard slot >> 10 < pageCount else { return false }
        return unsafe presence(slot >> 10)[(slot >> 6) & 15] & (1 << (UInt64(slot) & 63)) != 0
    }

    /// - Precondition: the page is there.
    @inlinable @inline(__always)
    mutating func markDirty(_ slot: Int) {
        let page = slot >> 10
        unsafe dirty(page)[(slot >> 6) & 15] |= 1 << (UInt64(slot) & 63)
        unsafe dirtyPages[page >> 6] |= 1 << (UInt64(page) & 63)
        version &+= 1
    }

    /// Marks rows of one word of one page, for queries.
    @inlinable @inline(__always)
    func markDirty(page: Int, word: Int, bits: UInt64) {
        unsafe dirty(page)[word] |= bits
        unsafe dirtyPages[page >> 6] |= 1 << (UInt64(page) & 63)
    }

    @inlinable @inline(__always)
    mutating func setPresent(_ slot: Int, _ isPresent: Bool) {
        let bit: UInt64 = 1 << (UInt64(slot) & 63)
        let word = unsafe presence(slot >> 10) + ((slot >> 6) & 15)
        if isPresent { unsafe word.pointee |= bit } else { unsafe word.pointee &= ~bit }
        markDirty(slot)
    }

    /// Calls for each dirty row, in order of slots, and clears the marks.
    mutating func drainDirty(_ visit: (_ slot: Int, _ isPresent: Bool, _ row: UnsafeMutableRawPointer, _ hash: inout UInt64) -> Void) {
        for group in 0..<(pageCount + 63) / 64 {
            var pages = unsafe dirtyPages[group]
            unsafe dirtyPages[group] = 0
            while pages != 0 {
                let page = group * 64 + pages.trailingZeroBitCount
                pages &= pages - 1
                unsafe drainPage(page, visit)
            }
        }
    }

    private func drainPage(_ page: Int, _ visit: (Int, Bool, UnsafeMutableRawPointer, inout UInt64) -> Void) {
        let dirty = unsafe dirty(page)
        let presence = unsafe presence(page)
        for word in 0..<Self.wordsPerPage {
            var bits = unsafe dirty[word]
            guard bits != 0 else { continue }
            unsafe dirty[word] = 0
            let present = unsafe presence[word]
            while bits != 0 {
                let bit = bits.trailingZeroBitCount
                bits &= bits - 1
                let slot = page * Self.rowsPerPage + word * 64 + bit
                unsafe visit(slot, present & (1 << UInt64(bit)) != 0, row(slot), &hashes[slot])
            }
        }
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
