import OrgeImage
import OrgeSchema
import Testing

@testable import OrgeWorld

@Suite("Tables of entities and accounts")
struct StateTableTests {
    private struct Contents: Equatable {
        var slots: [UInt32]
        var free: [UInt32]
        var hash: UInt64
        var living: Int

        init(_ table: EntityTable) {
            slots = table.slots
            free = table.freeSlots
            hash = table.hash
            living = table.livingCount
        }
    }

    /// Reads a frozen table page by page; `between` runs before each page.
    private static func read(_ frozen: FrozenEntities, _ between: () -> Void) -> (slots: [UInt32], free: [UInt32]) {
        let buffer = PageBuffer(byteCount: frozen.slots.pageBytes)
        defer { buffer.free() }
        var found: (slots: [UInt32], free: [UInt32]) = ([], [])
        for page in 0..<frozen.slotPageCount {
            between()
            guard frozen.slots.read(page, into: buffer) == .read else { preconditionFailure("busy in one thread") }
            found.slots += frozen.slots(page, buffer)
        }
        var first: (page: Int, entries: [UInt32])?
        for part in frozen.queueParts {
            between()
            if let first, first.page == part.page {
                found.free += first.entries[part.entries]
                continue
            }
            guard frozen.queue.read(part.page, into: buffer) == .read else { preconditionFailure("busy in one thread") }
            if first == nil { first = (part.page, frozen.entries(buffer, 0..<EntityTable.slotsPerPage)) }
            found.free += frozen.entries(buffer, part.entries)
        }
        return found
    }

    @Test("slots are reused first in, first out; a rollback restores the table; a frozen table is read as it was", arguments: 0..<10 as Range<UInt64>)
    func entities(seed: UInt64) {
        var random = RandomSource(seed: seed)
        // More than one page of slots, and a ring of 2,048 positions that wraps.
        let tables = StateTables(limit: 1_500)
        for _ in 0..<2 {
            let crowd = (0..<900).compactMap { _ in tables.entities.spawn() }
            for entity in crowd { tables.entities.despawn(entity) }
        }
        var living: [Entity] = []
        var isUnique = true
        func transact(_ steps: Int, commits: Bool) {
            let before = Contents(tables.entities)
            var undo: [(isSpawn: Bool, Entity)] = []
            var now = living
            let spawns = random.chance(1, outOf: 2) ? 4 : 1
            for _ in 0..<steps {
                if now.isEmpty || random.chance(spawns, outOf: 5), tables.entities.livingCount < 1_500 {
                    guard let entity = tables.entities.spawn() else {
                        Issue.record("a table with room refuses a slot")
                        return
                    }
                    isUnique = isUnique && !now.contains(entity)
                    now.append(entity)
                    undo.append((true, entity))
                } else {
                    let entity = now.remove(at: random.below(now.count))
                    tables.entities.despawn(entity)
                    undo.append((false, entity))
                }
            }
            if commits { return living = now }
            for (isSpawn, entity) in undo.reversed() { if isSpawn { tables.entities.undoSpawn(entity) } else { tables.entities.undoDespawn(entity) } }
            #expect(Contents(tables.entities) == before)
        }
        for _ in 0..<12 {
            transact(400, commits: random.chance(3, outOf: 4))
            let expected = Contents(tables.entities)
            let frozen = tables.entities.beginImage(tables.nextEpoch())
            _ = tables.accounts.beginImage(tables.epoch)
            let found = Self.read(frozen) {
                transact(random.below(60), commits: random.chance(1, outOf: 2))
            }
            tables.endImage()
            #expect(found.slots == expected.slots && found.free == expected.free)
            #expect(tables.entities.livingCount == living.count && living.allSatisfy(tables.entities.isAlive))
        }
        #expect(isUnique && tables.entities.freedCount > 2_048, "the ring has not wrapped")
        let whole = Contents(tables.entities)
        let restored = StateTables(limit: 1_500)
        restored.entities.restore(
            slots: whole.slots, free: whole.free, freed: tables.entities.freedCount, reused: tables.entities.reusedCount)
        #expect(Contents(restored.entities) == whole)
    }

    @Test("a pool smaller than the state is enough when copies are read soon: they make room for others")
    func reuse() {
        let tables = StateTables(limit: 20_480)
        for _ in 0..<20_480 { _ = tables.entities.spawn() }
        let expected = tables.entities.slots
        let frozen = tables.entities.beginImage(tables.nextEpoch(byteLimit: 2 * EntityTable.slotsPerPage * 4))
        _ = tables.accounts.beginImage(tables.epoch)
        let buffer = PageBuffer(byteCount: frozen.slots.pageBytes)
        defer { buffer.free() }
        var found: [UInt32] = []
        for page in 0..<frozen.slotPageCount {
            tables.entities.despawn(tables.entities.entity(at: page * EntityTable.slotsPerPage))
            guard frozen.slots.read(page, into: buffer) == .read else { preconditionFailure("page \(page) is lost") }
            found += frozen.slots(page, buffer)
        }
        tables.endImage()
        #expect(found == expected && tables.copyCount == 20 && tables.entities.slots != expected)
    }

    @Test("a table with its limit of entities refuses the next one, and has room again after a despawn")
    func full() {
        let tables = StateTables(limit: 3)
        let all = (0..<3).compactMap { _ in tables.entities.spawn() }
        #expect(all.count == 3 && tables.entities.spawn() == nil)
        tables.entities.despawn(all[1])
        let reused = tables.entities.spawn()
        #expect(reused?.slot == all[1].slot && reused != all[1] && tables.entities.spawn() == nil)
    }

    @Test("a table of accounts agrees with a list of pairs, in the order of its history, and is read as it was", arguments: 0..<6 as Range<UInt64>)
    func accounts(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let (tables, other) = (StateTables(limit: 4_096), StateTables(limit: 4_096, seed: random.next()))
        var model: [AccountRecord] = []
        var isSame = true
        func change(_ steps: Int, _ names: Int) {
            for _ in 0..<steps {
                // Ids that differ in their highest bits only, too, and names that change.
                let account = AccountID(raw: UInt64(1 + random.below(names)) << (random.chance(1, outOf: 2) ? 48 : 0))
                let name = String(repeating: "é", count: random.below(16)) + "."
                let record = random.chance(3, outOf: 5) ? AccountRecord(account: account, avatar: Entity(raw: random.next()), name: name) : nil
                let known = model.firstIndex { $0.account == account }
                if let record {
                    tables.accounts.set(record)
                    other.accounts.set(record)
                    if let known { model[known] = record } else { model.append(record) }
                } else {
                    tables.accounts.remove(account)
                    other.accounts.remove(account)
                    if let known {
                        model.swapAt(known, model.count - 1)
                        model.removeLast()
                    }
                }
                isSame = isSame && tables.accounts.avatar(of: account) == record?.avatar && tables.accounts.name(of: account) == record?.name
                isSame = isSame && tables.accounts.count == model.count
            }
        }
        change(2_000, 200)
        change(4_000, 2_000)
        func listed(_ table: AccountTable) -> [AccountRecord] { (0..<table.count).map { table.record(at: $0) } }
        #expect(listed(tables.accounts) == model)
        #expect(listed(tables.accounts) == listed(other.accounts) && tables.accounts.hash == other.accounts.hash)
        #expect(model.allSatisfy { tables.accounts.avatar(of: $0.account) == $0.avatar && other.accounts.name(of: $0.account) == $0.name })

        let expected = listed(tables.accounts)
        let frozen = tables.accounts.beginImage(tables.nextEpoch())
        _ = tables.entities.beginImage(tables.epoch)
        let buffer = PageBuffer(byteCount: frozen.pages.pageBytes)
        var found: [AccountRecord] = []
        for page in 0..<frozen.pageCount {
            change(300, 2_000)
            guard frozen.pages.read(page, into: buffer) == .read else { preconditionFailure("busy in one thread") }
            found += (0..<frozen.entryCount(page)).map { frozen.record($0, buffer) }
        }
        buffer.free()
        tables.endImage()
        #expect(isSame && found == expected && frozen.pageCount > 1 && listed(tables.accounts) != expected)
    }

    @Test("a table of accounts with its limit has room for known accounts only")
    func fullOfAccounts() {
        let tables = StateTables(limit: 2)
        let (ada, bob, eve) = (AccountID(raw: 1), AccountID(raw: 2), AccountID(raw: 3))
        for account in [ada, bob] { tables.accounts.set(AccountRecord(account: account, avatar: Entity(raw: 1), name: "\(account)")) }
        #expect(tables.accounts.hasRoom(for: ada) && !tables.accounts.hasRoom(for: eve))
        tables.accounts.remove(ada)
        #expect(tables.accounts.hasRoom(for: eve))
    }

    @Test("the hash of accounts depends on what they hold and not on how it came about; each part of an entry counts")
    func accountHash() {
        func hash(_ records: [AccountRecord], removing gone: [AccountID] = []) -> UInt64 {
            let tables = StateTables(limit: 16)
            for record in records { tables.accounts.set(record) }
            for account in gone { tables.accounts.remove(account) }
            return tables.accounts.hash
        }
        func record(_ account: UInt64, _ avatar: UInt64, _ name: String) -> AccountRecord {
            AccountRecord(account: AccountID(raw: account), avatar: Entity(raw: avatar), name: name)
        }
        let one = hash([record(1, 5, "ada"), record(2, 6, "bob")])
        #expect(hash([record(2, 6, "bob"), record(3, 7, "eve"), record(1, 9, "old"), record(1, 5, "ada")], removing: [AccountID(raw: 3)]) == one)
        for other in [[record(1, 6, "ada")], [record(1, 5, "adb")], [record(4, 5, "ada")], []] { #expect(hash(other + [record(2, 6, "bob")]) != one) }
    }
}
