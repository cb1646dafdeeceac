import Glibc

extension Folder {
    /// The names in the folder, in no order.
    package borrowing func names() throws(SystemError) -> [String] { try namesInFolder(descriptor.number) }
}

/// The names in an open folder, in no order.
package func namesInFolder(_ folder: Int32) throws(SystemError) -> [String] {
    // A descriptor of its own: reading moves the position, and closing the stream closes it.
    let number = unsafe openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard number >= 0 else { throw SystemError("list a folder", code: errno) }
    guard let stream = unsafe fdopendir(number) else {
        let code = errno
        _ = close(number)
        throw SystemError("list a folder", code: code)
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    errno = 0
    while let entry = unsafe readdir(stream) {
        // SAFETY: d_name ends with a zero byte inside the entry, which lives until the next readdir.
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
            unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        }
        if name != "." && name != ".." { names.append(name) }
        errno = 0
    }
    guard errno == 0 else { throw SystemError("list a folder", code: errno) }
    return names
}
