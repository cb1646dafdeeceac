import Glibc
import OrgeJournal
import OrgeSimulatedDisk
import Synchronization

/// A simulated disk on which every removal waits until it is let through, as that of a large file may take long.
final class HeldRemovals: JournalStorage {
    let disk = SimulatedStorage(seed: 1)
    private let isOpen = Mutex(false)
    /// Removals that have begun.
    let begun = Atomic<Int>(0)

    func letThrough() { isOpen.withLock { $0 = true } }

    func remove(_ path: StoragePath) throws(JournalError) {
        begun.add(1, ordering: .sequentiallyConsistent)
        while !isOpen.withLock({ $0 }) { _ = usleep(200) }
        try disk.remove(path)
    }

    func lock(holder: Int32) throws(JournalError) { try disk.lock(holder: holder) }
    func list(_ folder: StorageFolder) throws(JournalError) -> [String] { try disk.list(folder) }
    func read(_ path: StoragePath, from offset: Int, count: Int) throws(JournalError) -> [UInt8] { try disk.read(path, from: offset, count: count) }
    func create(_ path: StoragePath, size: Int) throws(JournalError) -> StorageFile { try disk.create(path, size: size) }
    func write(_ file: StorageFile, at offset: Int, _ bytes: [UInt8]) throws(JournalError) { try disk.write(file, at: offset, bytes) }
    func sync(_ file: StorageFile) throws(JournalError) { try disk.sync(file) }
    func close(_ file: StorageFile) { disk.close(file) }
    func rename(_ path: StoragePath, to name: String) throws(JournalError) { try disk.rename(path, to: name) }
    func delete(_ path: StoragePath) throws(JournalError) { try disk.delete(path) }
    func sync(folder: StorageFolder) throws(JournalError) { try disk.sync(folder: folder) }
}
