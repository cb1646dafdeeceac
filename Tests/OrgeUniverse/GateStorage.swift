import OrgeSimulatedDisk
import OrgeJournal
import OrgeSchema
import Synchronization

/// The disk of one host, with a gate before it at which the process can die: before or after any operation, and in the middle of a write.
/// What a power cut then makes of it is the simulated disk's affair.
final class GateStorage: JournalStorage {
    private struct State {
        var random: RandomSource
        /// Operations until the process dies; nil for none.
        var left: Int?
        var isShut = false
        /// A control: syncs of files do nothing.
        var ignoresSync = false
    }

    let disk: SimulatedStorage
    private let state: Mutex<State>

    init(_ disk: SimulatedStorage, seed: UInt64, ignoresSync: Bool) {
        self.disk = disk
        state = Mutex(State(random: RandomSource(seed: seed), ignoresSync: ignoresSync))
    }

    /// The process dies with the operation after so many others.
    func shut(after operations: Int) { state.withLock { $0.left = operations } }
    /// A new process.
    func open() {
        state.withLock { state in
            state.left = nil
            state.isShut = false
        }
    }

    var isShut: Bool { state.withLock { $0.isShut } }

    private enum Passage { case whole, last, none }

    private static let dead = JournalError(.system, "the process is dead")

    private func pass() throws(JournalError) -> Passage {
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

    private func perform<Value>(_ body: () throws(JournalError) -> Value) throws(JournalError) -> Value {
        switch try pass() {
        case .whole: return try body()
        case .last: _ = try body()
        case .none: break
        }
        throw Self.dead
    }

    func lock(holder: Int32) throws(JournalError) { try perform { () throws(JournalError) in try disk.lock(holder: holder) } }
    func list(_ folder: StorageFolder) throws(JournalError) -> [String] { try perform { () throws(JournalError) in try disk.list(folder) } }

    func read(_ path: StoragePath, from offset: Int, count: Int) throws(JournalError) -> [UInt8] {
        try perform { () throws(JournalError) in try disk.read(path, from: offset, count: count) }
    }

    func readBack(_ path: StoragePath, count: Int) throws(JournalError) -> [UInt8] {
        try perform { () throws(JournalError) in try disk.readBack(path, count: count) }
    }

    func create(_ path: StoragePath, size: Int) throws(JournalError) -> StorageFile {
        try perform { () throws(JournalError) in try disk.create(path, size: size) }
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
            if !state.withLock({ $0.ignoresSync }) { try disk.sync(file) }
        }
    }

    func close(_ file: StorageFile) { disk.close(file) }

    func rename(_ path: StoragePath, to name: String) throws(JournalError) {
        try perform { () throws(JournalError) in try disk.rename(path, to: name) }
    }

    func link(_ file: StorageFile, as path: StoragePath) throws(JournalError) {
        try perform { () throws(JournalError) in try disk.link(file, as: path) }
    }

    func exists(_ path: StoragePath) throws(JournalError) -> Bool { try perform { () throws(JournalError) in try disk.exists(path) } }

    func delete(_ path: StoragePath) throws(JournalError) { try perform { () throws(JournalError) in try disk.delete(path) } }
    /// Two operations, so that the process can die between them.
    func remove(_ path: StoragePath) throws(JournalError) {
        try delete(path)
        try sync(folder: path.folder)
    }

    func sync(folder: StorageFolder) throws(JournalError) { try perform { () throws(JournalError) in try disk.sync(folder: folder) } }
}
