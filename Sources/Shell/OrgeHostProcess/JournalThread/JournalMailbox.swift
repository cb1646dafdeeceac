internal import OrgeJournal
internal import Synchronization

/// What the tick thread hands to the journal's thread: entries in order, bounded by count and bytes. Waiting and waking are the shell's.
final class JournalMailbox: Sendable {
    enum Offer: Equatable, Sendable {
        /// Taken into an empty mailbox: the journal's thread may be asleep.
        case wake
        /// Queued after others: the first of them has woken the thread.
        case queued
        /// Not taken: the disk is slower than the world. The world waits with its next tick.
        case full
    }

    private struct State {
        var entries: [JournalEntry] = []
        var bytes = 0
    }

    private let countLimit: Int
    private let byteLimit: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - countLimit: entries; the host bounds executed ticks that are not released far below the default.
    ///   - byteLimit: of bodies; what one group commit may write at once, and what a stalled disk may cost in memory.
    init(countLimit: Int = 1024, byteLimit: Int = 2 * JournalLimits.recordBodyBytes) {
        self.countLimit = countLimit
        self.byteLimit = byteLimit
    }

    /// An entry larger than the byte limit is taken when the mailbox is empty: the bound then is that one entry.
    func offer(_ entry: JournalEntry) -> Offer {
        state.withLock { state in
            let isFirst = state.entries.isEmpty
            guard isFirst || state.entries.count < countLimit && state.bytes + entry.body.count <= byteLimit else { return .full }
            state.entries.append(entry)
            state.bytes += entry.body.count
            return isFirst ? .wake : .queued
        }
    }

    /// Removes and returns everything that waits, for one group commit.
    func drain() -> [JournalEntry] {
        state.withLock { state in
            defer { state = State() }
            return state.entries
        }
    }
}
