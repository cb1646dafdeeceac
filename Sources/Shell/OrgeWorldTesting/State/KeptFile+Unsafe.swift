import Glibc
import OrgeSystem

/// A text in the folder `Kept` beside a test.
struct KeptFile {
    /// A state of a hundred thousand rows has some megabytes; one that is larger is not compared by eye.
    private static let byteLimit = 64 << 20

    private let folder: String
    private let name: String

    var path: String { "\(folder)/\(name)" }

    init(_ name: String, besideTest path: String) {
        folder = (path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ".") + "/Kept"
        self.name = "\(name).txt"
    }

    /// - Returns: nil when there is none.
    func read() throws(SystemError) -> String? {
        do throws(SystemError) {
            return try Folder(folder).read(name, limit: Self.byteLimit).map { String(decoding: $0, as: UTF8.self) }
        } catch {
            if error.isMissing { return nil }
            throw error
        }
    }

    func write(_ text: String) throws(SystemError) { try Folder(folder, creating: true).replace(name, with: Array(text.utf8)) }

    /// Whether the person who runs the tests accepts new texts: `ORGE_ACCEPT=1 swift test`.
    static var isAccepting: Bool { unsafe getenv("ORGE_ACCEPT").map { unsafe String(cString: $0) } == "1" }
}
