import OrgeJournal

/// A journal's storage whose every call is seen by ``DiskCalls``.
final class WatchedStorage: JournalStorage {
    private let storage: any JournalStorage
    private let calls: DiskCalls

    init(_ storage: any JournalStorage, _ calls: DiskCalls) {
        self.storage = storage
        self.calls = calls
    }

    func lock(holder: Int32) throws(JournalError) { try calls.during { () throws(JournalError) in try storage.lock(holder: holder) } }

    func list(_ folder: StorageFolder) throws(JournalError) -> [String] { try calls.during { () throws(JournalError) in try storage.list(folder) } }

    func read(_ path: StoragePath, from offset: Int, count: Int) throws(JournalError) -> [UInt8] {
        try calls.during { () throws(JournalError) in try storage.read(path, from: offset, count: count) }
    }

    func create(_ path: StoragePath, size: Int) throws(JournalError) -> StorageFile {
        try calls.during { () throws(JournalError) in try storage.create(path, size: size) }
    }

    func write(_ file: StorageFile, at offset: Int, _ bytes: [UInt8]) throws(JournalError) {
        try calls.during { () throws(JournalError) in try storage.write(file, at: offset, bytes) }
    }

    func sync(_ file: StorageFile) throws(JournalError) { try calls.during { () throws(JournalError) in try storage.sync(file) } }

    func close(_ file: StorageFile) { calls.during { storage.close(file) } }

    func rename(_ path: StoragePath, to name: String) throws(JournalError) {
        try calls.during { () throws(JournalError) in try storage.rename(path, to: name) }
    }

    func remove(_ path: StoragePath) throws(JournalError) { try calls.during { () throws(JournalError) in try storage.remove(path) } }

    func delete(_ path: StoragePath) throws(JournalError) { try calls.during { () throws(JournalError) in try storage.delete(path) } }

    func sync(folder: StorageFolder) throws(JournalError) { try calls.during { () throws(JournalError) in try storage.sync(folder: folder) } }
}
