/// The pages of a ``StampedPages`` as they were when an epoch began, for the thread that reads an image.
@safe struct FrozenPages: @unchecked Sendable {  // SAFETY: live memory and copies are read only as ``PageStates`` allows.
    enum Read {
        case read
        /// The tick thread is copying the page: to be tried again.
        case busy
        /// The image cannot be completed.
        case lost
    }

    /// Bytes that are copied between two looks at whether the tick thread waits for the page: about a microsecond.
    static let pieceBytes = 16 << 10

    private let base: UnsafeMutableRawPointer
    let pageBytes: Int
    let pageCount: Int
    private let states: PageStates
    private let copies: UnsafeMutablePointer<UnsafeMutableRawPointer>
    private let epoch: UInt32

    init(
        base: UnsafeMutableRawPointer, pageBytes: Int, pageCount: Int, states: PageStates, copies: UnsafeMutablePointer<UnsafeMutableRawPointer>,
        epoch: UInt32
    ) {
        unsafe self.base = base
        self.pageBytes = pageBytes
        self.pageCount = pageCount
        self.states = states
        unsafe self.copies = copies
        self.epoch = epoch
    }

    /// Reads a page into `buffer`, once.
    /// - Precondition: the buffer has room for a page; the page was not read before.
    func read(_ page: Int, into buffer: PageBuffer) -> Read {
        precondition(page < pageCount && pageBytes <= buffer.byteCount, "no such page, or no room for it")
        switch states.claimForReading(page, epoch) {
        case .live:
            guard unsafe copyUnlessWanted(page, base + page * pageBytes, buffer.base) else {
                states.yield(page, epoch)
                return .busy
            }
        case .copy: unsafe buffer.base.copyMemory(from: copies[page], byteCount: pageBytes)
        case .busy: return .busy
        case .lost: return .lost
        }
        states.finish(page, epoch)
        return .read
    }

    /// - Returns: false when the tick thread wants the page.
    private func copyUnlessWanted(_ page: Int, _ source: UnsafeMutableRawPointer, _ target: UnsafeMutableRawPointer) -> Bool {
        var offset = 0
        while offset < pageBytes {
            if states.isWanted(page, epoch) { return false }
            let count = min(Self.pieceBytes, pageBytes - offset)
            unsafe (target + offset).copyMemory(from: source + offset, byteCount: count)
            offset += count
        }
        return true
    }
}

/// Where a page is read into. Its owner calls ``free()``.
@safe struct PageBuffer {
    let base: UnsafeMutableRawPointer
    let byteCount: Int

    init(byteCount: Int) {
        self.byteCount = byteCount
        unsafe base = .allocate(byteCount: byteCount, alignment: 64)
    }

    func free() { unsafe base.deallocate() }
}
