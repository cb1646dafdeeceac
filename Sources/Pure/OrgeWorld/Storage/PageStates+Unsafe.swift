import Synchronization

/// Which thread may use the live memory of a page while an image is read: one atomic word for each page.
///
/// Two threads take part. The *tick thread* writes pages. The *reading thread* reads, in any order, the pages that belonged to the state when
/// the image's epoch began. A word holds an epoch and a phase; a word of an older epoch counts as `open`, so that starting an epoch touches no word.
///
/// | phase     | meaning                                                        | set by  | next                          |
/// |-----------|----------------------------------------------------------------|---------|-------------------------------|
/// | `open`    | live memory is the image's; neither thread uses it             |         | `reading`, `copying`          |
/// | `reading` | the reading thread copies live memory                          | reading | `done`, `wanted`              |
/// | `wanted`  | as `reading`, and the tick thread waits to write               | tick    | `done`, `yielded`             |
/// | `yielded` | the reading thread stopped in the middle and discarded its part | reading | `copying`                    |
/// | `copying` | the tick thread copies live memory into the pool               | tick    | `copied`, `lost`              |
/// | `copied`  | the image's content is in the pool, live memory may change     | tick    | `done`                        |
/// | `lost`    | the pool had no room: the image cannot be completed            | tick    |                               |
/// | `done`    | the reading thread has the content; copy and page are free     | reading |                               |
///
/// Memory ordering. Only `open` has two ways out, and both are compare-and-exchange: one thread wins. The reading thread reads live memory
/// between `reading` and its releasing store of `done` or `yielded`; the tick thread writes only after an acquiring load of one of these, so no
/// read overlaps a write. The tick thread fills a copy before its releasing store of `copied`; the reading thread reads it after an acquiring
/// load. It releases `done` after its last read of the copy, and the tick thread acquires that before it uses the copy's memory again. What was
/// written before the epoch is visible because the epoch's description reaches the reading thread through a lock.
///
/// Waiting. The tick thread waits only in `wanted`, for at most ``FrozenPages/pieceBytes`` of copying: the reading thread looks for `wanted`
/// after each piece. The reading thread never waits: it is told `busy` and comes back.
@safe struct PageStates {
    /// What the tick thread must do before it writes a page.
    enum WriterClaim {
        /// Copy the page, then call ``settle(_:_:isCopied:)``.
        case copy
        case write
    }

    /// What the reading thread may do with a page.
    enum ReaderClaim {
        /// Copy live memory, then call ``finish(_:_:)`` or ``yield(_:_:)``.
        case live
        /// Read the copy, then call ``finish(_:_:)``.
        case copy
        case busy, lost
    }

    private enum Phase: UInt64 {
        case open, reading, wanted, yielded, copying, copied, lost, done
    }

    private let words: UnsafeMutablePointer<Atomic<UInt64>>

    /// - Parameter limit: pages; none is initialised.
    init(limit: Int) { unsafe words = .allocate(capacity: limit) }

    func free() { unsafe words.deallocate() }

    func initialize(_ page: Int) { unsafe (words + page).initialize(to: Atomic(0)) }

    private static func word(_ epoch: UInt32, _ phase: Phase) -> UInt64 { UInt64(epoch) << 3 | phase.rawValue }

    private static func phase(_ word: UInt64, _ epoch: UInt32) -> Phase {
        guard word >> 3 == UInt64(epoch), let phase = Phase(rawValue: word & 7) else { return .open }
        return phase
    }

    /// The tick thread is about to write a page for the first time in the epoch.
    func claimForWriting(_ page: Int, _ epoch: UInt32) -> WriterClaim {
        while true {
            let seen = unsafe words[page].load(ordering: .acquiring)
            switch Self.phase(seen, epoch) {
            case .open: if exchange(page, seen, Self.word(epoch, .copying)) { return .copy }
            case .yielded:
                unsafe words[page].store(Self.word(epoch, .copying), ordering: .relaxed)
                return .copy
            case .done: return .write
            case .reading: _ = exchange(page, seen, Self.word(epoch, .wanted))
            case .wanted: continue
            case .copying, .copied, .lost: preconditionFailure("page \(page) is claimed for writing twice in epoch \(epoch)")
            }
        }
    }

    /// The tick thread has copied a page that it claimed, or found no room for it.
    func settle(_ page: Int, _ epoch: UInt32, isCopied: Bool) {
        unsafe words[page].store(Self.word(epoch, isCopied ? .copied : .lost), ordering: .releasing)
    }

    func claimForReading(_ page: Int, _ epoch: UInt32) -> ReaderClaim {
        let seen = unsafe words[page].load(ordering: .acquiring)
        switch Self.phase(seen, epoch) {
        case .open: return exchange(page, seen, Self.word(epoch, .reading)) ? .live : .busy
        case .copied: return .copy
        case .copying: return .busy
        case .lost: return .lost
        // After `yielded` the tick thread is about to copy.
        case .yielded: return .busy
        case .reading, .wanted, .done: preconditionFailure("page \(page) is read twice in epoch \(epoch)")
        }
    }

    /// Whether the tick thread waits for a page that is being read.
    func isWanted(_ page: Int, _ epoch: UInt32) -> Bool { unsafe words[page].load(ordering: .relaxed) == Self.word(epoch, .wanted) }

    func yield(_ page: Int, _ epoch: UInt32) { unsafe words[page].store(Self.word(epoch, .yielded), ordering: .releasing) }

    func finish(_ page: Int, _ epoch: UInt32) { unsafe words[page].store(Self.word(epoch, .done), ordering: .releasing) }

    /// Whether the reading thread has the page, so that its copy is free.
    func isDone(_ page: Int, _ epoch: UInt32) -> Bool { unsafe words[page].load(ordering: .acquiring) == Self.word(epoch, .done) }

    private func exchange(_ page: Int, _ old: UInt64, _ new: UInt64) -> Bool {
        unsafe words[page].compareExchange(expected: old, desired: new, ordering: .acquiringAndReleasing).exchanged
    }
}
