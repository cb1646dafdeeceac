import OrgeJournal
import OrgeSystem

/// A journal's storage whose every call is seen by ``DiskCalls``.
final class WatchedStorage: ForwardingStorage {
    let base: any JournalStorage
    private let calls: DiskCalls

    init(_ storage: any JournalStorage, _ calls: DiskCalls) {
        base = storage
        self.calls = calls
    }

    func lock(holder: Int32) throws(JournalError) { try calls.during { () throws(JournalError) in try base.lock(holder: holder) } }

    func list(_ folder: StorageFolder) throws(JournalError) -> [String] { try calls.during { () throws(JournalError) in try base.list(folder) } }

    func read(_ path: StoragePath, from offset: Int, count: Int) throws(JournalError) -> [UInt8] {
        try calls.during { () throws(JournalError) in try base.read(path, from: offset, count: count) }
    }

    func readBack(_ path: StoragePath, count: Int) throws(JournalError) -> [UInt8] {
        try calls.during { () throws(JournalError) in try base.readBack(path, count: count) }
    }

    func create(_ path: StoragePath, size: Int) throws(JournalError) -> StorageFile {
        try calls.during { () throws(JournalError) in try base.create(path, size: size) }
    }

    func write(_ file: StorageFile, at offset: Int, _ bytes: [UInt8]) throws(JournalError) {
        try calls.during { () throws(JournalError) in try base.write(file, at: offset, bytes) }
    }

    func sync(_ file: StorageFile) throws(JournalError) {
        let began = monotonicNanoseconds()
        try calls.during { () throws(JournalError) in try base.sync(file) }
        let now = monotonicNanoseconds()
        calls.syncs.record(now - began, at: now)
    }

    func close(_ file: StorageFile) { calls.during { base.close(file) } }

    func rename(_ path: StoragePath, to name: String) throws(JournalError) {
        try calls.during { () throws(JournalError) in try base.rename(path, to: name) }
    }

    func link(_ file: StorageFile, as path: StoragePath) throws(JournalError) {
        try calls.during { () throws(JournalError) in try base.link(file, as: path) }
    }

    func exists(_ path: StoragePath) throws(JournalError) -> Bool { try calls.during { () throws(JournalError) in try base.exists(path) } }

    func remove(_ path: StoragePath) throws(JournalError) { try calls.during { () throws(JournalError) in try base.remove(path) } }

    func delete(_ path: StoragePath) throws(JournalError) { try calls.during { () throws(JournalError) in try base.delete(path) } }

    func sync(folder: StorageFolder) throws(JournalError) { try calls.during { () throws(JournalError) in try base.sync(folder: folder) } }
}
