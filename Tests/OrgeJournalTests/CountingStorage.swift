import Synchronization

@testable import OrgeSimulatedDisk
@testable import OrgeJournal

/// A simulated disk that counts what is read of it.
final class CountingStorage: JournalStorage {
    let disk = SimulatedStorage()
    private let counts = Mutex<[(path: StoragePath, bytes: Int)]>([])

    /// By file, in order of the first read.
    var bytesRead: [(path: StoragePath, bytes: Int)] { counts.withLock { $0 } }

    func forgetCounts() { counts.withLock { $0 = [] } }

    func read(_ path: StoragePath, from offset: Int, count: Int) throws(JournalError) -> [UInt8] {
        let bytes = try disk.read(path, from: offset, count: count)
        counts.withLock { counts in
            if let index = counts.firstIndex(where: { $0.path == path }) { counts[index].bytes += bytes.count } else { counts.append((path, bytes.count)) }
        }
        return bytes
    }

    func lock(holder: Int32) throws(JournalError) { try disk.lock(holder: holder) }
    func list(_ folder: StorageFolder) throws(JournalError) -> [String] { try disk.list(folder) }
    func create(_ path: StoragePath, size: Int) throws(JournalError) -> StorageFile { try disk.create(path, size: size) }
    func write(_ file: StorageFile, at offset: Int, _ bytes: [UInt8]) throws(JournalError) { try disk.write(file, at: offset, bytes) }
    func sync(_ file: StorageFile) throws(JournalError) { try disk.sync(file) }
    func close(_ file: StorageFile) { disk.close(file) }
    func rename(_ path: StoragePath, to name: String) throws(JournalError) { try disk.rename(path, to: name) }
    func delete(_ path: StoragePath) throws(JournalError) { try disk.delete(path) }
    func sync(folder: StorageFolder) throws(JournalError) { try disk.sync(folder: folder) }
}
