import OrgeSimulatedDisk
import OrgeEdge
import OrgeHost
import OrgeImage
import OrgeJournal
import OrgeLink
import OrgeSchema
import OrgeSession
import OrgeWorld

/// A server without sockets, threads and files: edge, host, journal and link called one after the other.
final class InProcessServer: Server {
    private var edge: EdgeMachine
    private var host: HostMachine
    private var journal: JournalWriter
    /// Read and not yet published.
    private var image: ImageFile?
    private var toHost = FrameStream.link
    private(set) var now: UInt64 = 1_000_000_000
    /// Bytes for each client, until its line takes them.
    fileprivate var outgoing: [ConnectionID: [UInt8]] = [:]
    private var written: [ConnectionID: UInt64] = [:]

    init<W: World>(_ world: W.Type) throws {
        let schema = WorldEngine.schema(of: W.self)
        let opened = try Journal.open(SimulatedStorage(), schema: schema, number: 1, seedIfNew: 7, codeID: "1", holder: 1)
        var started = try RecoveredHost.recover(W.self, from: opened).start(codeID: "1", replayNanoseconds: 0, now: now)
        journal = started.takeWriter()
        host = started.takeMachine()
        edge = EdgeMachine(
            EdgeConfiguration(
                edgeID: 1, clientLimit: 10, worlds: [W.name], session: .init(software: "in process"), ticketSecret: Array(repeating: 3, count: 16)))
        try tell(.linkOpened(1))
        edge.linkUp(world: 0, now: now)
        try settle()
    }

    func connect() throws -> any Line {
        guard let id = edge.connectionOpened(now: now) else { throw Refused() }
        return InProcessLine(self, id)
    }

    struct Refused: Error {}

    fileprivate func received(_ id: ConnectionID, _ bytes: [UInt8]) throws {
        edge.received(id, stream: bytes, now: now)
        try settle()
    }

    fileprivate func lost(_ id: ConnectionID) throws {
        edge.connectionClosed(id, now: now)
        try settle()
    }

    /// Lets both sides work until neither has anything left to do; time goes on a little with each round.
    fileprivate func settle() throws {
        var isBusy = true
        while isBusy {
            now += 1_000_000
            isBusy = false
            for directive in edge.drainDirectives(now: now) {
                isBusy = true
                try obey(directive)
            }
            if let turn = host.nextTurn, turn <= now {
                isBusy = true
                try tell(.turn(utcMilliseconds: now / 1_000_000))
            }
        }
    }

    private func obey(_ directive: EdgeDirective) throws {
        switch directive {
        case .write(let id, let bytes):
            outgoing[id, default: []] += bytes
            written[id, default: 0] += UInt64(bytes.count)
            edge.written(id, through: written[id] ?? 0, now: now)
        case .close(let id): edge.connectionClosed(id, now: now)
        case .linkSend(_, let bytes):
            toHost.append(bytes)
            while let frame = try toHost.nextFrame() { try tell(.frame(link: 1, EdgeFrame(decoding: frame))) }
        case .linkDrop(_, let why): throw Broken(why: why)
        case .armTimer, .killWorld, .stopped, .askForSlots, .returnSlots: break
        }
    }

    struct Broken: Error { var why: String }

    private func tell(_ event: HostEvent) throws {
        for directive in host.handle(event, at: now) {
            switch directive {
            case .append(let tick, let body):
                let result = try journal.append([JournalEntry(tick: tick, body: body)])
                try tell(.execute)
                try tell(.durable(through: result.durableThrough))
            case .execute: break
            case .stepAudits:
                repeat { try tell(.stepAudits) } while host.measured(audits: 0)
            case .beginImage: try tell(.beginImage)
            case .readImage(let header, let frozen):
                var reading = try HostImageReading(frozen, header, to: try journal.imageFile(tick: header.tick))
                while try reading.step() != .end {}
                image = try reading.finish()
                try tell(.imageRead)
            case .publishImage(let tick):
                if let image = image.take() { try image.publish() }
                var removal = try journal.adoptImage(tick: tick)
                try removal.finish(in: journal.storage)
                try tell(.imageWritten(tick: tick))
            case .send(_, let bytes): edge.linkReceived(world: 0, bytes, now: now)
            case .close(_, let why): throw Broken(why: why)
            case .answerLift, .stopped: break
            }
        }
    }
}

private final class InProcessLine: Line {
    private let server: InProcessServer
    private let id: ConnectionID

    init(_ server: InProcessServer, _ id: ConnectionID) {
        self.server = server
        self.id = id
    }

    var now: UInt64 { server.now }

    func send(_ bytes: [UInt8]) throws { try server.received(id, bytes) }

    func receive() throws -> [UInt8] {
        for _ in 0..<1_000 {
            if let bytes = server.outgoing.removeValue(forKey: id), !bytes.isEmpty { return bytes }
            try server.settle()
        }
        throw Silence()
    }

    func hangUp() throws { try server.lost(id) }
}
