/// All rows of one component: one slab of pages of 1,024 rows each; the row of a slot never moves.
///
/// A page is its head (presence bits, dirty bits) and its rows. The hashes of the rows at the end of the last tick lie beside the slab. The
/// struct holds plain pointers and no reference counts; its owner calls ``free()``.
@safe @usableFromInline struct Column {
    @usableFromInline static var rowsPerPage: Int { 1_024 }
    @usableFromInline static var wordsPerPage: Int { 16 }
    /// Presence and dirty bits: two times 128 bytes.
    @usableFromInline static var headBytes: Int { 256 }
    /// Spare bytes after the slab, because hashing reads eight at a time.
    static let tailBytes = 8

    @usableFromInline let stride: Int
    /// An index over this column exists: written rows are marked a second time, as stale, until the index is refreshed.
    @usableFromInline let isIndexed: Bool
    /// Pages that were reached; rows beyond are absent.
    @usableFromInline var pages: StampedPages
    let hashes: UnsafeMutablePointer<UInt64>
    /// A bit for each page with dirty rows.
    @usableFromInline let dirtyPages: UnsafeMutablePointer<UInt64>
    /// Of an indexed column: a bit for each stale row, and one for each page with stale rows.
    @usableFromInline let stale: UnsafeMutablePointer<UInt64>
    @usableFromInline let stalePages: UnsafeMutablePointer<UInt64>

    /// Reserves address space for the rows of `entityLimit` entities; memory is used as rows are reached.
    init(stride: Int, isIndexed: Bool = false, entityLimit: Int, pool: UnsafeMutablePointer<PagePool>) {
        self.stride = stride
        self.isIndexed = isIndexed
        let pageLimit = Self.pageLimit(entityLimit)
        unsafe pages = StampedPages(pageBytes: Self.pageBytes(stride), pageLimit: pageLimit, tailBytes: Self.tailBytes, pool: pool)
        let groups = (pageLimit + 63) / 64
        unsafe hashes = .allocate(capacity: pageLimit * Self.rowsPerPage)
        unsafe dirtyPages = .allocate(capacity: groups)
        unsafe dirtyPages.initialize(repeating: 0, count: groups)
        unsafe stale = .allocate(capacity: isIndexed ? pageLimit * Self.wordsPerPage : 0)
        unsafe stalePages = .allocate(capacity: groups)
        unsafe stalePages.initialize(repeating: 0, count: groups)
    }

    private static func pageLimit(_ entityLimit: Int) -> Int { (entityLimit + rowsPerPage - 1) / rowsPerPage }
    private static func pageBytes(_ stride: Int) -> Int { (headBytes + rowsPerPage * stride + 63) / 64 * 64 }

    /// Address space that a column takes for rows and hashes.
    static func reservedBytes(stride: Int, entityLimit: Int) -> Int {
        pageLimit(entityLimit) * (pageBytes(stride) + rowsPerPage * MemoryLayout<UInt64>.size) + tailBytes
    }

    func free() {
        pages.free()
        unsafe hashes.deallocate()
        unsafe dirtyPages.deallocate()
        unsafe stale.deallocate()
        unsafe stalePages.deallocate()
    }

    @inlinable @inline(__always)
    var pageCount: Int { pages.pageCount }

    /// Makes room for the row `slot`.
    /// - Precondition: the slot is below the world's limit of entities.
    mutating func reach(_ slot: UInt32) {
        while pages.pageCount <= Int(slot) >> 10 {
            let page = pages.pageCount
            pages.reachNext(zeroing: Self.headBytes)
            unsafe (hashes + page * Self.rowsPerPage).initialize(repeating: 0, count: Self.rowsPerPage)
            if isIndexed { unsafe (stale + page * Self.wordsPerPage).initialize(repeating: 0, count: Self.wordsPerPage) }
        }
    }

    @inlinable @inline(__always)
    func presence(_ page: Int) -> UnsafeMutablePointer<UInt64> {
        unsafe pages.page(page).assumingMemoryBound(to: UInt64.self)
    }

    @inlinable @inline(__always)
    func dirty(_ page: Int) -> UnsafeMutablePointer<UInt64> {
        unsafe (pages.page(page) + 128).assumingMemoryBound(to: UInt64.self)
    }

    @inlinable @inline(__always)
    func row(_ slot: Int) -> UnsafeMutableRawPointer {
        unsafe pages.page(slot >> 10) + Self.headBytes + (slot & 1_023) * stride
    }

    @inlinable @inline(__always)
    func has(_ slot: Int) -> Bool {
        guard slot >> 10 < pageCount else { return false }
        return unsafe presence(slot >> 10)[(slot >> 6) & 15] & (1 << (UInt64(slot) & 63)) != 0
    }
}
