/// A storage in front of another one: calls that a type does not implement itself go to the other storage.
package protocol ForwardingStorage: JournalStorage {
    var base: any JournalStorage { get }
}

extension ForwardingStorage {
    package func lock(holder: Int32) throws(JournalError) { try base.lock(holder: holder) }
    package func list(_ folder: StorageFolder) throws(JournalError) -> [String] { try base.list(folder) }
    package func read(_ path: StoragePath, from offset: Int, count: Int) throws(JournalError) -> [UInt8] { try base.read(path, from: offset, count: count) }
    package func readBack(_ path: StoragePath, count: Int) throws(JournalError) -> [UInt8] { try base.readBack(path, count: count) }
    package func create(_ path: StoragePath, size: Int) throws(JournalError) -> StorageFile { try base.create(path, size: size) }
    package func write(_ file: StorageFile, at offset: Int, _ bytes: [UInt8]) throws(JournalError) { try base.write(file, at: offset, bytes) }
    package func sync(_ file: StorageFile) throws(JournalError) { try base.sync(file) }
    package func close(_ file: StorageFile) { base.close(file) }
    package func rename(_ path: StoragePath, to name: String) throws(JournalError) { try base.rename(path, to: name) }
    package func link(_ file: StorageFile, as path: StoragePath) throws(JournalError) { try base.link(file, as: path) }
    package func exists(_ path: StoragePath) throws(JournalError) -> Bool { try base.exists(path) }
    package func delete(_ path: StoragePath) throws(JournalError) { try base.delete(path) }
    package func remove(_ path: StoragePath) throws(JournalError) { try base.remove(path) }
    package func sync(folder: StorageFolder) throws(JournalError) { try base.sync(folder: folder) }
}
