import Glibc
import OrgeSystem

/// Files and folders for people, with the rights that their umask gives. (``Folder`` keeps what it writes to its owner.)
enum PlainFiles {
    /// Whether there is anything at this path, be it a link that leads nowhere.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0
    }

    /// - Throws: also when it exists.
    static func makeFolder(_ path: String) throws(SystemError) {
        guard unsafe mkdir(path, 0o777) == 0 else { throw SystemError("make the folder \(path)", code: errno) }
    }

    /// Writes a new file, and makes the folders of its relative path.
    static func write(_ text: String, to path: String) throws(SystemError) {
        var folder = ""
        for part in path.split(separator: "/").dropLast() {
            folder += (folder.isEmpty ? "" : "/") + part
            if !exists(folder) { try makeFolder(folder) }
        }
        let number = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard number >= 0 else { throw SystemError("write \(path)", code: errno) }
        try Descriptor(owning: number).writeAll(Array(text.utf8))
    }

    static func rename(_ path: String, to other: String) throws(SystemError) {
        guard unsafe Glibc.rename(path, other) == 0 else { throw SystemError("rename \(path) to \(other)", code: errno) }
    }
}
