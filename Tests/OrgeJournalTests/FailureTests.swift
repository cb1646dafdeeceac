import OrgeSimulatedDisk
import OrgeSchema
import Testing

@testable import OrgeJournal

@Suite("A journal writer")
struct FailureTests {
    /// Segments that hold every record of a test, so that the syncs counted are those of groups.
    private var roomy: JournalSettings {
        var settings = JournalSettings()
        settings.firstSegmentBytes = 16 << 10
        return settings
    }

    @Test("never writes or syncs again after a failed sync")
    func failedSync() throws {
        let storage = SimulatedStorage()
        var writer = try storage.writeMeadow(settings: roomy)
        try writer.append([JournalEntry(tick: 1, body: [1])])
        storage.failNextSync()
        #expect(appendCode(&writer, tick: 2) == .system)
        #expect(writer.durableThrough == 1)
        let operations = storage.operationCount
        #expect(appendCode(&writer, tick: 2) == .failed)
        #expect(appendCode(&writer, tick: 3) == .failed)
        #expect(imageCode(&writer) == .failed)
        #expect(storage.operationCount == operations)
        #expect(writer.failure?.code == .system)
    }

    @Test("writes what may have been lost by a failed sync again, into a new segment", arguments: 0..<50)
    func failedSyncThenPowerCut(seed: UInt64) throws {
        let storage = SimulatedStorage(seed: seed)
        var writer = try storage.writeMeadow(settings: roomy)
        try writer.append([JournalEntry(tick: 1, body: [UInt8](repeating: 1, count: 100))])
        storage.failNextSync()
        #expect(appendCode(&writer, tick: 2) == .system)
        // The page cache shows tick 2 to the next host, which releases it; the disk may never have seen it.
        storage.killProcess()
        storage.inject(FaultPlan())
        let recovered = try storage.openMeadow(settings: roomy)
        #expect(recovered.lastTick == 2)
        _ = try recovered.startWriting(codeID: "code-1")
        storage.crash(seed: seed)
        #expect(try storage.openMeadow(settings: roomy).lastTick == 2)
    }

    @Test("takes what is renewed into a new segment, and a power cut afterwards takes nothing back", arguments: 0..<50)
    func renewal(seed: UInt64) throws {
        let storage = SimulatedStorage(seed: seed)
        var writer = try storage.writeMeadow(settings: roomy)
        try writer.append([JournalEntry(tick: 1, body: [1])])
        storage.failNextSync()
        let entries = [JournalEntry(tick: 2, body: [2]), JournalEntry(tick: 3, body: [3])]
        #expect(failureCode { () throws(JournalError) in try writer.append(entries) } == .system)
        let renewed = try writer.renew(with: Array(entries[writer.appendedCount...]))
        #expect(renewed.count == 2 && renewed.damage == nil && writer.durableThrough == 3 && writer.failure == nil)
        try writer.append([JournalEntry(tick: 4, body: [4])])
        storage.crash(seed: seed)
        let recovered = try storage.openMeadow(settings: roomy)
        #expect(try recovered.tail().all().entries == [JournalEntry(tick: 1, body: [1])] + entries + [JournalEntry(tick: 4, body: [4])])
    }

    @Test("calls nothing durable after durable records are lost, until an image makes them needless")
    func lostRecords() throws {
        let storage = SimulatedStorage()
        var writer = try storage.writeMeadow(settings: roomy)
        try writer.append([JournalEntry(tick: 1, body: [UInt8](repeating: 1, count: 500))])
        try writer.append([JournalEntry(tick: 2, body: [2])])
        storage.failNextSync()
        #expect(appendCode(&writer, tick: 3) == .system)
        try storage.damage(JournalNames.segment(1)) { $0[700] ^= 1 }
        let renewed = try writer.renew(with: [JournalEntry(tick: 3, body: [3])])
        #expect(renewed.count == 1 && renewed.damage?.code == .corrupt && writer.recordedThrough == 3)
        #expect(try writer.append([JournalEntry(tick: 4, body: [4])]) == .durable(through: 2))
        #expect(throws: JournalError.self) { try storage.copy().openMeadow(settings: roomy) }
        #expect(imageCode(&writer, tick: 1) == nil && writer.durableThrough == 2)
        #expect(imageCode(&writer, tick: 3) == nil && writer.durableThrough == 4)
        storage.crash(seed: 1)
        #expect(try storage.openMeadow(settings: roomy).lastTick == 4)
    }

    @Test("calls nothing durable after its segment's header is lost, which no image makes needless")
    func lostHeader() throws {
        let storage = SimulatedStorage()
        var writer = try storage.writeMeadow(settings: roomy)
        try writer.append([JournalEntry(tick: 1, body: [1])])
        storage.failNextSync()
        #expect(appendCode(&writer, tick: 2) == .system)
        try storage.damage(JournalNames.segment(1)) { $0[20] ^= 1 }
        #expect(try writer.renew(with: [JournalEntry(tick: 2, body: [2])]).damage?.code == .corrupt)
        #expect(imageCode(&writer, tick: 2) == nil && writer.durableThrough == 1)
    }

    @Test("never writes again after a failed write")
    func failedWrite() throws {
        let storage = SimulatedStorage()
        var writer = try storage.writeMeadow(settings: roomy)
        var plan = FaultPlan()
        plan.failedWrites = [2, 3, 4]
        storage.inject(plan)
        #expect(appendCode(&writer, tick: 1) == .system)
        let operations = storage.operationCount
        #expect(appendCode(&writer, tick: 1) == .failed)
        #expect(storage.operationCount == operations)
    }

    @Test("goes on when only an image could not be written")
    func failedImage() throws {
        let storage = SimulatedStorage()
        var writer = try storage.writeMeadow(settings: roomy)
        try writer.append([JournalEntry(tick: 1, body: [1])])
        var plan = FaultPlan()
        plan.capacity = 17 << 10
        storage.inject(plan)
        #expect(imageCode(&writer) == .full)
        #expect(appendCode(&writer, tick: 2) == nil)
        storage.inject(FaultPlan())
        #expect(imageCode(&writer) == nil)
        #expect(try storage.list(.images).count == 1)
    }

    private func appendCode(_ writer: inout JournalWriter, tick: UInt64) -> JournalError.Code? {
        do throws(JournalError) {
            try writer.append([JournalEntry(tick: tick, body: [UInt8](repeating: UInt8(tick), count: 1000))])
            return nil
        } catch {
            return error.code
        }
    }

    private func imageCode(_ writer: inout JournalWriter, tick: UInt64? = nil) -> JournalError.Code? {
        do throws(JournalError) {
            try writer.writeImage(tick: tick ?? writer.durableThrough, body: [UInt8](repeating: 7, count: 1000))
            return nil
        } catch {
            return error.code
        }
    }
}

@Suite("A writer that never gives up")
struct PatientWriterTests {
    @Test("tries new segments at once, then ever more rarely, says from the third on that it is stuck, and goes on when the disk works")
    func patience() throws {
        let storage = SimulatedStorage()
        var writer = PatientWriter(try storage.writeMeadow())
        #expect(writer.step([JournalEntry(tick: 1, body: [1])]).words == ["durable 1"])
        var plan = FaultPlan()
        plan.failedOperations = storage.operationCount..<Int.max
        storage.inject(plan)
        #expect(writer.step([JournalEntry(tick: 2, body: [2])]).words == ["durable 1", "failed"])
        var pauses: [PatientWriter.Pause] = []
        var said: [[String]] = []
        for _ in 0..<6 {
            pauses.append(writer.pause)
            said.append(writer.step([]).words)
        }
        #expect(pauses == [0, 250, 1_000, 5_000, 5_000, 5_000].map { .exactly(milliseconds: $0) })
        #expect(said == [[], [], ["stuck"], [], [], []])
        storage.inject(FaultPlan())
        #expect(writer.step([JournalEntry(tick: 3, body: [3])]).words == ["durable 3", "works"] && writer.pause == .untilWork && !writer.hasEntries)
        storage.crash(seed: 1)
        #expect(try storage.openMeadow().lastTick == 3)
    }

    @Test("asks for an image again and again when the disk has lost records, and adopts one that was published while it failed")
    func image() throws {
        let storage = SimulatedStorage()
        var writer = PatientWriter(try storage.writeMeadow())
        for tick in 1...2 as ClosedRange<UInt64> { _ = writer.step([JournalEntry(tick: tick, body: [1])]) }
        storage.failNextSync()
        _ = writer.step([JournalEntry(tick: 3, body: [3])])
        try storage.damage(JournalNames.segment(1)) { $0[600] ^= 1 }
        #expect(writer.step([]).words == ["durable 2", "image 3"] && writer.pause == .atMost(milliseconds: 1_000))
        #expect(writer.step([]).words == ["image 3"])
        #expect(writer.step([JournalEntry(tick: 4, body: [4])]).words == ["durable 2"])
        #expect(writer.step([], image: 1).words == ["image 4", "adopted 1"])
        #expect(writer.step([], image: 4).words == ["image 4", "durable 4", "adopted 4", "works"] && writer.pause == .untilWork)
    }
}

extension [PatientWriter.Report] {
    var words: [String] {
        map { report in
            switch report {
            case .durable(let tick): "durable \(tick)"
            case .noRoom: "no room"
            case .segmentFailed: "failed"
            case .stuck: "stuck"
            case .imageNeeded(let tick, _): "image \(tick)"
            case .fenced: "fenced"
            case .diskWorks: "works"
            case .imageAdopted(let tick, _): "adopted \(tick)"
            }
        }
    }
}
