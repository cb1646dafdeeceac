import OrgeSimulatedDisk
import OrgeJournal
import OrgeSchema
import Synchronization

/// The disk of one process, with a gate before it at which the process can die: before or after any operation, and in the middle of a write.
/// What a power cut then makes of it is the simulated disk's affair.
final class GateStorage: JournalStorage {
    /// What happens in the middle of the process's work on the disk.
    // SAFETY: a universe has one thread, on which this is made and run.
    private struct Interruption: @unchecked Sendable {
        let action: () -> Void
    }

    private struct State {
        var random: RandomSource
        /// Operations until the process dies; nil for none.
        var left: Int?
        var isShut = false
        var opened: [StorageFile] = []
        var holdsLock = false
        /// Operations until the interruption.
        var interruption: (left: Int, Interruption)?
        var wasInterrupted = false
        /// Marks that the process has made.
        var marks: [StoragePath] = []
    }

    let disk: SimulatedStorage
    /// Controls: syncs of files do nothing; a mark that the process has made is there for good.
    private let ignoresSync: Bool
    private let ignoresMarks: Bool
    private let locks: Bool
    private let state: Mutex<State>

    convenience init(_ disk: SimulatedStorage, seed: UInt64, _ settings: UniverseSettings) {
        self.init(
            disk, RandomSource(seed: seed), ignoresSync: settings.breakage == .ignoredSync, ignoresMarks: settings.breakage == .ignoredMark,
            locks: !settings.losesLocks)
    }

    private init(_ disk: SimulatedStorage, _ random: RandomSource, ignoresSync: Bool, ignoresMarks: Bool, locks: Bool) {
        self.disk = disk
        self.ignoresSync = ignoresSync
        self.ignoresMarks = ignoresMarks
        self.locks = locks
        state = Mutex(State(random: random))
    }

    /// The process dies with the operation after so many others.
    func shut(after operations: Int) { state.withLock { $0.left = operations } }

    /// The process is gone: its files are closed, and it does nothing more.
    /// - Returns: the gate of the next process.
    func successor() -> GateStorage {
        let (random, opened, holdsLock) = state.withLock { state in
            state.isShut = true
            return (state.random, state.opened, state.holdsLock)
        }
        for file in opened { disk.close(file) }
        if holdsLock { disk.dropLock() }
        return GateStorage(disk, random, ignoresSync: ignoresSync, ignoresMarks: ignoresMarks, locks: locks)
    }

    /// Something else happens before the operation after so many others.
    func interrupt(after operations: Int, _ action: @escaping () -> Void) {
        let interruption = Interruption(action: action)
        state.withLock { $0.interruption = (operations, interruption) }
    }

    var isShut: Bool { state.withLock { $0.isShut } }
    /// Something else has happened in the middle of its work.
    var wasInterrupted: Bool { state.withLock { $0.wasInterrupted } }

    private enum Passage { case whole, last, none }

    private static let dead = JournalError(.system, "the process is dead")

    private func pass() throws(JournalError) -> Passage {
        dueInterruption()?.action()
        let passage = state.withLock { state -> Passage? in
            if state.isShut { return nil }
            guard let left = state.left else { return .whole }
            state.left = left - 1
            guard left <= 0 else { return .whole }
            state.isShut = true
            return state.random.chance(1, outOf: 2) ? .last : Passage.none
        }
        guard let passage else { throw Self.dead }
        return passage
    }

    private func dueInterruption() -> Interruption? {
        state.withLock { state in
            guard let (left, interruption) = state.interruption else { return nil }
            state.interruption = left > 0 ? (left - 1, interruption) : nil
            if left <= 0 { state.wasInterrupted = true }
            return left > 0 ? nil : interruption
        }
    }

    private func perform<Value>(_ body: () throws(JournalError) -> Value) throws(JournalError) -> Value {
        switch try pass() {
        case .whole: return try body()
        case .last: _ = try body()
        case .none: break
        }
        throw Self.dead
    }

    func lock(holder: Int32) throws(JournalError) {
        guard locks else { return }
        try perform { () throws(JournalError) in try disk.lock(holder: holder) }
        state.withLock { $0.holdsLock = true }
    }

    func list(_ folder: StorageFolder) throws(JournalError) -> [String] { try perform { () throws(JournalError) in try disk.list(folder) } }

    func read(_ path: StoragePath, from offset: Int, count: Int) throws(JournalError) -> [UInt8] {
        try perform { () throws(JournalError) in try disk.read(path, from: offset, count: count) }
    }

    func readBack(_ path: StoragePath, count: Int) throws(JournalError) -> [UInt8] {
        try perform { () throws(JournalError) in try disk.readBack(path, count: count) }
    }

    func create(_ path: StoragePath, size: Int) throws(JournalError) -> StorageFile {
        try perform { () throws(JournalError) in
            let file = try disk.create(path, size: size)
            state.withLock { state in
                state.opened.append(file)
                if path.name.hasSuffix(".newest") { state.marks.append(path) }
            }
            return file
        }
    }

    func write(_ file: StorageFile, at offset: Int, _ bytes: [UInt8]) throws(JournalError) {
        switch try pass() {
        case .whole: return try disk.write(file, at: offset, bytes)
        case .last: try disk.write(file, at: offset, Array(bytes.prefix(state.withLock { $0.random.below(bytes.count + 1) })))
        case .none: break
        }
        throw Self.dead
    }

    func sync(_ file: StorageFile) throws(JournalError) {
        try perform { () throws(JournalError) in
            if !ignoresSync { try disk.sync(file) }
        }
    }

    func close(_ file: StorageFile) {
        state.withLock { state in state.opened.removeAll { $0 == file } }
        disk.close(file)
    }

    func rename(_ path: StoragePath, to name: String) throws(JournalError) {
        try perform { () throws(JournalError) in try disk.rename(path, to: name) }
    }

    func link(_ file: StorageFile, as path: StoragePath) throws(JournalError) {
        try perform { () throws(JournalError) in try disk.link(file, as: path) }
    }

    func exists(_ path: StoragePath) throws(JournalError) -> Bool {
        if ignoresMarks, state.withLock({ $0.marks.contains(path) }) { return true }
        return try perform { () throws(JournalError) in try disk.exists(path) }
    }

    func delete(_ path: StoragePath) throws(JournalError) { try perform { () throws(JournalError) in try disk.delete(path) } }
    /// Two operations, so that the process can die between them.
    func remove(_ path: StoragePath) throws(JournalError) {
        try delete(path)
        try sync(folder: path.folder)
    }

    func sync(folder: StorageFolder) throws(JournalError) { try perform { () throws(JournalError) in try disk.sync(folder: folder) } }
}
