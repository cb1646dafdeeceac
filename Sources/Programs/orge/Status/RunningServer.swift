import FoundationEssentials
import OrgeSystem

/// The server that serves a data folder, as another command finds it.
enum RunningServer {
    /// A document of 256 worlds is below it.
    private static let replyBytesLimit = 1_048_576
    /// Longer than a server lets a request wait, so that its reason is heard.
    private static let patience: UInt64 = 8_000_000_000

    static func status(data: String) throws -> StatusDocument { try decode(try ask("status", data: data)) }

    static func decode(_ text: String) throws -> StatusDocument {
        do {
            return try JSONDecoder().decode(StatusDocument.self, from: Data(text.utf8))
        } catch {
            throw CommandFailure("the server answered something else than its status", remedy: "Is it another version of Orge? Restart it with this one.")
        }
    }

    /// One line to the control socket in the folder, one line back.
    static func ask(_ request: String, data: String) throws -> String {
        let socket = try connect(data)
        let line = Array((request + "\n").utf8)
        // A new socket has room for a line. A failure means that the server has closed it, because it has too many such connections.
        guard (try? socket.writeNow(line[...])) == line.count else { throw hungUp(data) }
        var reply: [UInt8] = []
        let deadline = monotonicNanoseconds() + patience
        while reply.last != 10 {
            let now = monotonicNanoseconds()
            guard now < deadline else { throw CommandFailure("the server of \(data) does not answer", remedy: "Is its process stopped (SIGSTOP)?") }
            _ = waitUntilReady([Awaited(socket.number)], timeoutMilliseconds: Int32((deadline - now) / 1_000_000 + 1))
            switch try socket.read(atMost: 65_536) {
            case .bytes(let bytes): reply += bytes
            case .nothingYet: continue
            case .end: throw hungUp(data)
            }
            if reply.count > replyBytesLimit { throw CommandFailure("the server of \(data) sent an answer without an end") }
        }
        return String(decoding: reply.dropLast(), as: UTF8.self)
    }

    private static func hungUp(_ data: String) -> CommandFailure {
        CommandFailure("the server of \(data) hung up", remedy: "It is stopping, it is asked by too many at once, or it belongs to another user.")
    }

    private static func connect(_ data: String) throws -> Descriptor {
        do {
            let folder = try Folder(data)
            return try folder.connect(to: ControlSocket.name)
        } catch {
            throw explanation(of: error, data: data)
        }
    }

    private static func explanation(of error: SystemError, data: String) -> CommandFailure {
        guard error.isMissing || error.isRefused else { return CommandFailure("\(error)", remedy: "Ask as the user who started the server.") }
        return CommandFailure("no server is running on the data folder \(data)", remedy: "Start one: orge serve --world PATH --data \(data)")
    }
}
