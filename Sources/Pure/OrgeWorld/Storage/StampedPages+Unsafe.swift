/// Memory in pages that never moves, which an image can read while the world changes it.
///
/// Address space is reserved for all pages that there may be. The kernel commits memory when it is first written, and pages that were not
/// reached are never touched. Each page has a stamp: the epoch in which it was last prepared for writing. An image starts an epoch; the first
/// write to a page after that copies the page for the image (``willWrite(_:)``).
///
/// The struct holds plain pointers; its owner calls ``free()``.
@safe @usableFromInline struct StampedPages {
    @usableFromInline let base: UnsafeMutableRawPointer
    @usableFromInline let pageBytes: Int
    /// Pages that have been reached: initialised and usable.
    @usableFromInline private(set) var pageCount = 0
    @usableFromInline let stamps: UnsafeMutablePointer<UInt32>
    @usableFromInline private(set) var epoch: UInt32 = 0
    let pageLimit: Int
    @usableFromInline let control: UnsafeMutablePointer<PageControl>

    /// - Parameters:
    ///   - tailBytes: spare bytes after the last page.
    ///   - pool: outlives the pages.
    init(pageBytes: Int, pageLimit: Int, tailBytes: Int = 0, pool: UnsafeMutablePointer<PagePool>) {
        self.pageBytes = pageBytes
        self.pageLimit = pageLimit
        unsafe base = .allocate(byteCount: pageBytes * pageLimit + tailBytes, alignment: 64)
        unsafe stamps = .allocate(capacity: pageLimit)
        unsafe control = .allocate(capacity: 1)
        unsafe control.initialize(
            to: PageControl(
                base: base, pageBytes: pageBytes, stamps: stamps, states: PageStates(limit: pageLimit), copies: .allocate(capacity: pageLimit), pool: pool,
                region: pool.pointee.addRegion(pageBytes: pageBytes)))
    }

    func free() {
        unsafe base.deallocate()
        unsafe stamps.deallocate()
        unsafe control.pointee.states.free()
        unsafe control.pointee.copies.deallocate()
        unsafe control.deinitialize(count: 1)
        unsafe control.deallocate()
    }

    /// Initialises the next page with zeros in its first bytes; the others are left as they are.
    /// - Precondition: there are fewer than `pageLimit`.
    mutating func reachNext(zeroing byteCount: Int) {
        precondition(pageCount < pageLimit, "more pages than were reserved")
        unsafe page(pageCount).initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        unsafe (stamps + pageCount).initialize(to: epoch)
        unsafe control.pointee.states.initialize(pageCount)
        pageCount += 1
    }

    @inlinable @inline(__always)
    func page(_ page: Int) -> UnsafeMutableRawPointer { unsafe base + page * pageBytes }

    /// Must be called before every write to a page.
    @inlinable @inline(__always)
    func willWrite(_ page: Int) {
        // The call passes a pointer, not this struct: a struct whose address is taken stays out of registers in loops over rows.
        if unsafe stamps[page] != epoch { unsafe PageControl.preserve(page, control) }
    }

    /// Starts an epoch: the pages' content from now on stays readable until ``end()``.
    /// - Complexity: O(1).
    mutating func begin(_ epoch: UInt32) -> FrozenPages {
        precondition(unsafe control.pointee.frozenCount == 0 && epoch > self.epoch, "an image inside another")
        self.epoch = epoch
        unsafe control.pointee.epoch = epoch
        unsafe control.pointee.frozenCount = pageCount
        return unsafe FrozenPages(
            base: base, pageBytes: pageBytes, pageCount: pageCount, states: control.pointee.states, copies: control.pointee.copies, epoch: epoch)
    }

    /// The image is read or given up, and its reader has stopped.
    func end() { unsafe control.pointee.frozenCount = 0 }
}

/// What the first write to a page in an epoch needs.
@safe @usableFromInline struct PageControl {
    let base: UnsafeMutableRawPointer
    let pageBytes: Int
    let stamps: UnsafeMutablePointer<UInt32>
    let states: PageStates
    /// By page: the copy of a page in phase `copied`.
    let copies: UnsafeMutablePointer<UnsafeMutableRawPointer>
    let pool: UnsafeMutablePointer<PagePool>
    let region: Int
    var epoch: UInt32 = 0
    /// Pages of the image that is being read; 0 when there is none.
    var frozenCount = 0

    init(
        base: UnsafeMutableRawPointer, pageBytes: Int, stamps: UnsafeMutablePointer<UInt32>, states: PageStates,
        copies: UnsafeMutablePointer<UnsafeMutableRawPointer>, pool: UnsafeMutablePointer<PagePool>, region: Int
    ) {
        unsafe self.base = base
        self.pageBytes = pageBytes
        unsafe self.stamps = stamps
        self.states = states
        unsafe self.copies = copies
        unsafe self.pool = pool
        self.region = region
    }

    @usableFromInline @inline(never)
    static func preserve(_ page: Int, _ control: UnsafeMutablePointer<PageControl>) { unsafe control.pointee.preserve(page) }

    /// Keeps the page's content for the image, if it is part of one that has not read it.
    private func preserve(_ page: Int) {
        unsafe stamps[page] = epoch
        guard page < frozenCount, case .copy = states.claimForWriting(page, epoch) else { return }
        let copy = unsafe pool.pointee.copy(of: page, in: region) { states.isDone($0, epoch) }
        if let copy {
            unsafe copy.base.copyMemory(from: base + page * pageBytes, byteCount: pageBytes)
            unsafe (copies + page).initialize(to: copy.base)
        }
        states.settle(page, epoch, isCopied: copy != nil)
    }
}
