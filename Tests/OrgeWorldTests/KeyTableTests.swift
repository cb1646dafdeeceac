import OrgeImage
import OrgeSchema
import Testing

@testable import OrgeWorld

@Suite("The table of idempotency keys")
struct KeyTableTests {
    private static func record(_ random: inout RandomSource, _ number: UInt64) -> KeyRecord {
        let result = (0..<random.below(17)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        // Few accounts; keys that differ in one half only, and each is new.
        let key = random.chance(1, outOf: 2) ? IdempotencyKey(high: 3, low: number) : IdempotencyKey(high: number, low: 3)
        return KeyRecord(
            account: AccountID(raw: UInt64(random.below(7))), key: key, content: random.next(), tick: number, stamp: number, result: result)
    }

    @Test("agrees with a queue, whatever is added and forgotten, and is read as it was while it changes", arguments: 0..<8 as Range<UInt64>)
    func model(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let (tables, other) = (StateTables(limit: 1_500), StateTables(limit: 1_500, seed: random.next()))
        var queue: [KeyRecord] = []
        var (number, isSame) = (UInt64(10), true)
        func change(_ steps: Int, adds: Int) {
            for _ in 0..<steps {
                if random.chance(adds, outOf: 10), queue.count < 1_500 {
                    number += 1
                    let record = Self.record(&random, number)
                    tables.keys.append(record)
                    other.keys.append(record)
                    queue.append(record)
                } else if !queue.isEmpty {
                    let gone = queue.removeFirst()
                    tables.keys.removeOldest()
                    other.keys.removeOldest()
                    isSame = isSame && tables.keys.find(gone.account, gone.key) == nil
                }
                isSame = isSame && tables.keys.count == queue.count && tables.keys.newest == queue.last && tables.keys.oldestStamp == queue.first?.stamp
                guard let one = queue.isEmpty ? nil : queue[random.below(queue.count)] else { continue }
                isSame = isSame && tables.keys.find(one.account, one.key) == one && tables.keys.hash == other.keys.hash
            }
        }
        // Up to the limit, down to nothing, and around the pages some times.
        for adds in [9, 1, 8, 5, 10, 0, 6, 3] {
            change(1_600, adds: adds)
            for account in 0..<7 {
                isSame = isSame && tables.keys.count(of: AccountID(raw: UInt64(account))) == queue.count { $0.account.raw == UInt64(account) }
            }
            let expected = queue
            let frozen = tables.keys.beginImage(tables.nextEpoch())
            _ = (tables.entities.beginImage(tables.epoch), tables.accounts.beginImage(tables.epoch))
            let buffer = PageBuffer(byteCount: frozen.pages.pageBytes)
            var found: [KeyRecord] = []
            for (place, page) in frozen.queue.enumerated() {
                change(random.below(300), adds: 6)
                guard frozen.pages.read(Int(page), into: buffer) == .read else { preconditionFailure("busy in one thread") }
                found += frozen.records(place, buffer)
            }
            buffer.free()
            tables.endImage()
            #expect(found == expected, "seed \(seed)")
        }
        #expect(isSame, "seed \(seed)")
    }

    @Test("its hash follows from the content, and each part of an entry counts")
    func hash() {
        func hash(_ records: [KeyRecord], forgetting count: Int = 0) -> UInt64 {
            let tables = StateTables(limit: 16)
            for record in records { tables.keys.append(record) }
            for _ in 0..<count { tables.keys.removeOldest() }
            return tables.keys.hash
        }
        let one = KeyRecord(account: AccountID(raw: 1), key: IdempotencyKey(high: 2, low: 3), content: 4, tick: 5, stamp: 6, result: [7])
        var old = one
        old.key.low = 9
        #expect(hash([old, one], forgetting: 1) == hash([one]) && hash([]) == 0)
        let changes: [(inout KeyRecord) -> Void] = [
            { $0.account = AccountID(raw: 2) }, { $0.key.high = 9 }, { $0.key.low = 9 }, { $0.content = 9 }, { $0.tick = 9 }, { $0.stamp = 9 },
            { $0.result = [8] }, { $0.result = [] },
        ]
        for change in changes {
            var other = one
            change(&other)
            #expect(hash([other]) != hash([one]))
        }
    }
}
