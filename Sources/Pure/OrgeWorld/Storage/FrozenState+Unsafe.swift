import OrgeImage
import OrgeSchema

/// What an image consists of beside its sections of fixed size, as it was when the image began. Read by one thread while the world changes.
struct FrozenState: Sendable {
    let entities: FrozenEntities
    let accounts: FrozenAccounts
    let keys: FrozenKeys
    let columns: [FrozenColumn]

    /// Bytes of the largest page.
    var pageBytes: Int {
        columns.reduce(max(entities.slots.pageBytes, entities.queue.pageBytes, accounts.pages.pageBytes, keys.pages.pageBytes)) { max($0, $1.pages.pageBytes) }
    }
}

/// The rows of one component.
struct FrozenColumn: Sendable {
    let pages: FrozenPages
    let stride: Int
    let plan: RowPlan

    /// Whether a page that was read into the buffer has rows.
    func hasRows(_ buffer: PageBuffer) -> Bool {
        let words = unsafe buffer.base.assumingMemoryBound(to: UInt64.self)
        return (0..<Column.wordsPerPage).contains { unsafe words[$0] != 0 }
    }
}

/// The table of entities.
struct FrozenEntities: Sendable {
    let slotCount: Int
    let freedCount: UInt64
    let reusedCount: UInt64
    let slots: FrozenPages
    let queue: FrozenPages
    /// Positions of the ring that holds the queue, a power of two.
    let queueSize: UInt64

    /// Pages with slots that were used: the last ones may have been reached and reverted.
    var slotPageCount: Int { (slotCount + EntityTable.slotsPerPage - 1) / EntityTable.slotsPerPage }

    /// The slots in a page that was read into the buffer.
    func slots(_ page: Int, _ buffer: PageBuffer) -> [UInt32] {
        entries(buffer, 0..<min(EntityTable.slotsPerPage, slotCount - page * EntityTable.slotsPerPage))
    }

    /// Ring pages from the queue's head on, each with the entries that belong to the queue. The first page comes twice when the queue wraps
    /// around into it: it is read once, and kept.
    var queueParts: [(page: Int, entries: Range<Int>)] {
        var parts: [(page: Int, entries: Range<Int>)] = []
        var position = reusedCount
        while position < freedCount {
            let index = Int(position & (queueSize - 1))
            let start = index % EntityTable.slotsPerPage
            let end = min(EntityTable.slotsPerPage, start + Int(freedCount - position))
            parts.append((index / EntityTable.slotsPerPage, start..<end))
            position += UInt64(end - start)
        }
        return parts
    }

    func entries(_ buffer: PageBuffer, _ range: Range<Int>) -> [UInt32] {
        range.map { unsafe buffer.base.load(fromByteOffset: $0 * 4, as: UInt32.self) }
    }
}

/// The table of accounts.
struct FrozenAccounts: Sendable {
    let count: Int
    let pages: FrozenPages

    var pageCount: Int { (count + AccountTable.entriesPerPage - 1) / AccountTable.entriesPerPage }

    func entryCount(_ page: Int) -> Int { min(AccountTable.entriesPerPage, count - page * AccountTable.entriesPerPage) }

    /// An entry of the page that was read into the buffer.
    func record(_ index: Int, _ buffer: PageBuffer) -> AccountRecord {
        unsafe AccountTable.record(UnsafeRawPointer(buffer.base + index * AccountTable.entryBytes))
    }
}
