import Glibc
import OrgeHost
import OrgeImage
import OrgeJournal
import OrgeSchema
import OrgeSimulatedDisk
import OrgeSystem
import OrgeWorld
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

    /// What the thread reports until the condition holds.
    private func reports(of journal: JournalThread, until isDone: ([PatientWriter.Report]) -> Bool) -> [PatientWriter.Report] {
        var reports: [PatientWriter.Report] = []
        while !isDone(reports) {
            guard waitUntilReady([Awaited(journal.reports.bell.number)], timeoutMilliseconds: 30_000)[0] else { break }
            reports += journal.reports.drain()
        }
        return reports
    }

    @Test("the image thread reads an image while its world runs, publishes it when it is told, and starts find it")
    func images() throws {
        let storage = SimulatedStorage(seed: 1)
        let world = GenesisIdentity(name: Tiny.name, number: 3)
        let recovered = try Journal.open(storage, world: world, seedIfNew: 1, codeID: "c0de", schemaHash: 5, holder: 1)
        var writer = try recovered.startWriting(codeID: "c0de")
        var state = HostState(new: WorldEngine(Tiny.self, number: 3, seed: 1))
        let images = try ImageThread(storage)
        let hash = state.stateHash
        images.read(writer.imageHeader(tick: 0), state.beginImage(poolBytes: nil))
        for tick in 1...50 as ClosedRange<UInt64> {
            let record = state.seal(tick: tick, utcMilliseconds: 0, lateMicroseconds: 0, inputs: [])
            _ = state.run(record, body: record.encoded())
        }
        #expect(state.stateHash != hash)
        guard case .read? = report(of: images) else {
            Issue.record("the image was not read")
            return
        }
        state.endImage()
        #expect(try storage.list(.images).allSatisfy { $0.hasSuffix(".tmp") }, "named before it was published")
        images.publish(tick: 0)
        guard case .written(tick: 0)? = report(of: images) else {
            Issue.record("the image was not written")
            return
        }
        var removal = try writer.adoptImage(tick: 0)
        #expect(try !removal.step(in: storage), "the only image makes nothing unneeded")
        let restored = try HostState.restore(Tiny.self, from: try Journal.inspect(storage).image!.source)
        #expect(restored.stateHash == hash && restored.tick == 0)
    }

    private func report(of images: ImageThread) -> ImageReport? {
        while waitUntilReady([Awaited(images.reports.bell.number)], timeoutMilliseconds: 30_000)[0] {
            if let report = images.reports.drain().first { return report }
        }
        return nil
    }

    /// Changes every row in every tick.
    enum Tiny: World {
        static let name = "test"
        static var parts: Parts {
            Counter.self
            Counting.self
        }
        static func start(_ turn: inout Turn) {
            for index in 0..<5_000 {
                do throws(Refusal) { try turn.set(try turn.spawn(), Counter(value: UInt64(index))) } catch { preconditionFailure("\(error)") }
            }
        }
        static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
    }

    struct Counter: Component { var value: UInt64 = 0 }

    enum Counting: System {
        static var writes: [any Component.Type] { [Counter.self] }
        static func run(_ turn: inout Turn) { turn.each { (counter: inout Counter) in counter.value &+= 1 } }
    }

    @Test("a journal whose disk fails says so, tries for as long as it takes, and says that what it was given is durable when the disk works")
    func failure() throws {
        let storage = SimulatedStorage(seed: 1)
        let journal = try journal(storage)
        #expect(journal.append(tick: 1, body: [1]))
        _ = reports(of: journal) { !$0.isEmpty }
        var plan = FaultPlan()
        plan.failedOperations = storage.operationCount..<Int.max
        storage.inject(plan)
        #expect(journal.append(tick: 2, body: [2]))
        var isMended = false
        let reports = reports(of: journal) { reports in
            if case .stuck? = reports.last, !isMended {
                storage.inject(FaultPlan())
                isMended = true
            }
            return isMended && reports.contains { if case .diskWorks = $0 { true } else { false } }
        }
        let words = reports.map { report in
            switch report {
            case .durable(let tick): "durable \(tick)"
            case .segmentFailed: "failed"
            case .stuck: "stuck"
            case .diskWorks: "works"
            case .noRoom, .imageNeeded, .imageAdopted, .fenced: "\(report)"
            }
        }
        #expect(words == ["durable 1", "failed", "stuck", "durable 2", "works"])
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
