import OrgeEdge
import OrgeSchema
import OrgeSession
import OrgeWire

/// A client as the shell knows it, and how much of it the peer has read.
final class FuzzPeer {
    let id: ConnectionID
    var emitted: UInt64 = 0
    /// Bytes of those that wait for it to read.
    var held = 0
    var isReading = true
    /// The edge has closed it.
    var isClosed = false
    /// The sequence of its next command.
    var next: UInt64 = 1
    private var frames = FrameStream.server
    private var isOver = false

    init(_ id: ConnectionID) { self.id = id }

    /// Whole frames that can be read, and nothing after the last.
    func receive(_ bytes: [UInt8]) {
        emitted += UInt64(bytes.count)
        frames.append(bytes)
        while case .frame(let range) = frames.next() {
            precondition(!isOver, "a frame after the close")
            var reader = frames.reader(range)
            let frame = FuzzTarget.accepted(frames.bytes) { _ throws(DecodeError) in try ServerFrame(decoding: &reader) }
            guard let frame else { preconditionFailure("a frame that cannot be read") }
            if case .close = frame { isOver = true }
        }
        precondition(frames.pendingCount == 0, "half a frame")
    }
}

/// An edge under a script: the shell's part, turn by turn.
final class EdgeWalk {
    var script: Script
    /// The others are there; without them their steps do nothing.
    let isCrowded: Bool
    /// The host has said nothing that no host may say.
    private(set) var isHonest = true
    /// What the good client was sent, connection by connection.
    var heard: [[UInt8]] = []
    var edge: EdgeMachine
    var host = FuzzHost()
    var good = GoodClient()
    var now: UInt64 = 1_000_000_000
    private var others: [FuzzPeer?] = Array(repeating: nil, count: 6)
    private var isLinked = false

    init(_ bytes: [UInt8], isCrowded: Bool) {
        script = Script(bytes)
        self.isCrowded = isCrowded
        edge = EdgeMachine(
            EdgeConfiguration(
                edgeID: 9, clientLimit: 16, worlds: [FuzzWorld.name], session: FuzzWorld.configuration, ticketSecret: Array(repeating: 5, count: 16)))
        link(isNew: true)
        comeIn()
        tick()
    }

    func step() {
        switch script.pick(EdgeFuzz.Step.self) {
        case .tick: tick()
        case .act: act(script.byte())
        case .ask: ask(script.below(3))
        case .pause: read(good.peer, script.flag())
        case .leave: say(good.session.leave())
        case .hangUp: hangUp()
        case .open: open(script.below(others.count))
        case .enter: enter(script.below(others.count), ["eve", "mallory", "Good"][script.below(3)], script.role())
        case .frame:
            let index = script.below(others.count)
            send(index, script.clientFrame().encoded)
        case .bytes: send(script.below(others.count), script.some())
        case .message: message(script.below(others.count), script.some())
        case .flood: flood(script.below(others.count), Int(script.byte()), UInt16(script.below(2)))
        case .read: read(others[script.below(others.count)], !script.flag())
        case .shut: shut(script.below(others.count))
        case .event: host.events.append((script.flag(), script.number()))
        case .away: unlink()
        case .back: link(isNew: script.flag())
        case .dilate: host.dilation = 900 + UInt16(script.below(2)) * 100
        case .time:
            now += script.time()
            edge.timePassed(now: now)
        case .link: lie(script.some())
        }
        turn()
        check()
    }

    private func check() {
        precondition(edge.connectionCount == others.count { $0.map { !$0.isClosed } ?? false } + (good.peer?.isClosed == false ? 1 : 0), "connections are lost")
        precondition(edge.clientCount <= edge.connectionCount, "clients without a connection")
    }

    // MARK: Turns

    func turn() {
        while case let directives = edge.drainDirectives(now: now), !directives.isEmpty {
            for directive in directives { obey(directive) }
        }
    }

    private func obey(_ directive: EdgeDirective) {
        switch directive {
        case .write(let id, let bytes): write(bytes, to: id)
        case .close(let id):
            guard let peer = peer(id), !peer.isClosed else { preconditionFailure("a close of an unknown connection") }
            peer.isClosed = true
            edge.connectionClosed(id, now: now)
        case .linkSend(_, let bytes): if isLinked, isHonest { host.receive(bytes) }
        case .linkDrop(_, let why):
            precondition(!isHonest, "an honest host is dropped: \(why)")
            isLinked = false
        case .armTimer, .killWorld: break
        case .askForSlots, .returnSlots: preconditionFailure("an edge that stands alone asks for slots")
        case .stopped: preconditionFailure("stopped without a stop")
        }
    }

    private func peer(_ id: ConnectionID) -> FuzzPeer? {
        good.peer?.id == id ? good.peer : others.first { $0?.id == id } ?? nil
    }

    private func write(_ bytes: [UInt8], to id: ConnectionID) {
        guard let peer = peer(id), !peer.isClosed else { preconditionFailure("a write to an unknown connection") }
        peer.receive(bytes)
        if peer === good.peer {
            heard[heard.count - 1] += bytes
            good.receive(bytes, isHonest: isHonest, now: now)
        }
        if peer.isReading { edge.written(id, through: peer.emitted, now: now) } else { peer.held += bytes.count }
        // What one turn adds comes on top of the limits.
        precondition(peer.held <= EdgeLimits.unreadBytes + 192 * 1024, "\(peer.held) bytes wait for one client")
    }

    private func read(_ peer: FuzzPeer?, _ isReading: Bool) {
        guard let peer else { return }
        peer.isReading = isReading
        guard isReading, !peer.isClosed else { return }
        peer.held = 0
        edge.written(peer.id, through: peer.emitted, now: now)
    }

    // MARK: The host

    private func tick() {
        now += 50_000_000
        guard isLinked, isHonest else { return }
        host.step()
        carry()
    }

    private func carry() {
        turn()
        while isLinked, !host.output.isEmpty {
            let bytes = host.output
            host.output = []
            edge.linkReceived(world: 0, bytes, now: now)
            turn()
        }
    }

    private func link(isNew: Bool) {
        guard !isLinked, isHonest else { return }
        isLinked = true
        host.connect(isNew: isNew)
        edge.linkUp(world: 0, now: now)
        carry()
    }

    private func unlink() {
        guard isLinked else { return }
        isLinked = false
        edge.linkDown(world: 0, now: now)
    }

    /// A frame that no host may send; from here on the world is anything.
    private func lie(_ frame: [UInt8]) {
        guard isLinked else { return }
        isHonest = false
        var writer = ByteWriter()
        writer.u32(UInt32(frame.count))
        edge.linkReceived(world: 0, writer.bytes + frame, now: now)
    }
}

/// Clients that do as they like.
extension EdgeWalk {
    private func open(_ index: Int) {
        guard isCrowded, others[index]?.isClosed ?? true else { return }
        guard let id = edge.connectionOpened(now: now) else { preconditionFailure("a few connections are too many") }
        others[index] = FuzzPeer(id)
    }

    private func send(_ index: Int, _ bytes: [UInt8]) {
        guard let peer = others[index], !peer.isClosed else { return }
        edge.received(peer.id, stream: bytes, now: now)
    }

    private func message(_ index: Int, _ bytes: [UInt8]) {
        guard let peer = others[index], !peer.isClosed else { return }
        guard !bytes.isEmpty else { return edge.received(peer.id, noFrame: "text", .frameTooLarge, now: now) }
        edge.received(peer.id, message: bytes, now: now)
    }

    private func enter(_ index: Int, _ name: String, _ role: JoinRole) {
        let frames: [ClientFrame] = [
            .hello(ClientFrame.Hello(kind: .bot, software: "fuzz")), .login(ClientFrame.Login(name: name)),
            .join(ClientFrame.Join(world: FuzzWorld.name, role: role)),
        ]
        send(index, frames.flatMap(\.encoded))
    }

    private func flood(_ index: Int, _ count: Int, _ kind: UInt16) {
        guard let peer = others[index] else { return }
        let payload = kind == 0 ? [1] : FuzzWorld.text(300)
        var bytes: [UInt8] = []
        for _ in 0..<count {
            bytes += ClientFrame.command(ClientFrame.Command(sequence: peer.next, kind: kind, payload: payload)).encoded
            peer.next += 1
        }
        send(index, bytes)
    }

    private func shut(_ index: Int) {
        guard let peer = others[index], !peer.isClosed else { return }
        peer.isClosed = true
        edge.connectionClosed(peer.id, now: now)
    }
}
