import OrgeImage
import OrgeSchema

/// The table in images.
extension EntityTable {
    var frozenBytes: Int { slotPages.pageCount * slotPages.pageBytes + queuePages.pageCount * queuePages.pageBytes }

    mutating func beginImage(_ epoch: UInt32) -> FrozenEntities {
        FrozenEntities(
            slotCount: slotCount, freedCount: freedCount, reusedCount: reusedCount, slots: slotPages.begin(epoch), queue: queuePages.begin(epoch),
            queueSize: queueMask + 1)
    }

    mutating func endImage() {
        slotPages.end()
        queuePages.end()
    }
}

/// The table as it was when an image began.
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
