import Glibc

extension Folder {
    /// Bytes that the files below the folder take on the disk: allocated blocks, so what is reserved and not written yet counts, and holes do not.
    /// A file that is deleted meanwhile counts or not. Symbolic links are not followed.
    /// - Parameter depth: folders below each other that are looked through; deeper ones are an error (`ELOOP`).
    package borrowing func allocatedBytes(depth: Int = 8) throws(SystemError) -> UInt64 {
        guard depth > 0 else { throw SystemError("measure \(path), which is too deep", code: ELOOP) }
        var sum: UInt64 = 0
        for name in try names() {
            var status = stat()
            guard unsafe fstatat(descriptor.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                if errno == ENOENT { continue }
                throw SystemError("measure \(path)/\(name)", code: errno)
            }
            // st_blocks counts 512 bytes, whatever the file system's block is.
            sum += UInt64(max(0, status.st_blocks)) * 512
            if status.st_mode & S_IFMT == S_IFDIR { sum += try Folder("\(path)/\(name)").allocatedBytes(depth: depth - 1) }
        }
        return sum
    }

    /// Bytes that its disk has left for this process: without what is reserved for the superuser.
    package borrowing func freeBytes() throws(SystemError) -> UInt64 {
        var status = statvfs()
        guard unsafe fstatvfs(descriptor.number, &status) == 0 else { throw SystemError("ask for the free space of \(path)", code: errno) }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }
}
