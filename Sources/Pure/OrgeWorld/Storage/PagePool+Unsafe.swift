/// Memory for the copies of pages that change while an image is read. Used by the tick thread alone.
///
/// Copies are kept from one image to the next: a first write into fresh memory costs four times one into used memory.
@safe struct PagePool {
    /// Memory of one copy.
    @safe struct Copy {
        let base: UnsafeMutableRawPointer
    }

    /// The copies of one ``StampedPages``, all of one size.
    private struct Region {
        var pageBytes: Int
        var free: ContiguousArray<Copy> = []
        var used: ContiguousArray<(page: Int, copy: Copy)> = []
    }

    private var regions: ContiguousArray<Region> = []
    /// Bytes of all copies, free ones included.
    private(set) var byteCount = 0
    /// Bytes that copies may take.
    private(set) var byteLimit = 0
    /// A copy found no room: the image that is being read cannot be completed.
    private(set) var isExhausted = false
    /// Copies that the image needed so far.
    private(set) var copyCount = 0

    /// - Returns: the number of a new region.
    mutating func addRegion(pageBytes: Int) -> Int {
        regions.append(Region(pageBytes: pageBytes))
        return regions.count - 1
    }

    func free() {
        for region in regions {
            for copy in region.free { unsafe copy.base.deallocate() }
            for (_, copy) in region.used { unsafe copy.base.deallocate() }
        }
    }

    /// Starts an image.
    mutating func begin(byteLimit: Int) {
        self.byteLimit = byteLimit
        if byteCount > byteLimit { shrink(by: byteCount - byteLimit) }
        isExhausted = false
        copyCount = 0
    }

    /// Ends an image.
    /// - Precondition: no thread reads a copy any more.
    mutating func end() {
        for region in regions.indices {
            for (_, copy) in regions[region].used { regions[region].free.append(copy) }
            regions[region].used.removeAll(keepingCapacity: true)
        }
    }

    /// Room for the copy of a page.
    /// - Parameter isDone: whether the copy of a page has been read.
    /// - Returns: nil when the pool is used up, and then for all later pages of the image, which is given up as a whole.
    mutating func copy(of page: Int, in region: Int, isDone: (Int) -> Bool) -> Copy? {
        guard !isExhausted else { return nil }
        let bytes = regions[region].pageBytes
        if regions[region].free.isEmpty, byteCount + bytes > byteLimit { reclaim(region, isDone) }
        if regions[region].free.isEmpty, byteCount + bytes > byteLimit { shrink(by: byteCount + bytes - byteLimit) }
        var copy = regions[region].free.popLast()
        if copy == nil, byteCount + bytes <= byteLimit {
            copy = unsafe Copy(base: .allocate(byteCount: bytes, alignment: 64))
            byteCount += bytes
        }
        guard let copy else {
            isExhausted = true
            return nil
        }
        copyCount += 1
        regions[region].used.append((page, copy))
        return copy
    }

    /// Frees the copies that the reading thread has read.
    private mutating func reclaim(_ region: Int, _ isDone: (Int) -> Bool) {
        var kept: ContiguousArray<(page: Int, copy: Copy)> = []
        for entry in regions[region].used {
            if isDone(entry.page) { regions[region].free.append(entry.copy) } else { kept.append(entry) }
        }
        regions[region].used = kept
    }

    /// Returns memory of free copies, of any region, to the system.
    private mutating func shrink(by need: Int) {
        var freed = 0
        for region in regions.indices {
            while freed < need, let copy = regions[region].free.popLast() {
                unsafe copy.base.deallocate()
                freed += regions[region].pageBytes
            }
        }
        byteCount -= freed
    }
}
