package import OrgeJournal
internal import OrgeSchema
internal import Synchronization

/// A disk in memory that keeps its promises and nothing beyond them.
///
/// What was written and not synced survives a ``crash(seed:)`` sector by sector, out of order, in part, or not at all; names that were not
/// synced likewise, each on its own. After a failed sync the bytes still read as written, and a second sync "succeeds" without writing them,
/// as Linux does it. Faults follow a ``FaultPlan``; the same seed and plan give the same run.
package final class SimulatedStorage: JournalStorage {
    /// What a disk writes whole or not at all; smaller tears are simulated within it all the same.
    static let sectorBytes = 512

    private let state: Mutex<SimulatedDisk>

    /// - Parameter seed: of everything that the disk decides itself, such as what a failed sync wrote.
    package init(seed: UInt64 = 0, plan: FaultPlan = FaultPlan()) {
        state = Mutex(SimulatedDisk(seed: seed, plan: plan))
    }

    private init(_ disk: sending SimulatedDisk) { state = Mutex(disk) }

    // MARK: - For the simulation

    /// Operations so far, since the last ``crash(seed:)``: where a plan can put a fault.
    package var operationCount: Int { state.withLock { $0.operations } }
    package var syncCount: Int { state.withLock { $0.syncs } }
    /// Whether the power is cut: every call fails until ``crash(seed:)``.
    package var isDown: Bool { state.withLock { $0.isDown } }

    /// Changes the faults to come; counts begin at the last crash.
    package func inject(_ plan: FaultPlan) { state.withLock { $0.plan = plan } }

    /// The next sync fails, and nothing else.
    package func failNextSync() {
        state.withLock {
            $0.plan = FaultPlan()
            $0.plan.failedSyncs = [$0.syncs]
        }
    }

    /// Somebody frees so many bytes of a disk that a plan has made small.
    package func makeRoom(_ bytes: Int) { state.withLock { $0.plan.capacity += min(bytes, Int.max - $0.plan.capacity) } }

    /// The power fails and comes back: what was not durable is decided by the seed, locks and open files are gone, the plan is empty and counts begin anew.
    package func crash(seed: UInt64) { state.withLock { $0.crash(seed: seed) } }

    /// A disk of its own with everything that reads see now, durable, and no faults to come: for looking without being counted.
    package func copy() -> SimulatedStorage { SimulatedStorage(state.withLock { $0.copy() }) }

    /// A process dies and the machine stays up: locks and open files are gone, and every byte is still in the page cache.
    package func killProcess() { state.withLock { $0.killProcess() } }

    /// The lock does not hold any more; everything else stays as it is.
    package func dropLock() { state.withLock { $0.lockHolder = nil } }

    /// Changes a file without any call, as a bad disk does. Durable at once.
    package func damage(_ path: StoragePath, _ change: (inout [UInt8]) -> Void) throws(JournalError) {
        try perform { disk throws(JournalError) in try disk.damage(path, change) }
    }

    // MARK: - JournalStorage

    package func lock(holder: Int32) throws(JournalError) {
        try perform { disk throws(JournalError) in try disk.lock(holder) }
    }

    package func list(_ folder: StorageFolder) throws(JournalError) -> [String] {
        try perform { disk throws(JournalError) in try disk.list(folder) }
    }

    package func read(_ path: StoragePath, from offset: Int, count: Int) throws(JournalError) -> [UInt8] {
        try perform { disk throws(JournalError) in try disk.read(path, offset, count) }
    }

    package func readBack(_ path: StoragePath, count: Int) throws(JournalError) -> [UInt8] {
        try perform { disk throws(JournalError) in try disk.readBack(path, count) }
    }

    package func create(_ path: StoragePath, size: Int) throws(JournalError) -> StorageFile {
        try perform { disk throws(JournalError) in try disk.create(path, size) }
    }

    package func write(_ file: StorageFile, at offset: Int, _ bytes: [UInt8]) throws(JournalError) {
        try perform { disk throws(JournalError) in try disk.write(file, offset, bytes) }
    }

    package func sync(_ file: StorageFile) throws(JournalError) {
        try perform { disk throws(JournalError) in try disk.sync(file) }
    }

    package func close(_ file: StorageFile) { state.withLock { $0.close(file) } }

    package func rename(_ path: StoragePath, to name: String) throws(JournalError) {
        try perform { disk throws(JournalError) in try disk.rename(path, to: name) }
    }

    package func link(_ file: StorageFile, as path: StoragePath) throws(JournalError) {
        try perform { disk throws(JournalError) in try disk.link(file, path) }
    }

    package func exists(_ path: StoragePath) throws(JournalError) -> Bool {
        try perform { disk throws(JournalError) in try disk.exists(path) }
    }

    package func delete(_ path: StoragePath) throws(JournalError) {
        try perform { disk throws(JournalError) in try disk.delete(path) }
    }

    package func remove(_ path: StoragePath) throws(JournalError) {
        try delete(path)
        try sync(folder: path.folder)
    }

    package func sync(folder: StorageFolder) throws(JournalError) {
        try perform { disk throws(JournalError) in try disk.sync(folder: folder) }
    }

    private func perform<Value: Sendable>(_ body: (inout SimulatedDisk) throws(JournalError) -> Value) throws(JournalError) -> Value {
        try state.withLock { disk throws(JournalError) in try body(&disk) }
    }
}

/// Which operations of a ``SimulatedStorage`` go wrong. Operations are the calls that could fail, counted from 0 since the last crash;
/// lists and reads count too.
package struct FaultPlan: Equatable, Sendable {
    /// The power fails during this operation: it takes effect as far as unsynced operations do, and every later call fails.
    package var powerCut: Int?
    /// Syncs that fail, counted from 0 among syncs of files and folders.
    package var failedSyncs: [Int] = []
    /// Writes that fail after a part of their bytes, counted from 0 among writes.
    package var failedWrites: [Int] = []
    /// Operations that fail without any effect, as of a disk that gives errors: those in the range.
    package var failedOperations = 0..<0
    /// Bytes that all files together may have.
    package var capacity = Int.max

    package init() {}
}
