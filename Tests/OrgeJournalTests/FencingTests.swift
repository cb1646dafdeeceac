import OrgeSchema
import OrgeSimulatedDisk
import Synchronization
import Testing

@testable import OrgeJournal

@Suite("Two hosts on one journal, where the lock does not hold")
struct FencingTests {
    @Test("the first learns of the second after its next group, calls nothing of that group durable, and ends for good")
    func newcomer() throws {
        let storage = SimulatedStorage()
        var first = PatientWriter(try storage.writeMeadow())
        #expect(first.step([JournalEntry(tick: 1, body: [1])]).words == ["durable 1"])
        storage.dropLock()
        var second = PatientWriter(try storage.writeMeadow())
        #expect(first.step([JournalEntry(tick: 2, body: [2])]).words == ["durable 1", "fenced"])
        #expect(first.state == .fenced && first.pause == .untilWork)
        for tick in 3...5 as ClosedRange<UInt64> { #expect(first.step([JournalEntry(tick: tick, body: [3])], image: 1).words.isEmpty) }
        #expect(second.step([JournalEntry(tick: 2, body: [9])]).words == ["durable 2"])
        storage.crash(seed: 1)
        #expect(try storage.openMeadow().tail().all().entries == [JournalEntry(tick: 1, body: [1]), JournalEntry(tick: 2, body: [9])])
    }

    @Test("an idle host learns it when it looks")
    func idle() throws {
        let storage = SimulatedStorage()
        var first = PatientWriter(try storage.writeMeadow())
        #expect(first.step([]).words.isEmpty)
        storage.dropLock()
        _ = try storage.writeMeadow()
        #expect(first.step([]).words == ["fenced"])
    }

    @Test("a host whose segment has failed does not go on in a new one after another host has begun it")
    func renewal() throws {
        let storage = SimulatedStorage()
        var first = PatientWriter(try storage.writeMeadow())
        _ = first.step([JournalEntry(tick: 1, body: [1])])
        storage.failNextSync()
        #expect(first.step([JournalEntry(tick: 2, body: [2])]).words == ["durable 1", "failed"])
        storage.dropLock()
        _ = try storage.writeMeadow()
        #expect(first.step([]).words == ["fenced"])
    }

    @Test("a host that stands still before it begins a segment can begin it neither while others go on nor when they have deleted theirs")
    func standstill() throws {
        let disk = SimulatedStorage()
        let storage = StoppingStorage(disk)
        var writer = PatientWriter(try storage.writeMeadow())
        _ = writer.step([JournalEntry(tick: 1, body: [1])])
        disk.dropLock()
        // Before the other's segment has a temporary file, which a start deletes.
        let recovered = try disk.openMeadow()
        storage.beforeLink { () throws(JournalError) in
            #expect(failureCode { () throws(JournalError) in try recovered.startWriting(codeID: "code-1") } == .changed)
            disk.dropLock()
            var other = try disk.writeMeadow()
            for tick in 2...60 as ClosedRange<UInt64> {
                try other.append([JournalEntry(tick: tick, body: [UInt8](repeating: 9, count: 200))])
                if tick % 20 == 0 { try other.writeImage(tick: tick, body: [1]) }
            }
            #expect(try !disk.exists(JournalNames.segment(2)))
        }
        let large = JournalEntry(tick: 2, body: [UInt8](repeating: 1, count: 2_000))
        #expect(writer.step([large]).words == ["durable 1", "failed"])
        #expect(writer.step([]).words == ["fenced"])
        let examination = try JournalExamination(disk)
        #expect(examination.isWhole && examination.rescue?.through == 60)
    }

    @Test("a second one that sees the first at work is refused, and the first is not disturbed")
    func refused() throws {
        let storage = SimulatedStorage()
        var first = try storage.writeMeadow()
        storage.dropLock()
        let recovered = try storage.openMeadow()
        try first.append([JournalEntry(tick: 1, body: [1])])
        #expect(failureCode { () throws(JournalError) in try recovered.startWriting(codeID: "code-1") } == .fenced)
        #expect(try first.append([JournalEntry(tick: 2, body: [2])]) == .durable(through: 2))
        storage.crash(seed: 1)
        #expect(try storage.openMeadow().lastTick == 2)
    }

    @Test("whatever the order of their calls, everything that any of them called durable is in the log", arguments: 0..<8)
    func interleavings(part: UInt64) throws {
        var ends: [JournalError.Code: Int] = [:]
        for seed in part * 60..<(part + 1) * 60 {
            let quarrel = Quarrel(seed: seed, hosts: seed % 3 == 0 ? 3 : 2)
            try quarrel.run()
            #expect(try quarrel.lost().isEmpty, "seed \(seed)")
            ends.merge(quarrel.ends, uniquingKeysWith: +)
        }
        // Each way to find the other host was taken.
        #expect(ends[.fenced, default: 0] > 10 && ends[.changed, default: 0] > 0, "\(ends)")
    }

    @Test("also when the power fails meanwhile", arguments: 0..<8)
    func powerCuts(part: UInt64) throws {
        for seed in part * 40..<(part + 1) * 40 {
            let quarrel = Quarrel(seed: seed, hosts: 2)
            try quarrel.run(powerCut: Int(seed * 7 % 150))
            quarrel.disk.crash(seed: seed)
            // The next host alone.
            _ = try quarrel.disk.writeMeadow(settings: smallSegments(keepsHistory: true))
            #expect(try quarrel.lost().isEmpty, "seed \(seed)")
        }
    }

    @Test("a host that does not look for its mark loses what it called durable: the property can fail")
    func control() throws {
        let lost = try (0..<60 as Range<UInt64>).filter { seed in
            let quarrel = Quarrel(seed: seed, hosts: 2, ignoresMarks: true)
            try quarrel.run()
            return (try? quarrel.lost().isEmpty) != true
        }
        #expect(!lost.isEmpty)
    }
}

/// Hosts that use one journal at the same time.
private final class Quarrel: Sendable {
    let disk: SimulatedStorage
    private let seed: UInt64
    private let hosts: Int
    private let settings: JournalSettings
    private let ignoresMarks: Bool
    private let told = Mutex<(acknowledged: [JournalEntry], ends: [JournalError.Code: Int])>(([], [:]))

    init(seed: UInt64, hosts: Int, ignoresMarks: Bool = false) {
        self.seed = seed
        self.hosts = hosts
        settings = smallSegments(keepsHistory: seed % 5 != 1)
        self.ignoresMarks = ignoresMarks
        disk = SimulatedStorage(seed: seed)
    }

    var ends: [JournalError.Code: Int] { told.withLock { $0.ends } }

    /// - Parameter powerCut: in which of all their calls the power fails; nil: in none.
    func run(powerCut: Int? = nil) throws {
        // A world that is new is no different, and a world that is not has more to lose.
        if seed % 4 != 0 { try Self.write(2, 0, try disk.writeMeadow(settings: settings)) { acknowledge($0) } }
        disk.dropLock()
        var plan = FaultPlan()
        plan.powerCut = powerCut.map { disk.operationCount + $0 }
        disk.inject(plan)
        let turns = Turns(seed: ~seed, threads: hosts)
        turns.run { [self] index in
            var random = RandomSource(seed: seed &* 31 &+ UInt64(index))
            let storage = TurnStorage(disk, turns, index, ignoresMarks: ignoresMarks)
            // A server starts its host again, unless another server has the journal.
            for _ in 0..<3 {
                guard let end = failureCode({ () throws(JournalError) in try live(storage, index, &random) }) else { return }
                told.withLock { $0.ends[end, default: 0] += 1 }
                if end == .fenced, random.chance(1, outOf: 2) { return }
            }
        }
    }

    private func live(_ storage: TurnStorage, _ index: Int, _ random: inout RandomSource) throws(JournalError) {
        let writer = try storage.openMeadow(settings: settings).startWriting(codeID: "code-1")
        try Self.write(random.within(0...10), index, writer, random.next()) { acknowledge($0) }
    }

    private static func write(
        _ groups: Int, _ index: Int, _ begun: consuming JournalWriter, _ seed: UInt64 = 0, _ acknowledge: (ArraySlice<JournalEntry>) -> Void
    ) throws(JournalError) {
        var random = RandomSource(seed: seed)
        var writer = begun
        for _ in 0..<groups {
            let entries = (1...random.within(1...3)).map { step in
                JournalEntry(tick: writer.recordedThrough + UInt64(step), body: [UInt8(index)] + random.body(upTo: 300))
            }
            do throws(JournalError) {
                try writer.append(entries)
                acknowledge(entries[...])
            } catch {
                acknowledge(entries[..<writer.appendedCount])
                guard error.code != .fenced else { throw error }
                let rest = Array(entries[writer.appendedCount...])
                let count = try writer.renew(with: rest).count
                acknowledge(rest[..<count])
            }
            if random.chance(1, outOf: 5) { try writer.writeImage(tick: writer.durableThrough, body: [1]) }
        }
    }

    private func acknowledge(_ entries: ArraySlice<JournalEntry>) { told.withLock { $0.acknowledged += entries } }

    /// What was called durable and is not in the log, as far as that is kept.
    func lost() throws -> [JournalEntry] {
        let journal = try Journal.inspect(disk.copy())
        let entries = try journal.records().all().entries
        return told.withLock { $0.acknowledged }.filter { $0.tick > journal.log.beginsAfter && !entries.contains($0) }
    }
}

@Suite("The newest segment's mark")
struct MarkTests {
    /// A history of some starts, with the image of a tick at most; its last segment has ticks of its own.
    private static func history(_ random: inout RandomSource) throws -> (storage: SimulatedStorage, tick: UInt64) {
        let storage = SimulatedStorage(seed: random.next())
        var tick: UInt64 = 0
        for _ in 0..<random.within(1...3) {
            var writer = try storage.writeMeadow(settings: smallSegments(keepsHistory: true))
            for _ in 0..<random.within(1...12) {
                try writer.append(random.entries(random.within(1...4), after: writer.durableThrough, bodyLimit: 600))
                if random.chance(1, outOf: 9) { try writer.writeImage(tick: writer.durableThrough, body: [1, 2, 3]) }
            }
            tick = writer.durableThrough
            storage.killProcess()
        }
        return (storage, tick)
    }

    @Test("tells of each segment that is missing, from the middle or the end: no start is from less", arguments: 0..<60)
    func missing(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        let (storage, tick) = try Self.history(&random)
        let numbers = try Journal.numbers(storage)
        for first in numbers {
            for last in Set([first, numbers.last!]) {
                let damaged = storage.copy()
                for number in first...last { try damaged.delete(JournalNames.segment(number)) }
                let comment: Comment = "seed \(seed): segments \(first) to \(last) of \(numbers.count) are missing"
                do throws(JournalError) {
                    let found = try damaged.copy().openMeadow()
                    // History before an image.
                    #expect(found.lastTick == tick && first == numbers.first && found.image?.tick ?? 0 >= found.log.beginsAfter, comment)
                } catch {
                    #expect(error.code == .corrupt, comment)
                    #expect(failureCode { () throws(JournalError) in try Journal.inspect(damaged) } == .corrupt, comment)
                    try Self.expectTold(damaged, error, comment)
                }
            }
        }
    }

    /// The doctor names it and saves the rest.
    private static func expectTold(_ damaged: SimulatedStorage, _ error: JournalError, _ comment: Comment) throws {
        let examination = try JournalExamination(damaged)
        #expect(examination.refusal == error && !examination.isWhole, comment)
        guard let rescue = examination.rescue else { return }
        let saved = SimulatedStorage()
        try examination.repair(damaged, into: saved)
        #expect(try JournalExamination(saved).isWhole, comment)
        #expect(try Journal.inspect(saved).lastTick == rescue.through, comment)
    }

    @Test("says which segment is missing, what is intact, and what to do")
    func words() throws {
        let storage = SimulatedStorage()
        var writer = try storage.writeMeadow()
        try writer.append([JournalEntry(tick: 1, body: [1])])
        storage.killProcess()
        _ = try storage.writeMeadow()
        storage.killProcess()
        try storage.delete(JournalNames.segment(2))
        do throws(JournalError) {
            _ = try storage.openMeadow()
            Issue.record("a start from less")
        } catch {
            #expect(error.path == JournalNames.segment(2))
            for part in ["is missing", "through 1 are intact and end with tick 1", "orge doctor --repair"] { #expect(error.message.contains(part)) }
        }
    }

    @Test("is itself told when it is missing, and written again by a repair")
    func missingMark() throws {
        var random = RandomSource(seed: 1)
        let (storage, tick) = try Self.history(&random)
        for name in try storage.list(.world) where name.hasSuffix(".newest") || name.hasSuffix(".claimed") { try storage.delete(StoragePath(.world, name)) }
        do throws(JournalError) {
            _ = try storage.openMeadow()
            Issue.record("a start without a mark")
        } catch {
            #expect(error.code == .corrupt && error.path?.folder == .world)
            storage.killProcess()
            let examination = try JournalExamination(storage)
            #expect(examination.rescue?.through == tick)
            try Self.expectTold(storage, error, "the mark is missing")
        }
    }

    @Test("is kept with the one before it, and no other")
    func always() throws {
        let storage = SimulatedStorage()
        for _ in 0..<5 {
            _ = try storage.writeMeadow(settings: smallSegments(keepsHistory: true))
            storage.killProcess()
            #expect(try storage.list(.world).count <= 3)
        }
        #expect(try JournalMarks(storage).newest() == 5)
    }
}
