import Glibc
import OrgeSystem
import OrgeTerminal

/// The terminal as something to draw on. Writing never waits: a screen that the terminal has not taken holds up the next one, and nothing else.
struct PlayOutput: ~Copyable {
    private let descriptor: Descriptor
    private var writer: ScreenWriter
    private var pending: [UInt8] = []

    init(colours: Bool) throws {
        descriptor = try Descriptor.output(STDOUT_FILENO)
        writer = ScreenWriter(colours: colours)
    }

    /// Takes the terminal, and shows an empty screen on it.
    mutating func take() throws {
        try Terminal.take(STDOUT_FILENO, farewell: ScreenWriter.leave)
        writer.forget()
        pending = Array(ScreenWriter.enter.utf8)
        flush()
    }

    /// 80 x 24 where the terminal does not say.
    var size: (columns: Int, rows: Int) {
        if let size = try? Terminal.size(of: STDOUT_FILENO) { return size }
        return (TerminalLimits.leastColumns, TerminalLimits.leastRows)
    }

    /// To be flushed when writable; nil when the terminal has everything.
    var awaited: Awaited? { pending.isEmpty ? nil : Awaited(descriptor.number, .writable) }

    mutating func forget() { writer.forget() }

    mutating func draw(_ screen: Screen) {
        pending += writer.bytes(for: screen)
        flush()
    }

    mutating func flush() {
        while !pending.isEmpty {
            do {
                let written = try descriptor.writeNow(pending[...])
                if written == 0 { return }
                pending.removeFirst(written)
            } catch {
                // The terminal has gone; its input says so too, and ends the visit.
                pending = []
            }
        }
    }
}
