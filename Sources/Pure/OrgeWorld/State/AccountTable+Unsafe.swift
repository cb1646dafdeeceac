import OrgeImage
import OrgeSchema

/// Avatars and names by account, for millions of entries: looked up by id, read by an image in the order of the entries.
///
/// The order depends only on the sequence of insertions and removals, so a replayed log gives the same order. The entries lie in pages that an
/// image reads while the world changes them; the index over them (open addressing, linear probing, backward-shift deletion, at most half
/// full) is rebuilt from them. The struct holds plain pointers; its owner calls ``free()``.
@safe struct AccountTable {
    /// `u64` account · `u64` avatar · `u8` bytes of the name · the name.
    static let entryBytes = 56
    private static let avatarOffset = 8, lengthOffset = 16, nameOffset = 17
    static let entriesPerPage = 1_024

    /// Entries that the table has room for.
    let limit: Int
    private(set) var count = 0
    /// A sum over entries; it depends on the content only.
    private(set) var hash: UInt64 = 0
    /// Unknown to the clients that choose the names of guests, or they could make their places collide.
    private let seed: UInt64
    private var pages: StampedPages
    /// Indices of entries; -1 where there is none.
    private var places = ContiguousArray<Int32>(repeating: -1, count: 8)

    init(seed: UInt64, limit: Int, pool: UnsafeMutablePointer<PagePool>) {
        self.seed = seed
        self.limit = limit
        let pageLimit = (limit + Self.entriesPerPage - 1) / Self.entriesPerPage
        unsafe pages = StampedPages(pageBytes: Self.entriesPerPage * Self.entryBytes, pageLimit: pageLimit, pool: pool)
    }

    func free() { pages.free() }

    /// Whether an avatar can be set for the account.
    func hasRoom(for account: AccountID) -> Bool { count < limit || index(of: account) != nil }

    /// The avatar that the account was given last, alive or not.
    /// - Complexity: O(1) expected.
    func avatar(of account: AccountID) -> Entity? { index(of: account).map(avatar(at:)) }

    /// The name that the account arrived with last.
    func name(of account: AccountID) -> String? { index(of: account).map { unsafe Self.record(entry($0)).name } }

    /// Adds or replaces an entry.
    /// - Precondition: a new entry has room, and its name is within its limit.
    /// - Complexity: O(1) expected.
    mutating func set(_ record: AccountRecord) {
        let place = place(of: record.account)
        let known = Int(places[place])
        if known >= 0 {
            hash &-= entryHash(at: known)
        } else {
            precondition(count < limit, "no room for the account \(record.account)")
            places[place] = Int32(count)
            while pages.pageCount <= count / Self.entriesPerPage { pages.reachNext(zeroing: pages.pageBytes) }
            count += 1
        }
        let index = known >= 0 ? known : count - 1
        write(record, at: index)
        hash &+= entryHash(at: index)
        if count * 2 > places.count { grow() }
    }

    /// Removes an entry, if there is one; the last entry moves into its index.
    mutating func remove(_ account: AccountID) {
        let place = place(of: account)
        let index = Int(places[place])
        guard index >= 0 else { return }
        hash &-= entryHash(at: index)
        remove(index, at: place)
    }

    /// An entry, by its place in the order of entries.
    /// - Precondition: `index < count`.
    func record(at index: Int) -> AccountRecord {
        precondition(index < count, "no such account")
        return unsafe Self.record(entry(index))
    }

    private func home(_ account: AccountID) -> Int { Int(truncatingIfNeeded: mix64(account.raw ^ seed)) & (places.count - 1) }

    private func entry(_ index: Int) -> UnsafeMutableRawPointer { unsafe pages.base + index * Self.entryBytes }
    private func account(at index: Int) -> AccountID { AccountID(raw: unsafe entry(index).load(as: UInt64.self)) }
    private func avatar(at index: Int) -> Entity { Entity(raw: unsafe entry(index).load(fromByteOffset: Self.avatarOffset, as: UInt64.self)) }

    private static func name(_ entry: UnsafeRawPointer) -> UnsafeRawBufferPointer {
        let length = Int(unsafe entry.load(fromByteOffset: lengthOffset, as: UInt8.self))
        return unsafe UnsafeRawBufferPointer(start: entry + nameOffset, count: length)
    }

    private func entryHash(at index: Int) -> UInt64 {
        let nameHash = unsafe hash64(Self.name(entry(index)), seed: 0xacc0)
        return mix64(fold64(fold64(nameHash, account(at: index).raw), avatar(at: index).raw))
    }

    /// The contents of an entry, in the table or in a copy of its page.
    static func record(_ entry: UnsafeRawPointer) -> AccountRecord {
        AccountRecord(
            account: AccountID(raw: unsafe entry.load(as: UInt64.self)),
            avatar: Entity(raw: unsafe entry.load(fromByteOffset: avatarOffset, as: UInt64.self)),
            name: unsafe String(decoding: name(entry), as: UTF8.self))
    }

    private func write(_ record: AccountRecord, at index: Int) {
        let name = record.name.utf8
        precondition(name.count <= Identity.nameLimit, "a name of \(name.count) bytes")
        pages.willWrite(index / Self.entriesPerPage)
        let entry = unsafe entry(index)
        unsafe entry.storeBytes(of: record.account.raw, as: UInt64.self)
        unsafe entry.storeBytes(of: record.avatar.raw, toByteOffset: Self.avatarOffset, as: UInt64.self)
        unsafe entry.storeBytes(of: UInt8(name.count), toByteOffset: Self.lengthOffset, as: UInt8.self)
        for (offset, byte) in name.enumerated() { unsafe entry.storeBytes(of: byte, toByteOffset: Self.nameOffset + offset, as: UInt8.self) }
    }

    private func index(of account: AccountID) -> Int? {
        let index = Int(places[place(of: account)])
        return index >= 0 ? index : nil
    }

    /// The place of the account, or the place where it would be inserted.
    private func place(of account: AccountID) -> Int {
        var place = home(account)
        while places[place] >= 0, self.account(at: Int(places[place])) != account { place = (place + 1) & (places.count - 1) }
        return place
    }

    private mutating func remove(_ index: Int, at place: Int) {
        vacate(place)
        count -= 1
        guard index < count else { return }
        var moved = home(account(at: count))
        while places[moved] != Int32(count) { moved = (moved + 1) & (places.count - 1) }
        places[moved] = Int32(index)
        pages.willWrite(index / Self.entriesPerPage)
        unsafe entry(index).copyMemory(from: entry(count), byteCount: Self.entryBytes)
    }

    /// Empties a place and shifts displaced entries back, so that no probe sequence is interrupted.
    private mutating func vacate(_ place: Int) {
        var hole = place
        var probe = (hole + 1) & (places.count - 1)
        while places[probe] >= 0 {
            let distanceToHole = (probe - hole) & (places.count - 1)
            let distanceToHome = (probe - home(account(at: Int(places[probe])))) & (places.count - 1)
            if distanceToHome >= distanceToHole {
                places[hole] = places[probe]
                hole = probe
            }
            probe = (probe + 1) & (places.count - 1)
        }
        places[hole] = -1
    }

    private mutating func grow() {
        places = ContiguousArray(repeating: -1, count: places.count * 2)
        for index in 0..<count {
            var place = home(account(at: index))
            while places[place] >= 0 { place = (place + 1) & (places.count - 1) }
            places[place] = Int32(index)
        }
    }
}

/// Images.
extension AccountTable {
    var frozenBytes: Int { pages.pageCount * pages.pageBytes }

    mutating func beginImage(_ epoch: UInt32) -> FrozenAccounts { FrozenAccounts(count: count, pages: pages.begin(epoch)) }

    mutating func endImage() { pages.end() }
}

/// The table as it was when an image began.
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
