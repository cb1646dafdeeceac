import Glibc
import NIOCore
import OrgeClient
import OrgeSchema
import OrgeSession
import OrgeSystem
import OrgeWire

/// A visit that prints what it sees, one line for each thing, as sentences or as JSON.
class PrintingVisitor: Visitor {
    let json: Bool

    init(_ options: ConnectOptions, _ timeout: TimeoutOptions, as account: String, json: Bool) {
        self.json = json
        super.init(options, timeout, as: account)
    }

    func show(event kind: UInt16, _ payload: [UInt8], _ tick: UInt64, _ connection: ClientConnection) {
        guard let event = connection.session.known?.schema.event(kind) else { return }
        let values = NamedValues(event.row, payload) ?? NamedValues()
        if json {
            emit(.object([("tick", .count(tick)), ("event", .string(event.name)), ("fields", values.json)]))
        } else {
            line("\(tick) event \(event.name)\(values.text)")
        }
    }

    func say(_ notice: ServerFrame.Notice) {
        let text =
            switch notice {
            case .hostAway: "the world's process is away"
            case .hostBack(let incarnation, let tick): "the world is back: incarnation \(incarnation), tick \(tick)"
            case .dilated(let permille): "the world runs at \(permille) thousandths of its speed"
            case .timelineChanged(let change):
                "the world goes on from \(change.forkTick.map { "tick \($0)" } ?? "an earlier tick"): what came after it is lost"
            case .viewed(let ticksDue): "this view changed in \(ticksDue) ticks"
            case .stopping(let milliseconds, let text): "the server stops within \(milliseconds) ms\(text.isEmpty ? "" : ": \(text)")"
            }
        say(text)
    }

    func say(_ text: String) {
        if json { emit(.object([("notice", .string(text))])) } else { line(text) }
    }

    func emit(_ value: JSONValue) { line(value.text) }

    /// Flushed at once, so that a reader at the end of a pipe gets each line when it is printed.
    func line(_ text: String) {
        if isFinished { return }
        print(text.printable)
        guard fflush(nil) != 0 else { return }
        // A pipe whose reader has gone, as after `| head`, is no error. SIGPIPE is ignored, because sockets need that.
        if errno == EPIPE { readerHasGone() } else { fail(CommandFailure("the output cannot be written: \(SystemError("write", code: errno).reason)")) }
    }

    /// The reader of the output has gone: there is nothing left to do.
    func readerHasGone() { finish(0) }
}
