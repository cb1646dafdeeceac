import OrgeSchema
import OrgeSimulatedDisk
import OrgeWorld
import Testing

@testable import OrgeHost
@testable import OrgeJournal

@Suite("The doctor: every claim about a damaged folder is carried out and checked") struct DoctorTests {
    /// Three lives of a world: two that ended with an image, one that was killed. What every tick led to.
    private struct Subject {
        let storage: SimulatedStorage
        var hashes: [UInt64: UInt64] = [:]
        var lastTick: UInt64 = 0

        init() throws {
            let rig = HostRig<Tally>()
            for life in 1...3 {
                try rig.start()
                let edge = rig.addEdge(id: UInt64(life))
                let anna = edge.join("anna\(life)")
                try rig.settle(rounds: 4)
                for amount in 1...4 {
                    edge.command(anna, TallyBytes.add, TallyBytes.add(UInt64(amount)))
                    try rig.settle(rounds: 2)
                }
                if life < 3 {
                    rig.handle(.stop)
                    try rig.commit()
                }
                rig.crash(losesPower: false, seed: 0)
            }
            storage = rig.storage
            let journal = try Journal.inspect(storage.copy())
            lastTick = journal.lastTick
            hashes[0] = WorldEngine(Tally.self, number: 3, seed: rig.seed).stateHash
            var found = hashes
            try RecoveredHost.replay(Tally.self, journal) { _, executed, state in found[executed.tick] = state.stateHash }
            hashes = found
        }

        var files: [StoragePath] {
            get throws {
                let segments = try storage.list(.journal).map { StoragePath(.journal, $0) }
                return [JournalNames.genesis] + segments + (try storage.list(.images).map { StoragePath(.images, $0) })
            }
        }
    }

    private static func start(_ storage: SimulatedStorage) throws -> (tick: UInt64, hash: UInt64, isTold: Bool) {
        let journal = try Journal.open(
            storage, schema: WorldEngine.schema(of: Tally.self), number: 3, seedIfNew: 1, codeID: HostRig<Tally>.codeID, holder: 1)
        let host = try RecoveredHost.recover(Tally.self, from: journal)
        return (host.state.tick, host.state.stateHash, journal.log.tornBytes > 0 || !journal.damagedImages.isEmpty)
    }

    /// Neither a start nor the doctor is silent about less, and what can be saved is saved.
    private static func check(_ subject: Subject, _ damaged: SimulatedStorage, _ comment: Comment) throws {
        let examination = try JournalExamination(damaged.copy())
        let started = Result { try start(damaged.copy()) }
        switch started {
        case .success(let start):
            #expect(start.tick == subject.lastTick || start.isTold, comment)
            #expect(start.hash == subject.hashes[start.tick], comment)
            #expect(examination.refusal == nil, comment)
            #expect(examination.rescue?.through ?? 0 >= start.tick, comment)
        case .failure: #expect(!examination.isWhole, comment)
        }
        guard let rescue = examination.rescue else { return }
        let target = SimulatedStorage()
        try examination.repair(damaged, into: target)
        #expect(try JournalExamination(target.copy()).isWhole, comment)
        let saved = try start(target.copy())
        #expect(saved.tick == rescue.through && saved.hash == subject.hashes[rescue.through], comment)
        let journal = try Journal.inspect(target)
        try RecoveredHost.replay(Tally.self, journal) { _, executed, state in
            #expect(subject.hashes[executed.tick] == state.stateHash, comment)
        }
    }

    @Test("a whole folder is whole, and all of it can be saved")
    func whole() throws {
        let subject = try Subject()
        let examination = try JournalExamination(subject.storage)
        #expect(examination.isWhole && examination.remarks.isEmpty)
        #expect(examination.rescue?.through == subject.lastTick && examination.rescue?.recordsAfter == 0)
        #expect(examination.images.count == 2 && examination.codeIDs == [HostRig<Tally>.codeID])
        try Self.check(subject, subject.storage, "undamaged")
    }

    @Test("flipped bits anywhere", arguments: 0..<8)
    func flipped(part: Int) throws {
        let subject = try Subject()
        var random = RandomSource(seed: UInt64(part))
        for path in try subject.files {
            let bytes = try subject.storage.read(path)
            let used = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
            for _ in 0..<5 {
                let (place, bit) = (Int(random.next() % UInt64(used)), UInt8(1) << UInt8(random.next() % 8))
                let damaged = subject.storage.copy()
                try damaged.damage(path) { $0[place] ^= bit }
                try Self.check(subject, damaged, "seed \(part): bit \(bit) of byte \(place) in \(path)")
            }
        }
    }

    @Test("cut, emptied and missing files")
    func cut() throws {
        let subject = try Subject()
        let files = try subject.files
        for path in files {
            let count = try subject.storage.read(path).count
            for left in [0, 1, count / 2, count - 1] {
                let damaged = subject.storage.copy()
                try damaged.damage(path) { $0 = Array($0.prefix(left)) }
                try Self.check(subject, damaged, "\(path) cut to \(left) bytes")
            }
            let damaged = subject.storage.copy()
            try damaged.delete(path)
            try Self.check(subject, damaged, "\(path) missing")
        }
    }

    @Test("swapped and doubled files of one kind")
    func swapped() throws {
        let subject = try Subject()
        for folder in [StorageFolder.journal, .images] {
            let paths = try subject.files.filter { $0.folder == folder }
            for (one, other) in zip(paths, paths.dropFirst()) {
                let bytes = (try subject.storage.read(one), try subject.storage.read(other))
                let damaged = subject.storage.copy()
                try damaged.damage(other) { $0 = bytes.0 }
                try Self.check(subject, damaged, "\(one) also in place of \(other)")
                try damaged.damage(one) { $0 = bytes.1 }
                try Self.check(subject, damaged, "\(one) and \(other) swapped")
            }
        }
    }

    @Test("an image without its log is saved with a log that begins after it, and the genesis is written again from an image")
    func imageAlone() throws {
        let subject = try Subject()
        let damaged = subject.storage.copy()
        for name in try damaged.list(.journal) { try damaged.delete(StoragePath(.journal, name)) }
        try Self.check(subject, damaged, "no segment is left")
        try damaged.delete(JournalNames.genesis)
        let examination = try JournalExamination(damaged)
        #expect(examination.identity?.name == Tally.name && examination.rescue?.imageTick == examination.images.last?.tick)
        try Self.check(subject, damaged, "images alone are left")
    }

    @Test("a journal of another world or of a newer format is told, and nothing of it is taken")
    func foreign() throws {
        let subject = try Subject()
        let other = HostRig<Tally>(seed: 99)
        try other.start()
        other.crash(losesPower: false, seed: 0)
        let damaged = subject.storage.copy()
        let (first, genesis) = (JournalNames.segment(1), try other.storage.read(JournalNames.genesis))
        let segment = try other.storage.read(first)
        try damaged.damage(first) { $0 = segment }
        #expect(try JournalExamination(damaged).findings.contains { $0.code == .otherWorld && $0.path == first })
        try Self.check(subject, damaged, "the first segment is of another world")
        let mixed = subject.storage.copy()
        try mixed.damage(JournalNames.genesis) { $0 = genesis }
        #expect(try !JournalExamination(mixed).isWhole)
        let newer = subject.storage.copy()
        try newer.damage(JournalNames.segment(2)) { $0[9] = 77 }
        #expect(try JournalExamination(newer).findings.contains { $0.code == .newerFormat })
        try Self.check(subject, newer, "a segment of a newer format")
    }

    @Test("the background check walks what has a successor, tells each damaged segment once, and goes on")
    func background() throws {
        let subject = try Subject()
        let numbers = try Journal.numbers(subject.storage)
        func run(_ storage: SimulatedStorage) throws -> (through: UInt64, damaged: [JournalError]) {
            var check = try #require(try HistoryCheck(storage, forgets: false))
            var damaged: [JournalError] = []
            while true {
                switch try check.step(storage) {
                case .checked: continue
                case .damaged(let error): damaged.append(error)
                case .caughtUp: return (check.checkedThrough, damaged)
                }
            }
        }
        let whole = try run(subject.storage)
        #expect(whole.damaged.isEmpty && whole.through > 0 && whole.through < subject.lastTick)
        for number in numbers.dropLast() {
            let damaged = subject.storage.copy()
            try damaged.damage(JournalNames.segment(number)) { $0[SegmentHeader.byteCount + 60] ^= 4 }
            let found = try run(damaged)
            #expect(found.through == whole.through && found.damaged.map(\.path) == [JournalNames.segment(number)], "segment \(number)")
        }
    }
}
