import OrgeSimulatedDisk
import OrgeSchema
import Testing

@testable import OrgeJournal

@Suite("A start from image and tail")
struct StartTests {
    /// A history of some starts, with images, and some of its ticks after the last of them.
    private static func history(_ random: inout RandomSource) throws -> SimulatedStorage {
        let storage = SimulatedStorage(seed: random.next())
        for _ in 0..<random.within(1...4) {
            var writer = try storage.writeMeadow(settings: smallSegments(keepsHistory: true))
            for _ in 0..<random.below(16) {
                try writer.append(random.entries(random.within(1...4), after: writer.durableThrough, bodyLimit: 600))
                if random.chance(1, outOf: 5) { try writer.writeImage(tick: writer.durableThrough, body: [1, 2, 3]) }
            }
            storage.killProcess()
        }
        if random.chance(1, outOf: 3), let newest = try storage.list(.images).last {
            try storage.damage(StoragePath(.images, newest)) { $0[$0.count - 1] ^= 1 }
        }
        return storage
    }

    private static func outcome(_ body: () throws(JournalError) -> RecoveredJournal) -> Result<RecoveredJournal, JournalError> {
        do throws(JournalError) { return .success(try body()) } catch { return .failure(error) }
    }

    /// Damage anywhere in the log: what a start reads it refuses as a reader of everything does; what it does not read changes nothing for it,
    /// and the reader of everything names it.
    @Test("refuses damage in what it reads with the words of one who reads everything, and needs nothing else", arguments: 0..<60)
    func damage(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        let storage = try Self.history(&random)
        let before = try Journal.open(storage.copy(), world: meadow, seedIfNew: 0, codeID: "code-1", schemaHash: meadowSchema, holder: 1)
        try expectSame(before, try Journal.inspect(storage), "seed \(seed)")
        let unread = Set(before.log.pieces.prefix(before.log.unreadCount).map(\.number))
        for number in before.log.pieces.map(\.number) {
            for _ in 0..<8 {
                let damaged = storage.copy()
                let size = try storage.read(JournalNames.segment(number)).count
                let place = random.chance(1, outOf: 4) ? random.below(SegmentHeader.byteCount) : random.below(size)
                try damaged.damage(JournalNames.segment(number)) { $0[place] ^= 1 << UInt8(random.below(8)) }
                let comment: Comment = "seed \(seed), segment \(number), byte \(place)"
                let whole = Self.outcome { () throws(JournalError) in try Journal.inspect(damaged) }
                let start = Self.outcome { () throws(JournalError) in try damaged.openMeadow() }
                if unread.contains(number), place >= SegmentHeader.byteCount {
                    try expectUntouched(try start.get(), before, whole, number, comment)
                } else {
                    try expectSameOutcome(start, whole, comment)
                }
            }
        }
    }

    /// Damage in history: the start gives the same as before, and reading everything reports the place, unless the bytes are dead.
    private func expectUntouched(
        _ start: RecoveredJournal, _ before: RecoveredJournal, _ whole: Result<RecoveredJournal, JournalError>, _ number: UInt64, _ comment: Comment
    ) throws(JournalError) {
        #expect(start.log == before.log && start.image?.identity == before.image?.identity, comment)
        let (tail, tailBefore) = (try start.tail().all(), try before.tail().all())
        #expect(tail == tailBefore, comment)
        switch whole {
        case .success(let whole): #expect(whole.log.pieces == before.log.pieces, comment)
        case .failure(let error): #expect(error.code == .corrupt && error.path == JournalNames.segment(number), comment)
        }
    }

    private func expectSameOutcome(
        _ start: Result<RecoveredJournal, JournalError>, _ whole: Result<RecoveredJournal, JournalError>, _ comment: Comment
    ) throws(JournalError) {
        switch (start, whole) {
        case (.success(let start), .success(let whole)): try expectSame(start, whole, comment)
        case (.failure(let start), .failure(let whole)): #expect(start == whole, comment)
        case (.success, .failure(let error)): Issue.record("the start overlooks what reading everything finds: \(error); \(comment)")
        case (.failure(let error), .success): Issue.record("the start refuses what reading everything does not: \(error); \(comment)")
        }
    }

    @Test("reads as much after a long history as after a short one, and of older segments their headers")
    func countedReads() throws {
        var read: [Int] = []
        for images in [4, 30, 120] {
            let storage = CountingStorage()
            var writer = try storage.writeMeadow(settings: smallSegments(keepsHistory: true))
            for tick in 1...UInt64(images * 10 + 5) {
                try writer.append([JournalEntry(tick: tick, body: [UInt8](repeating: 7, count: 150))])
                if tick % 10 == 0 { try writer.writeImage(tick: tick, body: [UInt8](repeating: 9, count: 500)) }
            }
            storage.disk.killProcess()
            storage.forgetCounts()
            let recovered = try storage.openMeadow(settings: smallSegments(keepsHistory: true))
            #expect(try recovered.tail().all().entries.count == 5)
            _ = try recovered.startWriting(codeID: "code-1")
            let counts = storage.bytesRead
            let unread = recovered.log.pieces.prefix(recovered.log.unreadCount).map { JournalNames.segment($0.number) }
            #expect(unread.count >= recovered.log.pieces.count - 2)
            for path in unread { #expect(counts.first { $0.path == path }?.bytes == SegmentHeader.byteCount) }
            read.append(counts.filter { !unread.contains($0.path) }.reduce(0) { $0 + $1.bytes })
        }
        // The image, and two segments: headers, recovery, tail, last group. Where in its segment an image stands differs from one to the next.
        for bytes in read { #expect(bytes <= 2000 + 2 * 4 * smallSegments().largestSegmentBytes, "\(read)") }
    }

    @Test("does not read the segments that starts without a tick have left")
    func restarts() throws {
        let storage = CountingStorage()
        var writer = try storage.writeMeadow(settings: smallSegments(keepsHistory: true))
        try writer.append([JournalEntry(tick: 1, body: [1])])
        try writer.writeImage(tick: 1, body: [])
        for _ in 0..<50 {
            storage.disk.killProcess()
            storage.forgetCounts()
            _ = try storage.writeMeadow(settings: smallSegments(keepsHistory: true))
        }
        let whole = storage.bytesRead.filter { $0.path.folder == .journal && $0.bytes > SegmentHeader.byteCount }
        #expect(whole.count == 1, "\(whole)")
    }

    @Test("goes back to the older image, and then reads more, when the newest is damaged")
    func olderImage() throws {
        let storage = SimulatedStorage()
        var writer = try storage.writeMeadow(settings: smallSegments(keepsHistory: true))
        for tick in 1...UInt64(125) {
            try writer.append([JournalEntry(tick: tick, body: [UInt8](repeating: 7, count: 150))])
            if tick % 50 == 0 { try writer.writeImage(tick: tick, body: [UInt8(tick)]) }
        }
        storage.killProcess()
        let newest = try storage.copy().openMeadow()
        #expect(newest.image?.tick == 100)
        try storage.damage(JournalNames.image(100)) { $0[130 - 2] ^= 1 }
        let older = try storage.openMeadow()
        #expect(older.image?.tick == 50 && older.damagedImages.count == 1)
        #expect(try older.tail().all().entries.map(\.tick) == Array(51...125))
        #expect(0 < older.log.unreadCount && older.log.unreadCount < newest.log.unreadCount)
    }

    @Test("does not hand out records of history, which were not checked")
    func recordsOfAStart() async {
        await #expect(processExitsWith: .failure) {
            let storage = SimulatedStorage()
            var writer = try storage.writeMeadow(settings: smallSegments(keepsHistory: true))
            for tick in 1...UInt64(100) { try writer.append([JournalEntry(tick: tick, body: [UInt8](repeating: 7, count: 150))]) }
            try writer.writeImage(tick: 100, body: [])
            storage.killProcess()
            _ = try storage.openMeadow().records()
        }
    }
}
