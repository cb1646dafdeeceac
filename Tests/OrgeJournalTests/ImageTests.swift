import OrgeSimulatedDisk
import OrgeSchema
import Testing

@testable import OrgeJournal

@Suite("Images")
struct ImageTests {
    private func filled(ticks: ClosedRange<UInt64>, imageEvery period: UInt64, keepsHistory: Bool = false) throws -> SimulatedStorage {
        let storage = SimulatedStorage()
        var writer = try storage.writeMeadow(settings: smallSegments(keepsHistory: keepsHistory))
        for tick in ticks {
            try writer.append([JournalEntry(tick: tick, body: [UInt8](repeating: UInt8(tick), count: 150))])
            if tick % period == 0 { try writer.writeImage(tick: tick, body: [UInt8(tick)]) }
        }
        storage.killProcess()
        return storage
    }

    @Test("take the place of the log before them, and two are kept")
    func replaceLog() throws {
        let storage = try filled(ticks: 1...50, imageEvery: 10)
        #expect(try storage.list(.images) == ["00000000000000000040.image", "00000000000000000050.image"])
        let recovered = try storage.openMeadow()
        #expect(recovered.image?.identity == ["50", "1", "code-1"])
        #expect(try recovered.image?.body() == [50])
        #expect(try recovered.tail().all().isEmpty)
        #expect(recovered.log.beginsAfter > 0 && recovered.log.beginsAfter <= 40)
    }

    @Test("leave the whole history where it is wanted")
    func keepHistory() throws {
        let storage = try filled(ticks: 1...50, imageEvery: 10, keepsHistory: true)
        #expect(try storage.list(.images).count == 2)
        #expect(try Journal.inspect(storage).records().all().entries.map(\.tick) == Array(1...50))
    }

    @Test("fall back to the one before when the newest is damaged at any byte")
    func damagedNewest() throws {
        let storage = try filled(ticks: 1...25, imageEvery: 10)
        let newest = JournalNames.image(20)
        let count = try storage.read(newest).count
        for index in 0..<count where !(16..<24).contains(index) {
            try storage.damage(newest) { $0[index] ^= 4 }
            let recovered = try Journal.inspect(storage)
            #expect(recovered.image?.tick == 10 && recovered.damagedImages.count == 1, "byte \(index)")
            #expect(try recovered.tail().all().entries.map(\.tick) == Array(11...25))
            try storage.damage(newest) { $0[index] ^= 4 }
        }
        try storage.damage(newest) { $0.removeLast() }
        #expect(try Journal.inspect(storage).image?.tick == 10)
        try storage.damage(JournalNames.image(10)) { $0[130 - 2] ^= 1 }
        #expect(failureCode { () throws(JournalError) in try Journal.inspect(storage) } == .corrupt, "no image is left, and the log begins later")
    }

    @Test("prove that durable records are lost when the log ends before them")
    func aheadOfLog() throws {
        let storage = try filled(ticks: 1...10, imageEvery: 10)
        let last = try Journal.inspect(storage).log.pieces.last
        let piece = try #require(last)
        try storage.damage(JournalNames.segment(piece.number)) { bytes in
            for index in piece.end - 100..<piece.end { bytes[index] = 0 }
        }
        #expect(failureCode { () throws(JournalError) in try Journal.inspect(storage) } == .corrupt)
    }

    @Test("a damaged image goes when two newer ones are whole")
    func damagedGoes() throws {
        let storage = try filled(ticks: 1...25, imageEvery: 10)
        try storage.damage(JournalNames.image(20)) { $0[200 % $0.count] ^= 1 }
        var writer = try storage.writeMeadow()
        #expect(try storage.list(.images).count == 2)
        for tick: UInt64 in 26...28 {
            try writer.append([JournalEntry(tick: tick, body: [])])
            try writer.writeImage(tick: tick, body: [1, 2, 3])
        }
        #expect(try storage.list(.images) == ["00000000000000000027.image", "00000000000000000028.image"])
    }

    @Test("leave files alone that are not theirs")
    func unknownFiles() throws {
        let storage = try filled(ticks: 1...30, imageEvery: 10)
        for folder in StorageFolder.allCases { storage.close(try storage.create(StoragePath(folder, "notes.txt"), size: 1)) }
        storage.close(try storage.create(StoragePath(.images, "mine.tmp"), size: 1))
        var writer = try storage.writeMeadow()
        try writer.append([JournalEntry(tick: 31, body: [])])
        try writer.writeImage(tick: 31, body: [])
        #expect(try storage.list(.images).contains("notes.txt") && storage.list(.images).contains("mine.tmp"))
        #expect(try storage.list(.journal).contains("notes.txt") && storage.list(.world).contains("notes.txt"))
    }
}
