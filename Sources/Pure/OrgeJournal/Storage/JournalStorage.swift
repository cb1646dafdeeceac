import OrgeSchema

/// What a journal asks of a disk, and no more: everything that can go wrong with durability goes through these calls, so that a simulated
/// disk can make it go wrong.
///
/// Bytes are durable when ``sync(_:)`` has returned; names when ``sync(folder:)`` has. Before that a crash may keep any part of them. After a failed
/// sync it is unknown what is on the disk, and reading does not tell: the page cache still shows everything.
package protocol JournalStorage: AnyObject, Sendable {
    /// Takes the world's lock for as long as this storage lives.
    /// - Parameter holder: the process id that others are told.
    /// - Throws: `locked`, naming the holder.
    func lock(holder: Int32) throws(JournalError)
    /// Names in the folder, sorted.
    func list(_ folder: StorageFolder) throws(JournalError) -> [String]
    /// At most `count` bytes from `offset` on; fewer where the file ends.
    func read(_ path: StoragePath, from offset: Int, count: Int) throws(JournalError) -> [UInt8]
    /// The first `count` bytes of a file, fewer where it ends, from the disk itself and not from a cache, as far as the system allows: what is read here is
    /// durable. Slow; for checks after a failure.
    func readBack(_ path: StoragePath, count: Int) throws(JournalError) -> [UInt8]
    /// Creates a file of `size` zero bytes with its room on the disk taken: a later write inside cannot find the disk full.
    /// - Throws: `exists`, `full`. A file that could not get its room is deleted again.
    func create(_ path: StoragePath, size: Int) throws(JournalError) -> StorageFile
    /// Writes inside the file or at its end, which then grows; beyond the room that it was created with, the disk may be full.
    func write(_ file: StorageFile, at offset: Int, _ bytes: [UInt8]) throws(JournalError)
    /// Returns when bytes and length are on the disk.
    func sync(_ file: StorageFile) throws(JournalError)
    func close(_ file: StorageFile)
    /// Gives the file another name in its folder; a file that had that name is replaced, in one step.
    func rename(_ path: StoragePath, to name: String) throws(JournalError)
    /// Gives an open file a name, in one step, and never that of another file.
    /// - Throws: `exists`; `missing` when the file has lost the name under which it was created.
    func link(_ file: StorageFile, as path: StoragePath) throws(JournalError)
    /// Whether there is a file of that name now. Cheap enough for every commit.
    func exists(_ path: StoragePath) throws(JournalError) -> Bool
    /// Not durable before the folder is synced.
    func delete(_ path: StoragePath) throws(JournalError)
    /// Deletes the file, durably, in a way that holds up other files' syncs little, however large it is. May take long; for threads that have the time.
    /// - Throws: `missing`, or what the disk says: then the file may be deleted or not.
    func remove(_ path: StoragePath) throws(JournalError)
    /// Returns when the folder's names are on the disk.
    func sync(folder: StorageFolder) throws(JournalError)
}

extension JournalStorage {
    /// The whole file, read to its end.
    func read(_ path: StoragePath) throws(JournalError) -> [UInt8] {
        try read(path, from: 0, count: .max)
    }

    /// Writes a file so that after a crash its name stands for all of these bytes or for nothing. The file stays open.
    /// - Parameters:
    ///   - size: bytes of the file; those after the parts are zero.
    ///   - replaces: a file of that name is replaced.
    ///   - isDoubted: the disk has just failed. What an attempt before this one left is deleted first, and the file gets its name only when it reads back from
    ///     the disk as it was written.
    /// - Throws: also `fenced`, when another host has made a file of that name and it is not to be replaced.
    func establish(
        _ path: StoragePath, with parts: [[UInt8]], size: Int, replaces: Bool = false, isDoubted: Bool = false
    ) throws(JournalError) -> StorageFile {
        let temporary = StoragePath(path.folder, path.name + JournalLimits.temporarySuffix)
        if isDoubted, try list(path.folder).contains(temporary.name) { try delete(temporary) }
        let file = try create(temporary, size: size)
        do throws(JournalError) {
            var offset = 0
            for part in parts {
                try write(file, at: offset, part)
                offset += part.count
            }
            try nameDurably(
                syncFile: { () throws(JournalError) in
                    try sync(file)
                    if isDoubted { try expect(parts, in: temporary) }
                },
                rename: { () throws(JournalError) in
                    if replaces { try rename(temporary, to: path.name) } else { try name(file, path, temporary) }
                },
                syncFolder: { () throws(JournalError) in try sync(folder: path.folder) })
        } catch {
            close(file)
            discard(temporary)
            throw error
        }
        return file
    }

    /// Two hosts that make a file of one name find each other here: the first one has it.
    private func name(_ file: StorageFile, _ path: StoragePath, _ temporary: StoragePath) throws(JournalError) {
        do throws(JournalError) {
            try link(file, as: path)
        } catch  where error.code == .exists {
            throw JournalError(.fenced, "another host has begun this file, so that the world's lock does not hold; stop one of the two", path: path)
        }
        try delete(temporary)
    }

    /// What was written must come back from the disk.
    private func expect(_ parts: [[UInt8]], in path: StoragePath) throws(JournalError) {
        let bytes = parts.flatMap { $0 }
        guard try readBack(path, count: bytes.count) == bytes else {
            throw JournalError(.system, "the disk does not give back what was written to it", cause: JournalError.inputOutput, path: path)
        }
    }

    /// Gives a failed file's room back. When this fails too, the first error is the one that matters, and the next start deletes the file.
    private func discard(_ temporary: StoragePath) {
        do throws(JournalError) { try delete(temporary) } catch {}
    }

    /// The ticks of all images, oldest first.
    func imageTicks() throws(JournalError) -> [UInt64] {
        try list(.images).compactMap { JournalNames.number($0, suffix: JournalNames.imageSuffix) }
    }

    /// Deletes what a crash left half written. Such files never had their final name, so nothing durable is in them.
    func deleteTemporaries(in folder: StorageFolder) throws(JournalError) {
        let leftovers = try list(folder).filter { $0.hasSuffix(JournalLimits.temporarySuffix) && JournalNames.isOurs($0) }
        for name in leftovers { try delete(StoragePath(folder, name)) }
    }
}
