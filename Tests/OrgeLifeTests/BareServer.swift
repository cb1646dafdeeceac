import OrgeSchema
import OrgeSession
import OrgeWire
import OrgeWorld

/// The server's side as small as it can be: one ``ServerSession`` for each client and one world. No edge, link, host, journal or
/// socket; what a session asks for is decided here, and what a client sees is looked up in the world's own rows.
final class BareServer: Server {
    static let base = idBase(ofWorld: 1)
    let engine: WorldEngine
    let served: ServedSchema
    private(set) var now: UInt64 = 1_000_000_000
    /// The connected peers, in the order in which they connected.
    var peers: [BarePeer] = []
    /// What the next tick runs.
    var inputs: [Input] = []
    /// Sessions of the world by account: with a connection, or lingering.
    var accounts = SortedMap<String, UInt64>()
    var lastSession: UInt64 = 0
    /// All that may be seen of the world after this tick.
    var rows: (tick: UInt64, all: SortedMap<Entity, [BareRow]>)?

    init<W: World>(_ world: W.Type) {
        engine = WorldEngine(W.self, number: 1, seed: 7)
        served = ServedSchema(engine.schema)
    }

    func connect() -> any Line {
        let peer = BarePeer(now: now)
        peers.append(peer)
        return BareLine(self, peer)
    }

    var entry: WorldEntry {
        let isFixed = engine.schema.tickMicroseconds > 0
        return WorldEntry(
            name: engine.schema.name, version: engine.version, state: .running, schemaHash: served.hash, pace: isFixed ? .fixed : .onDemand,
            tickMicroseconds: engine.schema.tickMicroseconds)
    }

    /// One tick, and all that it sends.
    func step() {
        now += 50_000_000
        let sealed = inputs
        inputs = []
        let output = engine.execute(tick: engine.tick + 1, utcMilliseconds: now / 1_000_000, inputs: sealed)
        for arrival in output.arrivals { arrived(arrival) }
        for peer in peers where peer.isInWorld { show(to: peer) }
        for event in output.events { tell(event, output) }
        for outcome in output.outcomes { tell(outcome, output) }
        for peer in peers where peer.isInWorld { answerAudit(of: peer) }
        for peer in peers { obey(peer.session.timePassed(now: now), peer) }
    }

    fileprivate func received(_ bytes: [UInt8], _ peer: BarePeer) {
        peer.input.append(bytes)
        while case .frame(let range) = peer.input.next() {
            var reader = peer.input.reader(range)
            obey(peer.session.receive(&reader, now: now), peer)
        }
    }

    fileprivate func lost(_ peer: BarePeer) {
        end(peer, peer.session.connectionLost())
        peers.removeAll { $0 === peer }
    }
}

/// One client as the bare server knows it.
final class BarePeer {
    var session: ServerSession
    var input = FrameStream.client
    var out = ByteWriter()
    /// The world's number of its session; 0 for a monitor.
    var number: UInt64 = 0
    var avatar = Entity.none
    /// The world's answer to its join is still to come.
    var isJoining = false
    var isInWorld = false
    var audit: UInt32?
    /// The last intent that was put to the world, until an update has said so.
    var consumedIntent: UInt32?
    /// The rows that it was sent.
    var shown = SortedMap<Entity, [BareRow]>()

    init(now: UInt64) {
        session = ServerSession(ServerSession.Configuration(software: "bare"), now: now)
    }
}

struct BareRow: Equatable {
    var component: UInt16
    var bytes: [UInt8]
    var owner: Entity?
    var isOwnerOnly: Bool
}

private final class BareLine: Line {
    private let server: BareServer
    private let peer: BarePeer

    init(_ server: BareServer, _ peer: BarePeer) {
        self.server = server
        self.peer = peer
    }

    var now: UInt64 { server.now }

    func send(_ bytes: [UInt8]) { server.received(bytes, peer) }

    func receive() throws -> [UInt8] {
        for _ in 0..<1_000 {
            if peer.out.count > 0 { return peer.out.take() }
            server.step()
        }
        throw Silence()
    }

    func hangUp() { server.lost(peer) }
}

/// The server has nothing more to say, however long one waits.
struct Silence: Error {}
