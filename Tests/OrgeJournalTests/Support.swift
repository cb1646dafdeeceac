import OrgeImage
import OrgeSchema
import Testing

@testable import OrgeJournal

let meadow = GenesisIdentity(name: "meadow", number: 7)
let meadowSchema: UInt64 = 0x0123_4567_89ab_cdef

/// Segments of a few records, so that small histories rotate.
func smallSegments(keepsHistory: Bool = false) -> JournalSettings {
    var settings = JournalSettings()
    settings.firstSegmentBytes = 1024
    settings.largestSegmentBytes = 4096
    settings.keepsHistory = keepsHistory
    return settings
}

extension JournalStorage {
    func openMeadow(codeID: String = "code-1", settings: JournalSettings = smallSegments(), seed: UInt64 = 42) throws(JournalError) -> RecoveredJournal {
        try Journal.open(self, world: meadow, seedIfNew: seed, codeID: codeID, schemaHash: meadowSchema, holder: 100, settings: settings)
    }

    /// Opens and goes on writing.
    func writeMeadow(codeID: String = "code-1", settings: JournalSettings = smallSegments()) throws(JournalError) -> JournalWriter {
        try openMeadow(codeID: codeID, settings: settings).startWriting(codeID: codeID)
    }
}

extension JournalTail {
    func all() throws(JournalError) -> [JournalRecord] {
        var tail = self
        var records: [JournalRecord] = []
        while let record = try tail.next() { records.append(record) }
        return records
    }
}

extension [JournalRecord] {
    /// Without the records that hosts write by themselves.
    var entries: [JournalEntry] {
        compactMap { record in
            switch record.kind {
            case .opened: nil
            case .tick: JournalEntry(.tick, tick: record.tick, body: record.body)
            case .skip: JournalEntry(.skip, tick: record.tick, body: record.body)
            case .amendment: JournalEntry(.amendment, tick: record.tick, body: record.body)
            }
        }
    }
}

extension RandomSource {
    /// One byte repeated, with a few others in between: drawing every byte takes most of a sweep's time.
    mutating func body(upTo count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: next()), count: within(0...count))
        for _ in 0..<min(8, bytes.count) { bytes[below(bytes.count)] = UInt8(truncatingIfNeeded: next()) }
        return bytes
    }

    /// Entries that may follow `tick`: mostly ticks, some left out, some amended.
    mutating func entries(_ count: Int, after tick: UInt64, bodyLimit: Int) -> [JournalEntry] {
        var tick = tick
        return (0..<count).map { _ in
            if tick > 0, chance(1, outOf: 8) {
                return JournalEntry(chance(1, outOf: 2) ? .skip : .amendment, tick: tick - below(min(tick, 4)), body: body(upTo: 20))
            }
            tick += chance(1, outOf: 6) ? 1 + below(5) : 1
            return JournalEntry(tick: tick, body: body(upTo: bodyLimit))
        }
    }
}

/// Starting from image and tail must lead to what reading the whole journal leads to.
func expectSame(_ start: RecoveredJournal, _ whole: RecoveredJournal, _ comment: Comment? = nil) throws(JournalError) {
    #expect(whole.log.unreadCount == 0)
    #expect(start.genesis == whole.genesis, comment)
    #expect(start.image?.identity == whole.image?.identity && start.damagedImages == whole.damagedImages, comment)
    #expect(start.log.position == whole.log.position && start.log.lastGroup == whole.log.lastGroup, comment)
    #expect(start.log.pieces == whole.log.pieces && start.log.tornBytes == whole.log.tornBytes, comment)
    // Where the whole log was read, its spans are all.
    let later = whole.log.spans.filter { $0.lastTick > whole.image?.tick ?? 0 }
    #expect(start.log.spans.map(\.incarnation) == later.map(\.incarnation) && start.log.spans.map(\.codeID) == later.map(\.codeID), comment)
    #expect(start.log.spans.map(\.lastTick) == later.map(\.lastTick), comment)
    let (tail, wholeTail) = (try start.tail().all(), try whole.tail().all())
    #expect(tail == wholeTail, comment)
}

/// The code of what a call throws; nil when it returns.
func failureCode<Value: ~Copyable>(_ body: () throws(JournalError) -> Value) -> JournalError.Code? {
    do throws(JournalError) {
        _ = try body()
        return nil
    } catch {
        return error.code
    }
}

extension JournalWriter {
    /// Writes an image with one section, whose only record is the body.
    mutating func writeImage(tick: UInt64, body: [UInt8]) throws(JournalError) {
        let schema = WorldSchema(name: "meadow", version: 1, tickMicroseconds: 0)
        var image = try ImageWriter(imageHeader(tick: tick), schema: schema, to: try imageFile(tick: tick))
        try image.section(ImageSection("body", format: 1))
        try image.record { $0.bytes(body) }
        try image.endSection(hash: 0)
        try image.finish(worldHash: 0, hostHash: 0).publish()
        var removal = try adoptImage(tick: tick)
        try removal.finish(in: storage)
    }
}

extension JournalImage {
    var identity: [String] { ["\(tick)", "\(incarnation)", codeID] }

    /// What ``JournalWriter/writeImage(tick:body:)`` wrote.
    func body() throws(ImageError) -> [UInt8] {
        var reader = try ImageReader(source)
        var body: [UInt8] = []
        while let item = try reader.next() {
            if case .records(let bytes) = item { body += bytes }
        }
        return body
    }
}
