import OrgeSystem

/// Standard output or standard error of a server. Writing never waits for the reader: a stopped terminal or a pipe that is not read must not
/// stop a server. Lines that find no room are dropped whole.
final class Console {
    /// Lines that wait for the reader; beyond it they are dropped.
    static let pendingBytesLimit = 65_536

    private let descriptor: Descriptor
    private(set) var pending: [UInt8] = []
    /// The reader has gone: what is written from now on is dropped.
    private var isClosed = false

    init(_ number: Int32) throws(SystemError) {
        descriptor = try Descriptor.output(number)
    }

    /// To be flushed when writable; nil when nothing waits.
    var awaited: Awaited? { pending.isEmpty ? nil : Awaited(descriptor.number, .writable) }

    func print(_ line: String) {
        guard !isClosed, pending.count + line.utf8.count + 1 <= Self.pendingBytesLimit else { return }
        pending += line.utf8
        pending.append(10)
        flush()
    }

    func flush() {
        while !pending.isEmpty {
            do {
                let written = try descriptor.writeNow(pending[...])
                if written == 0 { return }
                pending.removeFirst(written)
            } catch {
                // No output is left on which to report it.
                isClosed = true
                pending = []
            }
        }
    }
}
