import OrgeEdge
import OrgeSchema
import OrgeSession
import OrgeWire

/// A client that keeps to the rules, and holds the server to them.
struct GoodClient: ~Copyable {
    var session = ClientSession(.init(kind: .tool, software: "good", name: "good"))
    var peer: FuzzPeer?
    var audits: UInt32 = 0
    /// Not more often than the server takes them.
    var lastPing: UInt64 = 0
    var lastAudit: UInt64 = 0
    private var frames = FrameStream.server

    mutating func begin(_ peer: FuzzPeer) {
        self.peer = peer
        session = ClientSession(.init(kind: .tool, software: "good", name: "good"))
        frames = FrameStream.server
    }

    /// What it must say at once is its join, in ``EdgeWalk``.
    mutating func receive(_ bytes: [UInt8], isHonest: Bool, now: UInt64) {
        frames.append(bytes)
        while case .frame(let range) = frames.next() {
            var reader = frames.reader(range)
            let reaction = session.receive(&reader, now: now)
            guard isHonest else { continue }
            switch reaction {
            case .fault(let fault): preconditionFailure("the server is at fault: \(fault)")
            case .audited(let report): precondition(report.mismatchCount == 0, "the view is wrong: \(report)")
            case .timelineChanged: preconditionFailure("a change of the timeline that no host announced")
            case .closed(let close):
                // A client that keeps to the rules is closed for silence, for not reading and for leaving only.
                precondition([.left, .idle, .slowReader, .handshakeTimeout].contains(close.reason), "closed: \(close)")
            case .nothing, .send, .choose, .described, .joined, .joinRefused, .viewComplete, .outcome, .event, .auditBusy, .creditRaised, .pong, .notice,
                .resumed, .settled, .disconnected:
                break
            }
        }
    }
}

/// What the good client does, whatever the other clients do.
extension EdgeWalk {
    func comeIn() {
        guard let id = edge.connectionOpened(now: now) else { preconditionFailure("no room for the good client") }
        good.begin(FuzzPeer(id))
        heard.append([])
        for frame in good.session.start(now: now) { say(frame) }
        say(good.session.join(FuzzWorld.name, as: .player))
    }

    /// A command; before that a new connection or another join where one is due.
    func act(_ number: UInt8) {
        if good.peer?.isClosed ?? true { comeIn() }
        if good.session.phase == .choosing, number & 1 == 1 { say(good.session.join(FuzzWorld.name, as: .player)) }
        say(good.session.command(0, [number], now: now))
    }

    func ask(_ what: Int) {
        switch what {
        case 0 where now >= good.lastAudit + SessionLimits.second:
            good.lastAudit = now
            good.audits += 1
            say(good.session.audit(good.audits))
        case 1 where now >= good.lastPing + SessionLimits.second:
            good.lastPing = now
            say(good.session.ping(now: now))
        default: say(good.session.intent(0, [UInt8(what & 1)]))
        }
    }

    func hangUp() {
        guard let peer = good.peer, !peer.isClosed else { return }
        peer.isClosed = true
        good.session.connectionLost()
        edge.connectionClosed(peer.id, now: now)
    }

    func say(_ frame: ClientFrame?) {
        guard let frame, let peer = good.peer, !peer.isClosed else { return }
        edge.received(peer.id, stream: frame.encoded, now: now)
        turn()
    }
}
