import OrgeJournal
import OrgeSimulatedDisk
import OrgeSystem
import Synchronization
import Testing

@testable import OrgeHostProcess

@Suite("Old images and segments")
struct RemovalTests {
    private static let world = GenesisIdentity(name: "test", number: 3)

    private func open(_ storage: any JournalStorage) throws -> JournalWriter {
        try Journal.open(storage, world: Self.world, seedIfNew: 1, codeID: "c0de", schemaHash: 5, holder: 1).startWriting(codeID: "c0de")
    }

    /// A journal of two segments: the first one ends with tick 1, and nothing needs it once there are images of ticks 1 and 2.
    private func journal(_ storage: any JournalStorage, _ disk: SimulatedStorage) throws -> JournalThread {
        do {
            var writer = try open(storage)
            try writer.append([JournalEntry(tick: 1, body: [1])])
        }
        disk.killProcess()
        return try JournalThread(try open(storage))
    }

    private func next(of journal: JournalThread) -> [PatientWriter.Report] {
        _ = waitUntilReady([Awaited(journal.reports.bell.number)], timeoutMilliseconds: 30_000)
        return journal.reports.drain()
    }

    private func durable(_ journal: JournalThread, _ tick: UInt64) -> Bool {
        guard journal.append(tick: tick, body: [UInt8(tick)]), case .durable(through: tick)? = next(of: journal).first else { return false }
        return true
    }

    private func adopted(_ journal: JournalThread, _ tick: UInt64, _ storage: any JournalStorage) throws -> FileRemoval? {
        try ImageFile(tick: tick, in: storage).publish()
        journal.adoptImage(tick: tick)
        guard case .imageAdopted(tick: tick, let removal)? = next(of: journal).first else { return nil }
        return removal
    }

    private func next(of images: ImageThread) -> [ImageReport] {
        _ = waitUntilReady([Awaited(images.reports.bell.number)], timeoutMilliseconds: 30_000)
        return images.reports.drain()
    }

    @Test("reach the disk's own removal through the storage that a host's start watches")
    func watched() throws {
        let storage = HeldRemovals()
        storage.letThrough()
        let watched = WatchedStorage(storage, DiskCalls())
        let path = StoragePath(.images, "old")
        watched.close(try watched.create(path, size: 0))
        try watched.remove(path)
        #expect(storage.begun.load(ordering: .sequentiallyConsistent) == 1)
        #expect(try storage.list(.images).isEmpty)
    }

    @Test("are removed on the image thread, and a commit does not wait for it")
    func beside() throws {
        let storage = HeldRemovals()
        let journal = try journal(storage, storage.disk)
        let images = try ImageThread(storage)
        #expect(durable(journal, 2))
        _ = try adopted(journal, 1, storage)
        images.remove(try #require(try adopted(journal, 2, storage)), tick: 2)
        while storage.begun.load(ordering: .sequentiallyConsistent) == 0 { _ = waitUntilReady([], timeoutMilliseconds: 1) }
        // The removal has begun and cannot end.
        #expect(durable(journal, 3))
        #expect(images.reports.drain().isEmpty)
        #expect(try storage.list(.journal).count == 2)
        storage.letThrough()
        guard case .tidied(tick: 2)? = next(of: images).first else {
            Issue.record("the removal did not end")
            return
        }
        #expect(try storage.list(.journal) == ["00000000000000000002.segment"])
        #expect(durable(journal, 4))
    }

    @Test("that could not be removed are told, and go with the next image")
    func again() throws {
        let storage = SimulatedStorage(seed: 1)
        let journal = try journal(storage, storage)
        let images = try ImageThread(storage)
        #expect(durable(journal, 2))
        _ = try adopted(journal, 1, storage)
        let first = try #require(try adopted(journal, 2, storage))
        storage.failNextSync()
        images.remove(first, tick: 2)
        var reports: [ImageReport] = []
        while reports.count < 2 { reports += next(of: images) }
        guard case .untidy = reports[0], case .tidied(tick: 2) = reports[1] else {
            Issue.record("\(reports)")
            return
        }
        #expect(durable(journal, 3))
        images.remove(try #require(try adopted(journal, 3, storage)), tick: 3)
        guard case .tidied(tick: 3)? = next(of: images).first else {
            Issue.record("the second removal did not end")
            return
        }
        #expect(try storage.list(.journal) == ["00000000000000000002.segment"])
        #expect(try storage.list(.images) == ["00000000000000000002.image", "00000000000000000003.image"])
        // Durably: the power fails, and nothing comes back.
        storage.crash(seed: 7)
        #expect(try storage.list(.journal) == ["00000000000000000002.segment"])
    }
}
