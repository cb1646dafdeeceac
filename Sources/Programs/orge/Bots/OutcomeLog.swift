import OrgeSystem
import Glibc

/// A file with a line of JSON for each outcome that a bot was told.
final class OutcomeLog {
    private let file: Descriptor
    private var pending: [UInt8] = []
    /// Nothing is written after it: a run whose log is not whole proves nothing, and ends.
    private(set) var failure: SystemError?
    private static let blockBytes = 65_536

    init(_ path: String) throws {
        let number = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard number >= 0 else { throw CommandFailure("cannot write \(path): \(SystemError("open", code: errno).reason)") }
        file = Descriptor(owning: number)
    }

    func write(_ value: JSONValue) {
        pending.append(contentsOf: value.text.utf8)
        pending.append(10)
        if pending.count >= Self.blockBytes { flush() }
    }

    func flush() {
        if failure == nil {
            do throws(SystemError) { try file.writeAll(pending) } catch { failure = error }
        }
        pending.removeAll(keepingCapacity: true)
    }
}
