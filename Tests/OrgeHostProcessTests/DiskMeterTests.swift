import Foundation
import OrgeControl
import OrgeJournal
import OrgeSchema
import OrgeSimulatedDisk
import OrgeSystem
import Testing

@testable import OrgeHostProcess

@Suite("A world's use of the disk")
struct DiskMeterTests {
    private let second: UInt64 = 1_000_000_000

    @Test("a counter's growth in an hour counts the last hour only, and is scaled while it is younger")
    func rate() {
        var rate = HourlyRate(total: 100, now: 0)
        #expect(rate.perHour(total: 160, now: second) == 3_600)  // as in a whole minute
        #expect(rate.perHour(total: 160, now: 600 * second) == 360)
        #expect(rate.perHour(total: 700, now: 3_600 * second) == 600)
        for minute in 61...119 as ClosedRange<UInt64> { _ = rate.perHour(total: 700, now: minute * 60 * second) }
        #expect(rate.perHour(total: 700, now: 7_200 * second) == 0)
        #expect(rate.perHour(total: 750, now: 7_200 * second) == 50)
    }

    @Test("random counters: the growth is that of a window of an hour, at most a minute longer", arguments: 0..<50)
    func window(seed: UInt64) {
        var random = RandomSource(seed: seed)
        var now: UInt64 = random.below(1_000) * second
        var total: UInt64 = 0
        var rate = HourlyRate(total: 0, now: now)
        var history: [(now: UInt64, total: UInt64)] = [(now, 0)]
        for _ in 0..<2_000 {
            now += (1 + random.below(20)) * second
            total += random.below(1_000_000)
            let growth = rate.perHour(total: total, now: now)
            history.append((now, total))
            let window = HourlyRate.hour + 80 * second
            let longest = history.first { now - $0.now <= window }!.total
            let shortest = history.first { now - $0.now <= HourlyRate.hour - 80 * second }!.total
            if now - history[0].now > window { #expect(growth <= total - longest && growth + growth / 20 >= total - shortest) }
        }
    }

    @Test("the journal's thread counts the bytes of its records, and the meter sees the files")
    func meter() throws {
        let storage = SimulatedStorage(seed: 1)
        let recovered = try Journal.open(
            storage, world: GenesisIdentity(name: "test", number: 3), seedIfNew: 1, codeID: "c0de", schemaHash: 5, holder: 1)
        let journal = try JournalThread(try recovered.startWriting(codeID: "c0de"))
        #expect(journal.appendedBytes == 0)
        #expect(journal.append(tick: 1, body: [UInt8](repeating: 3, count: 5_000)))
        #expect(waitUntilReady([Awaited(journal.reports.bell.number)], timeoutMilliseconds: 30_000)[0])
        #expect((5_000..<5_200).contains(journal.appendedBytes))
        let folder = FileManager.default.temporaryDirectory.appending(path: "orge-disk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder.appending(path: "images"), withIntermediateDirectories: true)
        try Data(repeating: 1, count: 100_000).write(to: folder.appending(path: "images/one"))
        let meter = try DiskMeter(folder: folder.path, journal: journal)
        #expect((100_000..<200_000).contains(meter.latest.bytes))
    }
}
