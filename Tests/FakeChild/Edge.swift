import Glibc
import OrgeControl
import OrgeSystem

/// Accepts on the inherited socket; answers each line of a client: `pid`, `kill NAME` (with the token), `told` (what the
/// supervisor said), `slots N` (asks for so many).
final class Edge {
    private let listener = Listener(descriptor: Descriptor(owning: 5))
    private let signals: SignalQueue
    private var stream = ControlStream<SupervisorMessage>()
    private var told: [SupervisorMessage] = []
    private var clients: [Client] = []
    private var slots: UInt32 = 0

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
            try FakeChild.control.writeAll(
                ChildMessage.edgeStatus(EdgeStatus(kind: "raw-fake", clients: UInt32(clients.count), limit: limit, slots: slots)).frame())
            let awaited = [signals.descriptor.number, 3, 5] + clients.map { $0.socket.number }
            _ = waitUntilReady(awaited.map { Awaited($0) }, timeoutMilliseconds: 50)
            if case .bytes(let bytes) = try FakeChild.control.read(atMost: 4_096) { stream.append(bytes) }
            while let message = try stream.next() { try handle(message) }
            if let socket = try listener.accept() { clients.append(Client(socket)) }
            for client in clients { try answer(client) }
        }
    }

    private func handle(_ message: SupervisorMessage) throws {
        told.append(message)
        switch message {
        case .slots(let count): slots += count
        case .recallSlots(let count):
            let given = min(count, slots)
            slots -= given
            try FakeChild.control.writeAll(ChildMessage.slotsReturned(count: given).frame())
        case .stopping, .worldFailed, .edges, .worldSilent, .worldResponds, .lift: break
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
            case "id": try client.socket.writeAll(Array("\(FakeChild.argument("--edge-id"))\n".utf8))
            case "slots": try FakeChild.control.writeAll(ChildMessage.slotsNeeded(count: UInt32(words[1]) ?? 0).frame())
            case "kill" where words.last == FakeChild.variable("ORGE_DEV_TOKEN"):
                try FakeChild.control.writeAll(ChildMessage.killWorld(name: words[1]).frame())
            default: FakeChild.fail("edge: what is \(words)?")
            }
        }
    }
}
