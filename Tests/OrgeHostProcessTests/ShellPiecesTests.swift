import Glibc
import OrgeImage
import OrgeJournal
import OrgeSchema
import OrgeSimulatedDisk
import OrgeSystem
import Testing

@testable import OrgeHostProcess

@Suite("Pieces of a host's shell")
struct ShellPiecesTests {
    /// A journal's thread over a simulated disk. The thread lives as long as the process, and waits.
    private func journal(_ storage: SimulatedStorage) throws -> JournalThread {
        let world = GenesisIdentity(name: "test", number: 3)
        let recovered = try Journal.open(storage, world: world, seedIfNew: 1, codeID: "c0de", schemaHash: 5, holder: 1)
        return try JournalThread(try recovered.startWriting(codeID: "c0de"))
    }

    /// An image without sections of the world of ``journal(_:)``.
    private func image(tick: UInt64) -> MemoryImage {
        let genesis = Genesis(identity: GenesisIdentity(name: "test", number: 3), seed: 1)
        let header = ImageHeader(lineage: genesis.lineage, tick: tick, incarnation: 1, codeID: "c0de")
        let writer = ImageWriter(header, schema: WorldSchema(name: "test", version: 1, tickMicroseconds: 0), to: MemoryImage())
        return writer.finish(worldHash: 0, hostHash: 0)
    }

    /// What the thread reports until the condition holds.
    private func reports(of journal: JournalThread, until isDone: ([JournalReport]) -> Bool) -> [JournalReport] {
        var reports: [JournalReport] = []
        while !isDone(reports) {
            guard waitUntilReady([Awaited(journal.news.number)], timeoutMilliseconds: 30_000)[0] else { break }
            reports += journal.takeReports()
        }
        return reports
    }

    @Test("the journal's thread writes an image behind the record of its tick, and says both in that order")
    func imageBehindRecord() throws {
        let journal = try journal(SimulatedStorage(seed: 1))
        journal.writeImage(tick: 2, image(tick: 2))
        #expect(journal.append(tick: 1, body: [1]))
        var reports = reports(of: journal) { !$0.isEmpty }
        #expect(journal.append(tick: 2, body: [2]))
        reports += self.reports(of: journal) { if case .imageWritten? = $0.last { true } else { false } }
        var durable: UInt64 = 0
        for report in reports {
            switch report {
            case .durable(let tick): durable = tick
            case .imageWritten(let tick): #expect(tick == 2 && durable == 2)
            case .imageFailed(let why), .failed(let why): Issue.record("\(why)")
            }
        }
        #expect(durable == 2)
    }

    @Test("a journal that fails says so, and never that what it was given since is durable")
    func failure() throws {
        let storage = SimulatedStorage(seed: 1)
        let journal = try journal(storage)
        #expect(journal.append(tick: 1, body: [1]))
        _ = reports(of: journal) { !$0.isEmpty }
        var plan = FaultPlan()
        plan.failedSyncs = [storage.syncCount]
        storage.inject(plan)
        #expect(journal.append(tick: 2, body: [2]))
        let reports = reports(of: journal) { !$0.isEmpty }
        guard case .failed? = reports.first, reports.count == 1 else {
            Issue.record("\(reports)")
            return
        }
    }

    @Test("frames that a link takes only in pieces arrive as they were", arguments: 1...4 as ClosedRange<UInt64>)
    func pieces(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        let ends = try Ends.channel()
        try ends.first.setNonBlocking()
        try ends.second.setNonBlocking()
        let reader = Descriptor(owning: dup(ends.second.number))
        let socket = LinkSocket(1, ends.keepFirst(), world: 1)
        var said: [UInt8] = []
        for _ in 0..<12 {
            let frame = (0..<random.below(300_000)).map { UInt8(truncatingIfNeeded: $0) ^ UInt8(seed) }
            said += frame
            socket.send(frame)
        }
        var heard: [UInt8] = []
        while heard.count < said.count {
            #expect(socket.flush())
            guard case .bytes(let bytes) = try reader.read(atMost: 1 + random.below(200_000)) else { continue }
            heard += bytes
        }
        #expect(heard == said && !socket.isCongested)
    }
}
