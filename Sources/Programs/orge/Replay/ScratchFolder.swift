import FoundationEssentials
import OrgeSchema
import OrgeSystem

/// A folder of this process for files that it needs for a while.
struct ScratchFolder {
    let path: String

    /// - Parameter parent: nil for the system's folder for such files.
    init(below parent: String?) throws {
        let parent = parent ?? ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        path = "\(parent)/orge-\(try unguessableBytes(count: 8).hexadecimal)"
        let folder = try Folder(path, creating: true)
        guard try !folder.forbidsPrograms() else {
            throw CommandFailure(
                "programs may not be run from \(parent): its file system is mounted with noexec", remedy: "Name another folder with --scratch.")
        }
    }

    func remove() {
        // What cannot be removed is in a folder for what may be removed.
        try? FileManager.default.removeItem(atPath: path)
    }
}
