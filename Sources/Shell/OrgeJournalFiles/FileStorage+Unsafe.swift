internal import Glibc
internal import OrgeJournal

/// The calls that take pointers.
extension FileStorage {
    /// What one call reads or writes at most: the kernel itself stops a little below 2 GB.
    private static let callBytes = 1 << 30

    static func openFile(in folder: Int32, _ name: String, _ flags: Int32) -> Int32 { unsafe openat(folder, name, flags | O_CLOEXEC, 0o600) }
    static func unlinkFile(in folder: Int32, _ name: String) -> Int32 { unsafe unlinkat(folder, name, 0) }
    static func hasFile(in folder: Int32, _ name: String) -> Bool { unsafe faccessat(folder, name, F_OK, 0) == 0 }

    /// By the descriptor, so that it is this file that gets the name, whatever became of its other one.
    static func linkFile(_ descriptor: Int32, in folder: Int32, _ name: String) -> Int32 {
        unsafe linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", folder, name, AT_SYMLINK_FOLLOW)
    }

    static func renameFile(in folder: Int32, _ name: String, to other: String) -> Int32 { unsafe renameat(folder, name, folder, other) }

    static func openFolder(_ path: String, creates: Bool) throws(JournalError) -> Int32 {
        if creates {
            try makeFolder(path)
            // Also when it was there: its maker may have died before its name was durable.
            try syncParent(of: path)
        }
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open the folder \(path)", nil) }
        return descriptor
    }

    private static func makeFolder(_ path: String) throws(JournalError) {
        if unsafe mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else { throw failure("cannot create the folder \(path)", nil) }
        // One folder above may be missing as well: `worlds`, in a new data directory.
        let parent = String(path[..<slash])
        guard unsafe mkdir(parent, 0o700) == 0 || errno == EEXIST else { throw failure("cannot create the folder \(parent)", nil) }
        try syncParent(of: parent)
        guard unsafe mkdir(path, 0o700) == 0 else { throw failure("cannot create the folder \(path)", nil) }
    }

    private static func syncParent(of path: String) throws(JournalError) {
        let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = unsafe open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open the folder \(parent)", nil) }
        defer { _ = Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("cannot make names in \(parent) durable", nil) }
    }

    /// Takes room for `size` bytes, so that later writes cannot fail for want of it and change no metadata that a sync would have to write.
    static func allocate(_ descriptor: Int32, _ size: Int, _ path: StoragePath) throws(JournalError) {
        guard size > 0 else { return }
        while true {
            let code = posix_fallocate(descriptor, 0, off_t(size))
            if code == 0 { return }
            if code != EINTR { throw failure("cannot take room for \(size) bytes", path, code) }
        }
    }

    static func writeAll(_ descriptor: Int32, at offset: Int, _ bytes: [UInt8], _ path: StoragePath?) throws(JournalError) {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                // SAFETY: done < count, so the base exists and `done` lies inside it.
                unsafe pwrite(descriptor, buffer.baseAddress! + done, min(buffer.count - done, callBytes), off_t(offset + done))
            }
            switch count {
            case 1...: done += count
            case 0: throw failure("cannot write", path, EIO)
            default: if errno != EINTR { throw failure("cannot write", path) }
            }
        }
    }

    static func readSome(_ descriptor: Int32, from offset: Int, count: Int, _ path: StoragePath) throws(JournalError) -> [UInt8] {
        let size = lseek(descriptor, 0, SEEK_END)
        guard size >= 0 else { throw failure("cannot read", path) }
        let wanted = max(0, min(count, Int(size) - offset))
        var failed: Int32?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: wanted) { buffer, done in
            while done < wanted {
                // SAFETY: the buffer has room for `wanted` bytes, and is not empty here.
                let got = unsafe pread(descriptor, buffer.baseAddress! + done, min(wanted - done, callBytes), off_t(offset + done))
                if got == 0 { return }
                if got > 0 { done += got } else if errno != EINTR { return failed = errno }
            }
        }
        if let failed { throw failure("cannot read", path, failed) }
        return bytes
    }

    /// The process id written in the lock file.
    static func firstLine(_ descriptor: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
        let line = buffer.prefix(max(0, count)).prefix { 0x30 <= $0 && $0 <= 0x39 }
        return line.isEmpty ? "(number unknown)" : String(decoding: line, as: UTF8.self)
    }
}
