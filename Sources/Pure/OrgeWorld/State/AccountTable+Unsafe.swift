import OrgeSchema

/// Avatars by account, for millions of entries: looked up by hash, read by an image in the order of the entries.
///
/// The order depends only on the sequence of insertions and removals, so a replayed log gives the same order. The entries lie in pages that an
/// image reads while the world changes them; the index over them (open addressing, linear probing, backward-shift deletion, at most half
/// full) is rebuilt from them. The struct holds plain pointers; its owner calls ``free()``.
@safe struct AccountTable {
    /// Bytes of UTF-8 of a name.
    static let nameLimit = 32
    /// `u64` hash · `u64` avatar · `u8` bytes of the name · the name.
    static let entryBytes = 56
    private static let avatarOffset = 8, lengthOffset = 16, nameOffset = 17
    static let entriesPerPage = 1_024

    /// Entries that the table has room for.
    let limit: Int
    private(set) var count = 0
    /// A sum over entries; it depends on the content only.
    private(set) var hash: UInt64 = 0
    /// Unknown to the clients that choose the names, or they could make names collide.
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
    func hasRoom(for account: String) -> Bool { count < limit || self[account] != nil }

    /// Writing nil removes the entry; the last entry moves into its index.
    /// - Precondition: a new entry has room, and its name is within its limit.
    /// - Complexity: O(1) expected.
    subscript(account: String) -> Entity? {
        get {
            let index = Int(places[place(of: account, nameHash(account))])
            return index >= 0 ? avatar(at: index) : nil
        }
        set {
            let nameHash = nameHash(account)
            let place = place(of: account, nameHash)
            let index = Int(places[place])
            if index >= 0 { hash &-= Self.entryHash(account, avatar(at: index)) }
            if let newValue { hash &+= Self.entryHash(account, newValue) }
            switch (index >= 0, newValue) {
            case (true, let avatar?): setAvatar(at: index, avatar)
            case (true, nil): remove(index, at: place)
            case (false, let avatar?):
                places[place] = Int32(count)
                append(account, nameHash, avatar)
                if count * 2 > places.count { grow() }
            case (false, nil): break
            }
        }
    }

    /// An entry, by its place in the order of entries.
    /// - Precondition: `index < count`.
    func entry(at index: Int) -> (name: String, avatar: Entity) {
        precondition(index < count, "no such account")
        return (unsafe Self.name(entry(index)), avatar(at: index))
    }

    private static func entryHash(_ account: String, _ avatar: Entity) -> UInt64 { mix64(fold64(hash64(account.utf8, seed: 0xacc0), avatar.raw)) }
    private func nameHash(_ name: String) -> UInt64 { hash64(name.utf8, seed: seed) }
    private func home(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & (places.count - 1) }

    private func entry(_ index: Int) -> UnsafeMutableRawPointer { unsafe pages.base + index * Self.entryBytes }
    private func nameHash(at index: Int) -> UInt64 { unsafe entry(index).load(as: UInt64.self) }
    private func avatar(at index: Int) -> Entity { Entity(raw: unsafe entry(index).load(fromByteOffset: Self.avatarOffset, as: UInt64.self)) }

    /// The name in an entry, in the table or in a copy of its page.
    static func name(_ entry: UnsafeRawPointer) -> String {
        let length = Int(unsafe entry.load(fromByteOffset: lengthOffset, as: UInt8.self))
        return unsafe String(decoding: UnsafeRawBufferPointer(start: entry + nameOffset, count: length), as: UTF8.self)
    }

    static func avatar(_ entry: UnsafeRawPointer) -> Entity { Entity(raw: unsafe entry.load(fromByteOffset: avatarOffset, as: UInt64.self)) }

    private func hasName(_ index: Int, _ name: String) -> Bool {
        let entry = unsafe entry(index)
        let length = Int(unsafe entry.load(fromByteOffset: Self.lengthOffset, as: UInt8.self))
        return unsafe UnsafeRawBufferPointer(start: entry + Self.nameOffset, count: length).elementsEqual(name.utf8)
    }

    private func setAvatar(at index: Int, _ avatar: Entity) {
        pages.willWrite(index / Self.entriesPerPage)
        unsafe entry(index).storeBytes(of: avatar.raw, toByteOffset: Self.avatarOffset, as: UInt64.self)
    }

    private mutating func append(_ name: String, _ hash: UInt64, _ avatar: Entity) {
        precondition(count < limit && name.utf8.count <= Self.nameLimit, "no room for the account \(name)")
        while pages.pageCount <= count / Self.entriesPerPage { pages.reachNext(zeroing: pages.pageBytes) }
        pages.willWrite(count / Self.entriesPerPage)
        let entry = unsafe entry(count)
        unsafe entry.storeBytes(of: hash, as: UInt64.self)
        unsafe entry.storeBytes(of: avatar.raw, toByteOffset: Self.avatarOffset, as: UInt64.self)
        unsafe entry.storeBytes(of: UInt8(name.utf8.count), toByteOffset: Self.lengthOffset, as: UInt8.self)
        for (offset, byte) in name.utf8.enumerated() { unsafe entry.storeBytes(of: byte, toByteOffset: Self.nameOffset + offset, as: UInt8.self) }
        count += 1
    }

    /// The place of the name, or the place where it would be inserted.
    private func place(of name: String, _ hash: UInt64) -> Int {
        var place = home(hash)
        while places[place] >= 0 {
            let index = Int(places[place])
            if nameHash(at: index) == hash, hasName(index, name) { break }
            place = (place + 1) & (places.count - 1)
        }
        return place
    }

    private mutating func remove(_ index: Int, at place: Int) {
        vacate(place)
        count -= 1
        guard index < count else { return }
        var moved = home(nameHash(at: count))
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
            let distanceToHome = (probe - home(nameHash(at: Int(places[probe])))) & (places.count - 1)
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
            var place = home(nameHash(at: index))
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
