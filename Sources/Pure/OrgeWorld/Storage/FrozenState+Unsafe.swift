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
