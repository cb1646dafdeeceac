import OrgeLink
import OrgeSchema
import OrgeSystem
import Testing

/// An edge of a few accounts of the ledger over a real socket: sends transfers, keeps what is unanswered, sends it again.
final class LinkClient {
    struct Client {
        var account: String
        var session: UInt64?
        var avatar = Entity.none
        var next: UInt64 = 1
        var unanswered: [(sequence: UInt64, payload: [UInt8])] = []
        var outcomes: [(sequence: UInt64, tick: UInt64, bytes: [UInt8])] = []
    }

    private var socket: Descriptor?
    private var socketNumber: Int32?
    private var reader = FrameStream.link
    private var batch = InputBatchWriter()
    private var batchNumber: UInt64 = 0
    private(set) var lastTick: UInt64 = 0
    private(set) var incarnation: UInt32 = 0
    private var held = Timeline.none
    /// The world's, once the host has named it; 0 before.
    private var number: UInt16 = 0
    private(set) var clients: [Client]
    private var random = RandomSource(seed: 11)

    init(accounts: Int) { clients = (0..<accounts).map { Client(account: "a\($0)") } }

    var unanswered: Int { clients.reduce(0) { $0 + $1.unanswered.count } }
    var isJoined: Bool { clients.allSatisfy { $0.session != nil } }

    func connect(_ folder: String) throws {
        let connected = try Folder(folder).connect(to: "link.sock")
        reader = FrameStream.link
        batch = InputBatchWriter()
        batchNumber = 0
        try connected.writeAll(EdgeFrame.encode(EdgeHello(world: "ledger", edgeID: 9, incarnation: incarnation, held: held, rows: held)))
        socketNumber = connected.number
        socket = consume connected
        for (index, client) in clients.enumerated() {
            guard let session = client.session else {
                batch.join(attachment: UInt64(index + 1), .guest(client.account))
                continue
            }
            for command in client.unanswered { batch.command(session: session, sequence: command.sequence, kind: 0, payload: command.payload[...]) }
        }
        try flush()
    }

    func disconnect() {
        socketNumber = nil
        socket = nil
    }

    /// Each account with room for it pays another.
    func pay(inFlight: Int) throws {
        for index in clients.indices where clients[index].unanswered.count < inFlight {
            guard let session = clients[index].session else { continue }
            let to = clients[random.below(clients.count)].avatar
            var payload = ByteWriter()
            payload.entity(to)
            payload.u32(UInt32(random.within(1...900)))
            let sequence = clients[index].next
            clients[index].next += 1
            clients[index].unanswered.append((sequence, payload.bytes))
            batch.command(session: session, sequence: sequence, kind: 0, payload: payload.bytes[...])
        }
        try flush()
    }

    func flush() throws {
        guard batch.count > 0, number > 0 else { return }
        batchNumber += 1
        try socket?.writeAll(batch.finish(number: batchNumber, world: number))
    }

    /// Takes what has come.
    /// - Returns: false when the host is gone.
    func receive(waiting milliseconds: Int32 = 5) throws -> Bool {
        guard let number = socketNumber else { return false }
        _ = waitUntilReady([Awaited(number)], timeoutMilliseconds: milliseconds)
        while true {
            guard let arrived = try socket?.read(atMost: 65_536) else { return false }
            switch arrived {
            case .nothingYet: return true
            case .end: return false
            case .bytes(let bytes):
                reader.append(bytes)
                while let frame = try reader.nextFrame() { try handle(try HostFrame(decoding: frame)) }
            }
        }
    }

    private func handle(_ frame: HostFrame) throws {
        switch frame {
        case .hello(let hello):
            #expect(hello.incarnation > incarnation)
            #expect(hello.tick >= lastTick)
            #expect(hello.fork == nil)
            incarnation = hello.incarnation
            number = hello.number
            try flush()
        case .image, .auditAnswer, .sessions: break
        case .refusedEdge(let why): Issue.record("refused: \(why)")
        case .release(let release): try handle(release)
        }
    }

    private func handle(_ release: Release) throws {
        #expect(release.tick > lastTick)
        // Answers and outcomes are in the last part.
        guard release.isLast else { return }
        lastTick = release.tick
        held = Timeline(incarnation: incarnation, tick: release.tick, chain: release.head.chain)
        for (attachment, answer) in release.joins {
            guard case .joined(let session, let avatar, _, _) = answer else {
                Issue.record("\(answer)")
                continue
            }
            clients[Int(attachment) - 1].session = session
            clients[Int(attachment) - 1].avatar = avatar
        }
        for outcome in release.outcomes {
            guard let index = clients.firstIndex(where: { $0.session == outcome.session }), clients[index].unanswered.first?.sequence == outcome.sequence else {
                Issue.record("outcome \(outcome.sequence) of session \(outcome.session) is not the one that is due")
                continue
            }
            clients[index].unanswered.removeFirst()
            clients[index].outcomes.append((outcome.sequence, release.tick, Array(release.piece(outcome.bytes))))
            batch.acknowledge(session: outcome.session, through: outcome.sequence)
        }
        try socket?.writeAll(EdgeFrame.encode(released: release.tick, world: number))
    }
}
