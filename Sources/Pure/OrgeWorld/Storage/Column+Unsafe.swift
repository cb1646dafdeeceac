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

    @usableFromInline let stride: Int
    @usableFromInline let pageBytes: Int
    /// Somebody keeps an index over this column: rows written since it last looked are marked a second time, as stale.
    @usableFromInline let isIndexed: Bool
    @usableFromInline var base: UnsafeMutableRawPointer
    /// Pages whose head is initialised; rows beyond are absent.
    @usableFromInline var pageCount = 0
    private var pageCapacity = 0
    var hashes: UnsafeMutablePointer<UInt64>
    /// A bit for each page with dirty rows.
    @usableFromInline var dirtyPages: UnsafeMutablePointer<UInt64>
    /// Of an indexed column: a bit for each stale row, and one for each page with such.
    @usableFromInline var stale: UnsafeMutablePointer<UInt64>
    @usableFromInline var stalePages: UnsafeMutablePointer<UInt64>

    init(stride: Int, isIndexed: Bool = false) {
        self.stride = stride
        self.isIndexed = isIndexed
        pageBytes = (Self.headBytes + Self.rowsPerPage * stride + 63) / 64 * 64
        unsafe base = .allocate(byteCount: Self.tailBytes, alignment: 64)
        unsafe hashes = .allocate(capacity: 0)
        unsafe dirtyPages = .allocate(capacity: 0)
        unsafe stale = .allocate(capacity: 0)
        unsafe stalePages = .allocate(capacity: 0)
    }

    func free() {
        unsafe base.deallocate()
        unsafe hashes.deallocate()
        unsafe dirtyPages.deallocate()
        unsafe stale.deallocate()
        unsafe stalePages.deallocate()
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
        let (groups, oldGroups) = ((capacity + 63) / 64, (pageCapacity + 63) / 64)
        let dirty = unsafe Self.zeroed(groups, copying: dirtyPages, oldGroups)
        let rows = unsafe Self.zeroed(isIndexed ? capacity * Self.wordsPerPage : 0, copying: stale, isIndexed ? pageCapacity * Self.wordsPerPage : 0)
        let pages = unsafe Self.zeroed(groups, copying: stalePages, oldGroups)
        free()
        unsafe base = slab
        unsafe hashes = rowHashes
        unsafe dirtyPages = dirty
        unsafe stale = rows
        unsafe stalePages = pages
        pageCapacity = capacity
    }

    private static func zeroed(_ count: Int, copying old: UnsafeMutablePointer<UInt64>, _ oldCount: Int) -> UnsafeMutablePointer<UInt64> {
        let words = UnsafeMutablePointer<UInt64>.allocate(capacity: count)
        unsafe words.update(from: old, count: oldCount)
        unsafe (words + oldCount).initialize(repeating: 0, count: count - oldCount)
        return unsafe words
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
}
