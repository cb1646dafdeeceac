import OrgeImage
import OrgeSchema

/// The idempotency keys of applied commands, with their results: looked up by account and key, forgotten in the order in which they were applied,
/// read by an image in that order.
///
/// The entries lie in pages that an image reads while the world changes them. The pages in use form a queue: entries are appended to its last page, and its
/// first page is free when all entries in it are forgotten; nothing is moved. Index and counts are rebuilt from the entries. The struct holds
/// plain pointers; its owner calls ``free()``.
@safe struct KeyTable {
    static let entriesPerPage = 256
    private static let keyOffset = 8, contentOffset = 24, tickOffset = 32, stampOffset = 40, lengthOffset = 48, resultOffset = 50

    /// Entries that the table has room for; 0 in a world that remembers no keys.
    let limit: Int
    let limitPerAccount: Int
    /// Bytes of the longest result.
    let resultBytes: Int
    private let entryBytes: Int
    private(set) var count = 0
    /// A sum over entries; it depends on the content only.
    private(set) var hash: UInt64 = 0
    /// Unknown to the clients that choose the keys, or they could make their places collide.
    private let seed: UInt64
    private var pages: StampedPages
    /// Pages that hold entries, from the oldest on.
    private var queue: ContiguousArray<Int32> = []
    private var freePages: ContiguousArray<Int32> = []
    /// Of the oldest entry, in the first page of the queue.
    private var firstSlot = 0
    private var index = KeyIndex()
    /// Entries by account, under the account's id xor the seed.
    private var counts = IDTable<Int32>()

    init(_ memory: KeyMemory?, resultBytes: Int, seed: UInt64, pool: UnsafeMutablePointer<PagePool>) {
        limit = memory?.limit ?? 0
        limitPerAccount = memory?.limitPerAccount ?? 0
        self.resultBytes = resultBytes
        self.seed = seed
        // Multiples of 8, so that every entry is aligned.
        entryBytes = (Self.resultOffset + resultBytes + 7) & ~7
        // One page more than full ones take: the first and the last may both be used in part.
        let pageLimit = (limit + Self.entriesPerPage - 1) / Self.entriesPerPage + 1
        unsafe pages = StampedPages(pageBytes: Self.entriesPerPage * entryBytes, pageLimit: pageLimit, pool: pool)
    }

    func free() { pages.free() }

    /// Whether another command of the account can be remembered.
    func hasRoom(for account: AccountID) -> Bool { count < limit && count(of: account) < limitPerAccount }

    func count(of account: AccountID) -> Int { Int(counts[account.raw ^ seed] ?? 0) }

    /// - Complexity: O(1) expected.
    func find(_ account: AccountID, _ key: IdempotencyKey) -> KeyRecord? {
        index.find(indexHash(account, key)) { entry in
            unsafe self.account(self.entry(entry)) == account && self.key(self.entry(entry)) == key
        }.map { unsafe Self.record(entry($0)) }
    }

    /// When the oldest entry was applied; nil without entries.
    var oldestStamp: UInt64? {
        count == 0 ? nil : unsafe entry(place(0)).load(fromByteOffset: Self.stampOffset, as: UInt64.self)
    }

    var newest: KeyRecord? { count == 0 ? nil : unsafe Self.record(entry(place(count - 1))) }

    /// - Precondition: there is room; account and key are not in the table; the result is no longer than the world's longest one.
    mutating func append(_ record: KeyRecord) {
        precondition(count < limit && record.result.count <= resultBytes, "no room for a key, or for its result of \(record.result.count) bytes")
        if (firstSlot + count) % Self.entriesPerPage == 0 { takePage() }
        let place = place(count)
        count += 1
        pages.willWrite(place / Self.entriesPerPage)
        unsafe write(record, at: entry(place))
        hash &+= Self.entryHash(record)
        index.insert(indexHash(record.account, record.key), place)
        counts[record.account.raw ^ seed] = Int32(count(of: record.account) + 1)
    }

    /// - Precondition: there is one.
    mutating func removeOldest() {
        precondition(count > 0, "no key is left to forget")
        let place = place(0)
        let record = unsafe Self.record(entry(place))
        hash &-= Self.entryHash(record)
        index.remove(indexHash(record.account, record.key), place)
        let left = count(of: record.account) - 1
        counts[record.account.raw ^ seed] = left > 0 ? Int32(left) : nil
        count -= 1
        firstSlot += 1
        guard firstSlot == Self.entriesPerPage || count == 0 else { return }
        freePages.append(queue.removeFirst())
        firstSlot = 0
    }

    private mutating func takePage() {
        guard let page = freePages.popLast() else {
            queue.append(Int32(pages.pageCount))
            return pages.reachNext(zeroing: pages.pageBytes)
        }
        queue.append(page)
    }

    /// The place of an entry in the pages, by its place in the queue.
    private func place(_ number: Int) -> Int {
        let slot = firstSlot + number
        return Int(queue[slot / Self.entriesPerPage]) * Self.entriesPerPage + slot % Self.entriesPerPage
    }

    private func indexHash(_ account: AccountID, _ key: IdempotencyKey) -> UInt64 {
        mix64(fold64(fold64(fold64(seed, account.raw), key.high), key.low))
    }

    private static func entryHash(_ record: KeyRecord) -> UInt64 {
        let named = fold64(fold64(fold64(hash64(record.result, seed: 0x6e75), record.account.raw), record.key.high), record.key.low)
        return mix64(fold64(fold64(fold64(named, record.content), record.tick), record.stamp))
    }
}

/// Entries in memory.
extension KeyTable {
    private func entry(_ place: Int) -> UnsafeMutableRawPointer { unsafe pages.base + place * entryBytes }

    private func account(_ entry: UnsafeRawPointer) -> AccountID { AccountID(raw: unsafe entry.load(as: UInt64.self)) }
    private func key(_ entry: UnsafeRawPointer) -> IdempotencyKey { unsafe entry.load(fromByteOffset: Self.keyOffset, as: IdempotencyKey.self) }

    /// The contents of an entry, in the table or in a copy of its page.
    static func record(_ entry: UnsafeRawPointer) -> KeyRecord {
        let count = Int(unsafe entry.load(fromByteOffset: lengthOffset, as: UInt16.self))
        return unsafe KeyRecord(
            account: AccountID(raw: entry.load(as: UInt64.self)), key: entry.load(fromByteOffset: keyOffset, as: IdempotencyKey.self),
            content: entry.load(fromByteOffset: contentOffset, as: UInt64.self), tick: entry.load(fromByteOffset: tickOffset, as: UInt64.self),
            stamp: entry.load(fromByteOffset: stampOffset, as: UInt64.self),
            result: Array(UnsafeRawBufferPointer(start: entry + resultOffset, count: count)))
    }

    private func write(_ record: KeyRecord, at entry: UnsafeMutableRawPointer) {
        unsafe entry.storeBytes(of: record.account.raw, as: UInt64.self)
        unsafe entry.storeBytes(of: record.key, toByteOffset: Self.keyOffset, as: IdempotencyKey.self)
        unsafe entry.storeBytes(of: record.content, toByteOffset: Self.contentOffset, as: UInt64.self)
        unsafe entry.storeBytes(of: record.tick, toByteOffset: Self.tickOffset, as: UInt64.self)
        unsafe entry.storeBytes(of: record.stamp, toByteOffset: Self.stampOffset, as: UInt64.self)
        unsafe entry.storeBytes(of: UInt16(record.result.count), toByteOffset: Self.lengthOffset, as: UInt16.self)
        unsafe record.result.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            unsafe (entry + Self.resultOffset).copyMemory(from: base, byteCount: bytes.count)
        }
    }
}

/// Images.
extension KeyTable {
    var frozenBytes: Int { pages.pageCount * pages.pageBytes }

    mutating func beginImage(_ epoch: UInt32) -> FrozenKeys {
        FrozenKeys(queue: queue, firstSlot: firstSlot, count: count, entryBytes: entryBytes, pages: pages.begin(epoch))
    }

    mutating func endImage() { pages.end() }
}

/// The table as it was when an image began.
struct FrozenKeys: Sendable {
    /// Pages that hold entries, from the oldest on; each is read once.
    let queue: ContiguousArray<Int32>
    let firstSlot: Int
    let count: Int
    let entryBytes: Int
    let pages: FrozenPages

    /// The entries of the page at `place` in the queue, which was read into the buffer.
    func records(_ place: Int, _ buffer: PageBuffer) -> [KeyRecord] {
        let first = place == 0 ? firstSlot : 0
        let end = min(KeyTable.entriesPerPage, firstSlot + count - place * KeyTable.entriesPerPage)
        return (first..<end).map { unsafe KeyTable.record(UnsafeRawPointer(buffer.base + $0 * entryBytes)) }
    }
}
