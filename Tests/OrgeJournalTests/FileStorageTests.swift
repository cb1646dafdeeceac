import Foundation
import OrgeSimulatedDisk
import OrgeSchema
import Testing

@testable import OrgeJournal
@testable import OrgeJournalFiles

@Suite("A journal in files")
struct FileStorageTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "orge-journal-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder + "/worlds/meadow")
    }

    @Test("reads back what was appended, with images and after other starts", arguments: 0..<4)
    func roundTrip(seed: UInt64) throws {
        try withFolder { folder in
            var random = RandomSource(seed: seed)
            var expected: [JournalEntry] = []
            for start in 1...3 {
                let storage = try FileStorage(folder: folder)
                var writer = try storage.writeMeadow(settings: smallSegments(keepsHistory: true))
                #expect(writer.incarnation == UInt64(start))
                for _ in 0..<5 {
                    let entries = random.entries(4, after: writer.durableThrough, bodyLimit: 1500)
                    try writer.append(entries)
                    expected += entries
                }
                try writer.writeImage(tick: writer.durableThrough, body: random.body(upTo: 5000))
            }
            let recovered = try Journal.inspect(FileStorage(folder: folder, creates: false))
            #expect(try recovered.records().all().entries == expected, "seed \(seed)")
            #expect(recovered.image?.tick == recovered.lastTick)
            #expect(try recovered.tail().all().entries.isEmpty)
        }
    }

    @Test("is locked for life, and says by whom")
    func lock() throws {
        try withFolder { folder in
            let first = try FileStorage(folder: folder)
            try first.lock(holder: 4711)
            let second = try FileStorage(folder: folder)
            do throws(JournalError) {
                try second.lock(holder: 4712)
                Issue.record("two hosts were let in")
            } catch {
                #expect(error.code == .locked && error.message.contains("process 4711"))
            }
            withExtendedLifetime(first) {}
        }
        try withFolder { folder in
            do {
                let first = try FileStorage(folder: folder)
                try first.lock(holder: 4711)
            }
            try FileStorage(folder: folder).lock(holder: 4712)
        }
    }

    @Test("shows two hosts each other when the lock's file was deleted")
    func deletedLock() throws {
        try withFolder { folder in
            let first = try FileStorage(folder: folder)
            var writer = try first.writeMeadow()
            try writer.append([JournalEntry(tick: 1, body: [1])])
            try first.delete(StoragePath(.world, "lock"))
            var other = try FileStorage(folder: folder).writeMeadow()
            #expect(failureCode { () throws(JournalError) in try writer.append([JournalEntry(tick: 2, body: [2])]) } == .fenced)
            #expect(try other.append([JournalEntry(tick: 2, body: [3])]) == .durable(through: 2))
            #expect(try Journal.inspect(first).records().all().entries == [JournalEntry(tick: 1, body: [1]), JournalEntry(tick: 2, body: [3])])
        }
    }

    @Test("gives a name to the open file itself, once, and to none that has lost its own")
    func link() throws {
        try withFolder { folder in
            let storage = try FileStorage(folder: folder)
            let (made, name) = (StoragePath(.journal, "a.tmp"), StoragePath(.journal, "a"))
            let file = try storage.create(made, size: 8)
            #expect(try !storage.exists(name))
            try storage.link(file, as: name)
            try storage.delete(made)
            #expect(try storage.exists(name) && !storage.exists(made))
            let other = try storage.create(made, size: 4)
            #expect(failureCode { () throws(JournalError) in try storage.link(other, as: name) } == .exists)
            #expect(try storage.read(name).count == 8)
            try storage.delete(made)
            #expect(failureCode { () throws(JournalError) in try storage.link(other, as: StoragePath(.journal, "b")) } == .missing)
            for file in [file, other] { storage.close(file) }
        }
    }

    @Test("keeps its lock file readable for a person")
    func lockFile() throws {
        try withFolder { folder in
            let storage = try FileStorage(folder: folder)
            try storage.lock(holder: 99)
            #expect(try storage.read(StoragePath(.world, "lock")) == Array("99\n".utf8))
        }
    }

    @Test("gives the room of a removed file back while a reader may still have it open")
    func removal() throws {
        try withFolder { folder in
            let storage = try FileStorage(folder: folder)
            let path = StoragePath(.journal, "large")
            let size = 2 * JournalLimits.removalBytes + 5
            let file = try storage.create(path, size: size)
            #expect(try FileUsage.blocks(of: file) >= size / 512)
            try storage.remove(path)
            #expect(try storage.list(.journal).isEmpty)
            #expect(try FileUsage.blocks(of: file) <= JournalLimits.removalBytes / 512 + 64)
            storage.close(file)
            #expect(failureCode { () throws(JournalError) in try storage.remove(path) } == .missing)
        }
    }

    @Test("says what is wrong with a call to the disk")
    func errors() throws {
        try withFolder { folder in
            let storage = try FileStorage(folder: folder)
            let path = StoragePath(.journal, "a")
            #expect(failureCode { () throws(JournalError) in try storage.read(path) } == .missing)
            storage.close(try storage.create(path, size: 10))
            #expect(failureCode { () throws(JournalError) in try storage.create(path, size: 10) } == .exists)
            #expect(try storage.read(path) == [UInt8](repeating: 0, count: 10))
            #expect(try storage.read(path, from: 4, count: 3).count == 3)
            #expect(try storage.read(path, from: 40, count: 3).isEmpty)
            // Larger than a file can be: waiting for room would not help.
            #expect(failureCode { () throws(JournalError) in try storage.create(StoragePath(.journal, "huge"), size: 1 << 55) } == .system)
            #expect(try storage.list(.journal) == ["a"])
            #expect(failureCode { () throws(JournalError) in try FileStorage(folder: folder + "/none", creates: false) } == .missing)
        }
    }

    @Test("calls the disk full where freeing some room helps, and only there", arguments: [ENOSPC, EDQUOT, EFBIG, EIO, EROFS])
    func fullDisk(cause: Int32) {
        let error = FileStorage.failure("cannot write", nil, cause)
        #expect(error.code == (cause == ENOSPC || cause == EDQUOT ? .full : .system) && error.cause == cause)
    }

    @Test("behaves as the simulated disk does, call by call", arguments: 0..<20)
    func sameAsSimulated(seed: UInt64) throws {
        try withFolder { folder in
            var random = RandomSource(seed: seed)
            let pair: [any JournalStorage] = [try FileStorage(folder: folder), SimulatedStorage()]
            let names = ["a", "b", "c"].map { StoragePath(.images, $0) }
            for _ in 0..<40 {
                let (choice, name, other) = (random.below(6), random.below(3), random.below(3))
                let bytes = random.body(upTo: 700)
                let results = pair.map { storage in
                    failureCode { () throws(JournalError) in
                        switch choice {
                        case 0, 1:
                            let file = try storage.create(names[name], size: 700)
                            try storage.write(file, at: 700 - bytes.count, bytes)
                            try storage.sync(file)
                            storage.close(file)
                        case 2: try storage.rename(names[name], to: names[other].name)
                        case 3: try storage.delete(names[name])
                        case 4: try storage.remove(names[name])
                        default: try storage.sync(folder: .images)
                        }
                    }
                }
                #expect(results[0] == results[1], "seed \(seed)")
                let listed = try pair.map { try $0.list(.images) }
                #expect(listed[0] == listed[1])
                for name in listed[0] {
                    let read = try pair.map { try $0.read(StoragePath(.images, name)) }
                    #expect(read[0] == read[1])
                }
            }
        }
    }
}

private enum FileUsage {
    /// Blocks of 512 bytes that an open file has on the disk.
    static func blocks(of file: StorageFile) throws -> Int {
        var status = stat()
        guard unsafe fstat(file.raw, &status) == 0 else { throw CocoaError(.fileReadUnknown) }
        return Int(status.st_blocks)
    }
}
