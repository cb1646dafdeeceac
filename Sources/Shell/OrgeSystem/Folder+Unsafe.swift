import COrgeSystem
import Glibc
import OrgeBase

/// An open folder. Names below it are single path components.
package struct Folder: ~Copyable {
    package let descriptor: Descriptor
    /// As it was given, for messages.
    package let path: String

    /// - Parameter creating: makes it, and the folders above it, durably and with mode 0700 when missing.
    package init(_ path: String, creating: Bool = false) throws(SystemError) {
        if creating { try makeFolders(path) }
        descriptor = Descriptor(owning: try checked(unsafe orge_folder_open(path), "open the folder \(path)"))
        self.path = path
    }

    /// Opens a folder in this one, made with mode 0700 when missing. That it is there is durable.
    package borrowing func folder(_ name: String) throws(SystemError) -> Folder {
        if unsafe mkdirat(descriptor.number, name, 0o700) < 0, errno != EEXIST { throw SystemError("make the folder \(path)/\(name)", code: errno) }
        try syncNames()
        return try Folder("\(path)/\(name)")
    }

    /// Makes durable which names this folder has.
    fileprivate borrowing func syncNames() throws(SystemError) {
        guard fsync(descriptor.number) == 0 else { throw SystemError("sync the folder \(path)", code: errno) }
    }

    /// Takes the folder for this process until it ends; false when another process has it.
    package borrowing func lock() throws(SystemError) -> Bool {
        let result = orge_lock(descriptor.number)
        if result == -EWOULDBLOCK { return false }
        _ = try checked(result, "lock the folder \(path)")
        return true
    }

    /// The whole file, nil when there is none. One larger than `limit` bytes is an error (`EFBIG`).
    package borrowing func read(_ name: String, limit: Int) throws(SystemError) -> [UInt8]? {
        let number = unsafe openat(descriptor.number, name, O_RDONLY | O_CLOEXEC)
        if number < 0 {
            if errno == ENOENT { return nil }
            throw SystemError("open \(path)/\(name)", code: errno)
        }
        let file = Descriptor(owning: number)
        var bytes: [UInt8] = []
        while case .bytes(let part) = try file.read(atMost: 65_536) {
            bytes += part
            if bytes.count > limit { throw SystemError("read \(path)/\(name), which is too large", code: EFBIG) }
        }
        return bytes
    }

    /// Removes a file; that it is not there is all right.
    package borrowing func remove(_ name: String) throws(SystemError) {
        if unsafe unlinkat(descriptor.number, name, 0) < 0, errno != ENOENT { throw SystemError("remove \(path)/\(name)", code: errno) }
    }

    /// Writes a file so that after a crash either the old or the new one is there, whole.
    package borrowing func replace(_ name: String, with bytes: [UInt8]) throws(SystemError) {
        let (path, folder) = (path, descriptor.number)
        let temporary = "\(name).new"
        let number = unsafe openat(folder, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        if number < 0 { throw SystemError("write \(path)/\(temporary)", code: errno) }
        let file = Descriptor(owning: number)
        try file.writeAll(bytes)
        try nameDurably(
            syncFile: { () throws(SystemError) in guard fsync(number) == 0 else { throw SystemError("sync \(path)/\(temporary)", code: errno) } },
            rename: { () throws(SystemError) in
                guard unsafe renameat(folder, temporary, folder, name) == 0 else { throw SystemError("rename \(path)/\(temporary)", code: errno) }
            },
            syncFolder: { () throws(SystemError) in guard fsync(folder) == 0 else { throw SystemError("sync the folder \(path)", code: errno) } })
    }
}

extension Folder {
    /// Opens a file for reading; nil when there is none.
    package borrowing func open(_ name: String) throws(SystemError) -> Descriptor? {
        let number = unsafe openat(descriptor.number, name, O_RDONLY | O_CLOEXEC)
        if number >= 0 { return Descriptor(owning: number) }
        if errno == ENOENT { return nil }
        throw SystemError("open \(path)/\(name)", code: errno)
    }

    /// Writes a file as ``replace(_:with:)`` does, from parts, and lets its bytes be checked before they count.
    /// - Parameters:
    ///   - mode: of the file.
    ///   - next: the next part; nil after the last.
    ///   - check: sees the whole file before it gets its name; what it throws leaves the old file.
    package borrowing func replace(
        _ name: String, mode: UInt32, _ next: () throws -> [UInt8]?, check: (borrowing Descriptor) throws -> Void
    ) throws {
        let (path, folder) = (path, descriptor.number)
        let temporary = "\(name).new"
        // One that a crash left may be read-only.
        try remove(temporary)
        let number = unsafe openat(folder, temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        if number < 0 { throw SystemError("write \(path)/\(temporary)", code: errno) }
        let file = Descriptor(owning: number)
        while let part = try next() { try file.writeAll(part) }
        try check(file)
        try nameDurably(
            syncFile: { () throws(SystemError) in guard fsync(number) == 0 else { throw SystemError("sync \(path)/\(temporary)", code: errno) } },
            rename: { () throws(SystemError) in
                guard unsafe renameat(folder, temporary, folder, name) == 0 else { throw SystemError("rename \(path)/\(temporary)", code: errno) }
            },
            syncFolder: { () throws(SystemError) in guard fsync(folder) == 0 else { throw SystemError("sync the folder \(path)", code: errno) } })
    }

    /// Whether programs may not be run from this folder: its file system is mounted with `noexec`.
    package borrowing func forbidsPrograms() throws(SystemError) -> Bool {
        var status = statvfs()
        guard unsafe fstatvfs(descriptor.number, &status) == 0 else { throw SystemError("ask for the mount of \(path)", code: errno) }
        return UInt32(status.f_flag) & 8 != 0  // ST_NOEXEC
    }
}

/// Makes a folder and the ones above it, mode 0700; those that exist stay as they are. A world's files would be durable in vain below a
/// folder whose own name is not.
private func makeFolders(_ path: String) throws(SystemError) {
    if path.utf8.count > 1, path.hasSuffix("/") { return try makeFolders(String(path.dropLast())) }
    let slash = path.lastIndex(of: "/")
    if unsafe mkdir(path, 0o700) != 0 {
        let code = errno
        if code == EEXIST { return }
        guard code == ENOENT, let slash, slash != path.startIndex else { throw SystemError("make the folder \(path)", code: code) }
        try makeFolders(String(path[..<slash]))
        if unsafe mkdir(path, 0o700) != 0, errno != EEXIST { throw SystemError("make the folder \(path)", code: errno) }
    }
    try Folder(slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ".").syncNames()
}

/// The path from the root, without symbolic links.
package func absolutePath(_ path: String) throws(SystemError) -> String {
    guard let resolved = unsafe realpath(path, nil) else { throw SystemError("find \(path)", code: errno) }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
}

/// Whether there is a folder at this path.
package func isFolder(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Whether this process may run the file.
package func isExecutableFile(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
}
