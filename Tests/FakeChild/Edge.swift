import Glibc
import OrgeControl
import OrgeSystem

/// Accepts on the inherited socket; answers each line of a client: `pid`, `kill NAME` (with the token), `told` (what the
/// supervisor said).
final class Edge {
    private let listener = Listener(descriptor: Descriptor(owning: 5))
    private let signals: SignalQueue
    private var stream = ControlStream<SupervisorMessage>()
    private var told: [SupervisorMessage] = []
    private var clients: [Client] = []

    private final class Client {
        let socket: Descriptor
        init(_ socket: consuming Descriptor) { self.socket = socket }
    }

    init() throws {
        signals = try SignalQueue([SIGTERM])
        try FakeChild.control.writeAll(ChildMessage.edgeReady(address: "fake").frame())
        try FakeChild.control.setNonBlocking()
    }

    func run() throws {
        while try signals.next() == nil {
            let limit = UInt32(FakeChild.argument("--max-clients")) ?? 0
            try FakeChild.control.writeAll(ChildMessage.edgeStatus(EdgeStatus(kind: "raw-fake", clients: UInt32(clients.count), limit: limit)).frame())
            let awaited = [signals.descriptor.number, 3, 5] + clients.map { $0.socket.number }
            _ = waitUntilReady(awaited.map { Awaited($0) }, timeoutMilliseconds: 50)
            if case .bytes(let bytes) = try FakeChild.control.read(atMost: 4_096) { stream.append(bytes) }
            while let message = try stream.next() { told.append(message) }
            if let socket = try listener.accept() { clients.append(Client(socket)) }
            for client in clients { try answer(client) }
        }
    }

    private func answer(_ client: Client) throws {
        switch try client.socket.read(atMost: 4_096) {
        case .nothingYet: return
        case .end: clients.removeAll { $0 === client }
        case .bytes(let bytes):
            let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(String.init)
            switch words.first {
            case "pid": try client.socket.writeAll(Array("\(getpid())\n".utf8))
            case "told": try client.socket.writeAll(Array("\(told)\n".utf8))
            case "kill" where words.last == FakeChild.variable("ORGE_DEV_TOKEN"):
                try FakeChild.control.writeAll(ChildMessage.killWorld(name: words[1]).frame())
            default: FakeChild.fail("edge: what is \(words)?")
            }
        }
    }
}
