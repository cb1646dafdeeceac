import OrgeJournal
import OrgeSimulatedDisk
import OrgeSystem
import Testing

@testable import OrgeHostProcess

@Suite("A disk with little room")
struct FreeSpaceTests {
    @Test("is warned of below the floor, pauses the world below a quarter of it, and has to have half of it again")
    func levels() {
        var watch = FreeSpaceWatch(floor: 1_000)
        let seen = [5_000, 1_000, 999, 250, 249, 100, 499, 500, 200, 1_000].map { watch.observe(freeBytes: $0) }
        #expect(seen == [nil, nil, .low, nil, .exhausted, nil, nil, .low, .exhausted, .ample])
    }

    @Test("is of no interest without a floor")
    func noFloor() {
        var watch = FreeSpaceWatch(floor: 0)
        #expect(watch.observe(freeBytes: 0) == nil && watch.level == .ample)
    }

    @Test("holds the journal's thread up: records wait, and are durable in their order once there is room")
    func journal() throws {
        let storage = SimulatedStorage(seed: 1)
        var settings = JournalSettings()
        settings.firstSegmentBytes = 4_096
        let recovered = try Journal.open(
            storage, world: GenesisIdentity(name: "test", number: 3), seedIfNew: 1, codeID: "c0de", schemaHash: 5, holder: 1, settings: settings)
        let journal = try JournalThread(try recovered.startWriting(codeID: "c0de"))
        var full = FaultPlan()
        full.capacity = 0
        storage.inject(full)
        for tick in 1...20 as ClosedRange<UInt64> { #expect(journal.append(tick: tick, body: [UInt8](repeating: 7, count: 500))) }
        var (durable, hasRoom) = (0 as UInt64, true)
        func hear(until isDone: () -> Bool) {
            while !isDone(), waitUntilReady([Awaited(journal.reports.bell.number)], timeoutMilliseconds: 30_000)[0] {
                for report in journal.reports.drain() {
                    switch report {
                    case .durable(let tick):
                        #expect(tick >= durable)
                        durable = tick
                    case .noRoom: hasRoom = false
                    case .diskWorks: hasRoom = true
                    case .segmentFailed, .stuck, .imageNeeded, .imageAdopted, .fenced: Issue.record("\(report)")
                    }
                }
            }
        }
        hear { !hasRoom }
        #expect(!hasRoom && durable < 20)
        storage.inject(FaultPlan())
        hear { durable == 20 && hasRoom }
        #expect(durable == 20 && hasRoom)
        storage.crash(seed: 2)
        let again = try Journal.open(
            storage, world: GenesisIdentity(name: "test", number: 3), seedIfNew: 1, codeID: "c0de", schemaHash: 5, holder: 1, settings: settings)
        #expect(again.lastTick == 20)
    }
}
