import Synchronization

@testable import OrgeSimulatedDisk
@testable import OrgeJournal

/// A simulated disk that counts what is read of it.
final class CountingStorage: ForwardingStorage {
    let disk = SimulatedStorage()
    var base: any JournalStorage { disk }
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
}
