import OrgeSimulatedDisk
import OrgeSchema
import Testing

@testable import OrgeJournal

@Suite("A journal")
struct JournalRoundTripTests {
    @Test("reads back what was appended, over segments and starts", arguments: 0..<60)
    func roundTrip(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        let storage = SimulatedStorage()
        var expected: [JournalEntry] = []
        for start in 1...3 {
            let recovered = try storage.openMeadow()
            #expect(recovered.lastTick == expected.last { $0.kind == .tick }?.tick ?? 0)
            var writer = try recovered.startWriting(codeID: "code-1")
            #expect(writer.incarnation == UInt64(start))
            for _ in 0..<random.below(6) {
                let entries = random.entries(random.below(5), after: writer.durableThrough, bodyLimit: 1500)
                let through = try writer.append(entries)
                expected += entries
                #expect(through == .durable(through: expected.last { $0.kind == .tick }?.tick ?? 0))
            }
            storage.killProcess()
        }
        let recovered = try Journal.inspect(storage)
        #expect(try recovered.records().all().entries == expected, "seed \(seed)")
        #expect(recovered.log.tornBytes == 0)
    }

    @Test("gives each host its own incarnation and names its code")
    func incarnations() throws {
        let storage = SimulatedStorage()
        for code in ["a", "b", "c"] {
            var writer = try storage.writeMeadow(codeID: code, settings: smallSegments(keepsHistory: true))
            try writer.append([JournalEntry(tick: writer.durableThrough + 1, body: [1])])
            try writer.writeImage(tick: writer.durableThrough, body: [])
            storage.killProcess()
        }
        let opened = try Journal.inspect(storage).records().all().filter { $0.kind == .opened }
        #expect(opened.map(\.incarnation) == [1, 2, 3])
        #expect(opened.map { String(decoding: $0.body.dropFirst(9), as: UTF8.self) } == ["a", "b", "c"])
    }

    @Test("appends nothing, does nothing")
    func emptyAppend() throws {
        let storage = SimulatedStorage()
        var writer = try storage.writeMeadow()
        let operations = storage.operationCount
        #expect(try writer.append([]) == .durable(through: 0))
        #expect(storage.operationCount == operations)
    }

    @Test("makes many records durable with one write, one sync and one look for its mark")
    func groupCommit() throws {
        let storage = SimulatedStorage()
        var writer = try storage.writeMeadow(settings: JournalSettings())
        let operations = storage.operationCount
        #expect(try writer.append((1...100).map { JournalEntry(tick: $0, body: [UInt8](repeating: 3, count: 50)) }) == .durable(through: 100))
        #expect(storage.operationCount == operations + 3)
    }

    @Test("takes a record larger than its segments")
    func largeRecord() throws {
        let storage = SimulatedStorage()
        var writer = try storage.writeMeadow()
        let entries = [JournalEntry(tick: 1, body: [UInt8](repeating: 9, count: 100_000)), JournalEntry(tick: 2, body: [1])]
        try writer.append(entries)
        #expect(try Journal.inspect(storage).tail().all().entries == entries)
    }

    @Test("refuses the tail of other code, until an image has taken its place")
    func otherCode() throws {
        let storage = SimulatedStorage()
        var writer = try storage.writeMeadow(codeID: "old")
        try writer.append((1...5).map { JournalEntry(tick: $0, body: [UInt8($0)]) })
        try writer.writeImage(tick: 5, body: [5])
        try writer.append([JournalEntry(tick: 6, body: [6])])
        storage.killProcess()
        do throws(JournalError) {
            _ = try storage.openMeadow(codeID: "new")
            Issue.record("other code was let in")
        } catch {
            #expect(error.code == .otherCode)
            #expect(error.message.contains("ticks 6 to 6 were recorded by the code old"))
        }
        storage.killProcess()
        var again = try storage.writeMeadow(codeID: "old")
        try again.writeImage(tick: 6, body: [6])
        storage.killProcess()
        let recovered = try storage.openMeadow(codeID: "new")
        #expect(recovered.image?.codeID == "old")
        #expect(try recovered.tail().all().entries.isEmpty)
    }

    @Test("refuses the data of another world")
    func otherWorld() throws {
        let storage = SimulatedStorage()
        _ = try storage.openMeadow()
        for world in [GenesisIdentity(name: "ledger", number: 7), GenesisIdentity(name: "meadow", number: 8)] {
            storage.killProcess()
            #expect(Self.failure(storage, world, meadowSchema) == .otherWorld)
        }
    }

    private static func failure(_ storage: SimulatedStorage, _ world: GenesisIdentity, _ schema: UInt64) -> JournalError.Code? {
        failureCode { () throws(JournalError) in
            try Journal.open(storage, world: world, seedIfNew: 0, codeID: "code-1", schemaHash: schema, holder: 1, settings: smallSegments())
        }
    }

    @Test("refuses another schema once there is data, whichever segment states the one in force")
    func otherSchema() throws {
        let storage = SimulatedStorage()
        var writer = try storage.writeMeadow()
        storage.killProcess()
        #expect(Self.failure(storage.copy(), meadow, 1) == nil, "a world that has never run a tick may change its schema")
        writer = try storage.writeMeadow()
        for tick in 1...UInt64(60) { try writer.append([JournalEntry(tick: tick, body: [UInt8](repeating: 7, count: 150))]) }
        storage.killProcess()
        #expect(Self.failure(storage.copy(), meadow, 1) == .otherSchema)
        writer = try storage.writeMeadow()
        try writer.writeImage(tick: 60, body: [1])
        storage.killProcess()
        #expect(Self.failure(storage.copy(), meadow, 1) == .otherSchema)
        #expect(Self.failure(storage.copy(), meadow, meadowSchema) == nil)
        let log = try Journal.inspect(storage).log
        #expect(log.position.schemaHash == meadowSchema && log.pieces.count > 2)
    }

    @Test("draws a world's seed once")
    func seed() throws {
        let storage = SimulatedStorage()
        #expect(try storage.openMeadow(seed: 42).genesis.seed == 42)
        storage.killProcess()
        #expect(try storage.openMeadow(seed: 43).genesis == Genesis(identity: meadow, seed: 42))
    }

    @Test("lets one host in at a time and names it")
    func lock() throws {
        let storage = SimulatedStorage()
        _ = try storage.openMeadow()
        do throws(JournalError) {
            _ = try storage.openMeadow()
            Issue.record("two hosts were let in")
        } catch {
            #expect(error.code == .locked)
            #expect(error.message.contains("process 100"))
        }
    }

    @Test("traps when a tick is journaled twice")
    func tickTwice() async {
        await #expect(processExitsWith: .failure) {
            var writer = try SimulatedStorage().writeMeadow()
            try writer.append([JournalEntry(tick: 1, body: []), JournalEntry(tick: 1, body: [])])
        }
    }
}
