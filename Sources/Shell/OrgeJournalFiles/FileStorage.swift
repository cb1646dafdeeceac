internal import Glibc
internal import Synchronization
package import OrgeJournal
internal import OrgeSystem

/// A world's folder on a real disk (Linux).
///
/// The three folders are opened once and every file is reached through them, so that a folder that is renamed or mounted over while the
/// host runs changes nothing, and long paths are no matter.
package final class FileStorage: JournalStorage {
    private let folders: [Int32]
    private let lockFile = Atomic<Int32>(-1)

    /// Opens the world's folder and creates what is missing of it, durably.
    /// - Parameters:
    ///   - folder: `DIR/worlds/NAME`. The folder above it must exist, or the one above that.
    ///   - creates: false for readers: then missing folders are an error and nothing is written.
    package init(folder: String, creates: Bool = true) throws(JournalError) {
        var opened: [Int32] = []
        do throws(JournalError) {
            for path in [folder, folder + "/journal", folder + "/images"] { opened.append(try Self.openFolder(path, creates: creates)) }
        } catch {
            for descriptor in opened { _ = Glibc.close(descriptor) }
            throw error
        }
        folders = opened
    }

    deinit {
        for descriptor in folders { _ = Glibc.close(descriptor) }
        let lock = lockFile.load(ordering: .relaxed)
        if lock >= 0 { _ = Glibc.close(lock) }
    }

    /// The lock is the kernel's (`flock`) and dies with the process, however it dies; the number in the file is only for the message.
    package func lock(holder: Int32) throws(JournalError) {
        let path = StoragePath(.world, "lock")
        precondition(lockFile.load(ordering: .relaxed) < 0, "this storage holds the lock already")
        let descriptor = Self.openFile(in: folders[0], path.name, O_RDWR | O_CREAT)
        guard descriptor >= 0 else { throw Self.failure("cannot open the lock", path) }
        guard Self.lockPatiently(descriptor) else {
            let cause = errno
            let holder = Self.firstLine(descriptor)
            _ = Glibc.close(descriptor)
            guard cause == EWOULDBLOCK else { throw Self.failure("cannot lock the world's data", path, cause) }
            throw JournalError(.locked, "the world's data is in use by process \(holder); stop it first", cause: cause, path: path)
        }
        do throws(JournalError) {
            guard ftruncate(descriptor, 0) == 0 else { throw Self.failure("cannot write the lock", path) }
            try Self.writeAll(descriptor, at: 0, Array("\(holder)\n".utf8), path)
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
        lockFile.store(descriptor, ordering: .relaxed)
    }

    /// Takes the lock, waiting a little for a holder that is about to end: a host whose supervisor was killed lives a few milliseconds
    /// longer, and a child between fork and exec still has its parent's descriptors.
    private static func lockPatiently(_ descriptor: Int32) -> Bool {
        for _ in 0..<JournalLimits.lockAttempts {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK else { return false }
            _ = usleep(JournalLimits.lockPauseMicroseconds)
        }
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }

    package func list(_ folder: StorageFolder) throws(JournalError) -> [String] {
        do throws(SystemError) {
            return try namesInFolder(folders[Int(folder.rawValue)]).sorted()
        } catch {
            throw Self.failure("cannot list a folder", nil, error.code)
        }
    }

    package func read(_ path: StoragePath, from offset: Int, count: Int) throws(JournalError) -> [UInt8] {
        let descriptor = try open(path, O_RDONLY)
        defer { _ = Glibc.close(descriptor) }
        return try Self.readSome(descriptor, from: offset, count: count, path)
    }

    /// Pages that were synced, or whose sync failed, are clean: the kernel drops them when it is asked to, and reads them from the disk. A file system in
    /// memory has nothing else to read from.
    package func readBack(_ path: StoragePath, count: Int) throws(JournalError) -> [UInt8] {
        let descriptor = try open(path, O_RDONLY)
        defer { _ = Glibc.close(descriptor) }
        let code = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
        guard code == 0 else { throw Self.failure("cannot drop what is cached", path, code) }
        return try Self.readSome(descriptor, from: 0, count: count, path)
    }

    package func create(_ path: StoragePath, size: Int) throws(JournalError) -> StorageFile {
        let descriptor = try open(path, O_RDWR | O_CREAT | O_EXCL)
        do throws(JournalError) {
            try Self.allocate(descriptor, size, path)
        } catch {
            // The first error is the one that matters; what cannot be unlinked now has a temporary name and goes at the next start.
            _ = Glibc.close(descriptor)
            _ = Self.unlinkFile(in: folders[Int(path.folder.rawValue)], path.name)
            throw error
        }
        return StorageFile(raw: descriptor)
    }

    package func write(_ file: StorageFile, at offset: Int, _ bytes: [UInt8]) throws(JournalError) {
        try Self.writeAll(file.raw, at: offset, bytes, nil)
    }

    /// Never called again after it failed once, interrupted or not: what is on the disk then is unknown.
    package func sync(_ file: StorageFile) throws(JournalError) {
        guard fdatasync(file.raw) == 0 else { throw Self.failure("cannot make written bytes durable", nil) }
    }

    package func close(_ file: StorageFile) { _ = Glibc.close(file.raw) }

    package func rename(_ path: StoragePath, to name: String) throws(JournalError) {
        let folder = folders[Int(path.folder.rawValue)]
        guard Self.renameFile(in: folder, path.name, to: name) == 0 else { throw Self.failure("cannot rename the file to \(name)", path) }
    }

    package func link(_ file: StorageFile, as path: StoragePath) throws(JournalError) {
        guard Self.linkFile(file.raw, in: folders[Int(path.folder.rawValue)], path.name) == 0 else { throw Self.failure("cannot name the file", path) }
    }

    package func exists(_ path: StoragePath) throws(JournalError) -> Bool {
        if Self.hasFile(in: folders[Int(path.folder.rawValue)], path.name) { return true }
        guard errno == ENOENT else { throw Self.failure("cannot look for the file", path) }
        return false
    }

    package func delete(_ path: StoragePath) throws(JournalError) {
        guard Self.unlinkFile(in: folders[Int(path.folder.rawValue)], path.name) == 0 else { throw Self.failure("cannot delete the file", path) }
    }

    /// The name goes first, durably, while the file is held open: a file whose name is there is whole. Then its room is given back in pieces; a process
    /// that dies meanwhile leaves the rest to the kernel.
    package func remove(_ path: StoragePath) throws(JournalError) {
        let descriptor = try open(path, O_WRONLY)
        defer { _ = Glibc.close(descriptor) }
        try delete(path)
        try sync(folder: path.folder)
        var size = lseek(descriptor, 0, SEEK_END)
        while size > off_t(JournalLimits.removalBytes) {
            size -= off_t(JournalLimits.removalBytes)
            guard ftruncate(descriptor, size) == 0 else { throw Self.failure("cannot give the room of a deleted file back", path) }
            _ = usleep(JournalLimits.removalPauseMicroseconds)
        }
    }

    package func sync(folder: StorageFolder) throws(JournalError) {
        guard fsync(folders[Int(folder.rawValue)]) == 0 else { throw Self.failure("cannot make names in \(folder) durable", nil) }
    }

    private func open(_ path: StoragePath, _ flags: Int32) throws(JournalError) -> Int32 {
        let descriptor = Self.openFile(in: folders[Int(path.folder.rawValue)], path.name, flags)
        guard descriptor >= 0 else { throw Self.failure("cannot open the file", path) }
        return descriptor
    }

    /// Reads errno, so it is called right after the call that failed.
    static func failure(_ message: String, _ path: StoragePath?, _ cause: Int32 = errno) -> JournalError {
        let code: JournalError.Code =
            switch cause {
            case ENOENT: .missing
            case EEXIST: .exists
            case ENOSPC, EDQUOT: .full
            default: .system
            }
        return JournalError(code, code == .full ? "\(message): no room; free some" : message, cause: cause, path: path)
    }
}
