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
        var plan = FaultPlan()
        plan.failedSyncs = [storage.syncCount]
        storage.inject(plan)
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
        var plan = FaultPlan()
        plan.failedSyncs = [storage.syncCount]
        storage.inject(plan)
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

    private func imageCode(_ writer: inout JournalWriter) -> JournalError.Code? {
        do throws(JournalError) {
            try writer.writeImage(tick: writer.durableThrough, body: [UInt8](repeating: 7, count: 1000))
            return nil
        } catch {
            return error.code
        }
    }
}
