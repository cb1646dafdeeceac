import OrgeSimulatedDisk
import OrgeSchema
import Testing

@testable import OrgeJournal

@Suite("A damaged journal")
struct DamageTests {
    /// One segment with three records, each a group of its own, and where they begin.
    private static func threeRecords() throws -> (bytes: [UInt8], path: StoragePath, starts: [Int], end: Int) {
        let storage = SimulatedStorage()
        var writer = try storage.writeMeadow()
        var starts: [Int] = []
        for tick: UInt64 in 1...3 {
            starts.append(writer.segment.end)
            try writer.append([JournalEntry(tick: tick, body: [UInt8](repeating: UInt8(tick), count: 9 + Int(tick)))])
        }
        let path = JournalNames.segment(1)
        return (try storage.read(path), path, starts, writer.segment.end)
    }

    private static func recover(_ bytes: [UInt8]) throws(JournalError) -> (log: RecoveredLog, entries: [JournalEntry]) {
        let storage = SimulatedStorage()
        _ = try storage.writeMeadow()
        try storage.damage(JournalNames.segment(1)) { $0 = bytes }
        let recovered = try Journal.inspect(storage)
        return (recovered.log, try recovered.records().all().entries)
    }

    @Test("is read up to the last whole record when its tail is torn at any byte")
    func tornTail() throws {
        let (bytes, _, starts, end) = try Self.threeRecords()
        for cut in starts[0]..<end {
            var torn = bytes
            for index in cut..<end { torn[index] = 0 }
            let (log, entries) = try Self.recover(torn)
            // Zeros that were zeros anyway, as in the padding of a record, are no tear.
            let whole = starts.indices.filter { index in
                let recordEnd = index + 1 < starts.count ? starts[index + 1] : end
                return torn[..<recordEnd] == bytes[..<recordEnd]
            }
            #expect(entries.map(\.tick) == whole.map { UInt64($0 + 1) }, "cut at \(cut)")
            #expect(log.pieces[0].end == (whole.count < 3 ? starts[whole.count] : end))
            #expect((log.tornBytes > 0) == torn[log.pieces[0].end...].contains { $0 != 0 })
        }
    }

    @Test("is called corrupt when the file is shorter than it was durable")
    func shortened() throws {
        let bytes = try Self.threeRecords().bytes
        for count in stride(from: 0, to: bytes.count, by: 37) {
            #expect(failureCode { () throws(JournalError) in try Self.recover(Array(bytes.prefix(count))) } == .corrupt, "\(count) bytes")
        }
    }

    @Test("never yields a flipped bit: a torn tail in the last record, corruption before it")
    func flippedBits() throws {
        let (bytes, _, starts, end) = try Self.threeRecords()
        for index in 0..<end {
            var flipped = bytes
            flipped[index] ^= 1 << UInt8(index % 8)
            if index >= starts[2] {
                let (log, entries) = try Self.recover(flipped)
                #expect(entries.map(\.tick) == [1, 2], "byte \(index)")
                #expect(log.pieces[0].end == starts[2] && log.tornBytes > 0)
            } else {
                let code = failureCode { () throws(JournalError) in try Self.recover(flipped) }
                #expect(code == .corrupt || index < 56 && (code == .otherWorld || code == .newerFormat), "byte \(index): \(String(describing: code))")
            }
        }
    }

    @Test("says where the damage is and what proves it")
    func message() throws {
        let (bytes, path, starts, _) = try Self.threeRecords()
        var flipped = bytes
        flipped[starts[1] + RecordHeader.byteCount] ^= 1
        do throws(JournalError) {
            _ = try Self.recover(flipped)
            Issue.record("damage went unnoticed")
        } catch {
            #expect(error.path == path && error.offset == starts[1])
            #expect(error.message.contains("the record of tick 2 is damaged, and the record at byte \(starts[2]) was written after it was durable"))
        }
    }

    @Test("takes a torn group for a torn tail, whichever of its records survived")
    func tornGroup() throws {
        let storage = SimulatedStorage()
        var writer = try storage.writeMeadow()
        try writer.append([JournalEntry(tick: 1, body: [1])])
        let start = writer.segment.end
        try writer.append((2...4).map { JournalEntry(tick: $0, body: [UInt8($0)]) })
        let recordBytes = RecordHeader.recordBytes(body: 1)
        for (damaged, survivors) in [(0, 1), (1, 2), (2, 3)] {
            var bytes = try storage.read(JournalNames.segment(1))
            bytes[start + damaged * recordBytes] ^= 1
            #expect(try Self.recover(bytes).entries.count == survivors)
        }
    }

    @Test("does not take a record inside a command's bytes for a record")
    func forgedRecord() throws {
        let (bytes, _, starts, end) = try Self.threeRecords()
        let storage = SimulatedStorage()
        var writer = try storage.writeMeadow()
        // A body that is itself a whole segment's worth of records, torn at its header.
        try writer.append([JournalEntry(tick: 1, body: Array(bytes[starts[0]..<end]))])
        try storage.damage(JournalNames.segment(1)) { $0[starts[0]] ^= 1 }
        #expect(try Journal.inspect(storage).records().all().entries.isEmpty)
    }

    @Test("is called corrupt when a segment is missing, or damaged before the last one")
    func segments() throws {
        let storage = SimulatedStorage()
        var writer = try storage.writeMeadow()
        try writer.append((1...40).map { JournalEntry(tick: $0, body: [UInt8](repeating: 1, count: 200)) })
        let names = try storage.list(.journal)
        #expect(names.count > 3)
        let middle = StoragePath(.journal, names[1])
        let whole = try storage.read(middle)
        try storage.damage(middle) { $0[whole.count / 2] ^= 1 }
        #expect(failureCode { () throws(JournalError) in try Journal.inspect(storage) } == .corrupt)
        try storage.damage(middle) { $0 = whole }
        _ = try Journal.inspect(storage)
        try storage.delete(middle)
        #expect(failureCode { () throws(JournalError) in try Journal.inspect(storage) } == .corrupt)
    }

    @Test("refuses a record that contradicts the ones before it", arguments: ["gap", "older incarnation", "tick twice", "incarnation twice"])
    func contradictions(what: String) throws {
        let (bytes, _, starts, end) = try Self.threeRecords()
        let key = Genesis(identity: meadow, seed: 42).key(segment: 1)
        var record = JournalRecord(kind: .tick, incarnation: 1, tick: 4, body: [])
        var previousTick: UInt64 = 3
        switch what {
        case "gap": previousTick = 4
        case "older incarnation": record.incarnation = 0
        case "tick twice": record.tick = 3
        default: record.kind = .opened
        }
        var writer = ByteWriter()
        writer.bytes(bytes[..<end])
        RecordHeader.append(record, previousTick: previousTick, groupStart: end, register: key.register(at: end), to: &writer)
        writer.bytes(repeatElement(0, count: bytes.count - writer.count))
        #expect(starts.count == 3)
        #expect(failureCode { () throws(JournalError) in try Self.recover(writer.bytes) } == .corrupt)
    }

    @Test("tells a newer format from damage")
    func newerFormat() throws {
        let storage = SimulatedStorage()
        _ = try storage.writeMeadow()
        try storage.damage(JournalNames.segment(1)) { $0[9] = 9 }
        #expect(failureCode { () throws(JournalError) in try Journal.inspect(storage) } == .newerFormat)
    }

    @Test("does not start without its genesis, nor with a damaged one")
    func genesis() throws {
        let storage = SimulatedStorage()
        _ = try storage.writeMeadow()
        let count = try storage.read(JournalNames.genesis).count
        for index in 0..<count {
            try storage.damage(JournalNames.genesis) { $0[index] ^= 0x10 }
            #expect(failureCode { () throws(JournalError) in try Journal.inspect(storage) } != nil)
            try storage.damage(JournalNames.genesis) { $0[index] ^= 0x10 }
        }
        try storage.delete(JournalNames.genesis)
        storage.killProcess()
        #expect(failureCode { () throws(JournalError) in try storage.openMeadow() } == .corrupt)
    }

    @Test("refuses a segment of another world with the same name")
    func foreignSegment() throws {
        let other = SimulatedStorage()
        _ = try other.openMeadow(seed: 99).startWriting(codeID: "code-1")
        let storage = SimulatedStorage()
        _ = try storage.writeMeadow()
        let foreign = try other.read(JournalNames.segment(1))
        try storage.damage(JournalNames.segment(1)) { $0 = foreign }
        #expect(failureCode { () throws(JournalError) in try Journal.inspect(storage) } == .otherWorld)
    }
}
