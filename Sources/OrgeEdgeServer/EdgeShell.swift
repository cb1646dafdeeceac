import NIOCore
import NIOWebSocket
import OrgeControl
import OrgeEdge
import OrgeWire

/// Carries out what the edge's machine decides: the one place where its calls and directives meet sockets. Confined to one event loop.
final class EdgeShell {
    enum Carrier {
        case tcp, webSocket
    }

    private struct Peer {
        let channel: any Channel
        let carrier: Carrier
        /// Bytes of the machine's writes that were handed to the channel, and that have left for the kernel.
        var handed: UInt64 = 0
        var written: UInt64 = 0
        /// How a WebSocket ends, and whether it was told.
        var status = WebSocketErrorCode.normalClosure
        var isEnding = false
    }

    let loop: any EventLoop
    /// Set when the server is bound, before anybody can ask.
    var origin = Origin(port: 0)
    private var machine: EdgeMachine
    private var peers: [ConnectionID: Peer] = [:]
    private var links: [LinkConnector] = []
    private var supervisor: SupervisorChannel?
    /// Connections that began as HTTP and have become WebSockets; the others of that kind are closed after a while.
    private var webSockets: Set<ObjectIdentifier> = []
    private var isTurnDue = false
    private var timer: Scheduled<Void>?
    private let onEnd: (String?) -> Void
    private let clientLimit: Int
    /// Where it listens; told to the supervisor once every world has been reached, so that who was told "ready" finds no world starting.
    private var unreportedAddress: String?

    /// - Parameter onEnd: called once, with what went wrong or nil after an orderly stop.
    init(_ configuration: EdgeConfiguration, on loop: any EventLoop, onEnd: @escaping (String?) -> Void) {
        self.loop = loop
        machine = EdgeMachine(configuration)
        clientLimit = configuration.clientLimit
        self.onEnd = onEnd
    }

    private var now: UInt64 { NIODeadline.now().uptimeNanoseconds }

    func start(links: [LinkConnector], supervisor: SupervisorChannel?, address: String) {
        self.links = links
        self.supervisor = supervisor
        unreportedAddress = address
        for link in links { link.start() }
    }

    private func reportReady() {
        guard let address = unreportedAddress, machine.status.worlds.allSatisfy({ $0.state != .starting }) else { return }
        unreportedAddress = nil
        supervisor?.send(.edgeReady(address: address))
        let me = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleRepeatedTask(initialDelay: .zero, delay: EdgeServerLimits.statusPeriod) { _ in me.value.reportStatus() }
    }

    func stop() {
        machine.stop(now: now)
        turnSoon()
    }

    private func reportStatus() {
        let status = machine.status
        let reported = OrgeControl.EdgeStatus(
            kind: "raw-tcp", clients: UInt32(clamping: status.clients), limit: UInt32(clamping: clientLimit),
            unauthenticated: UInt32(clamping: status.connections - status.clients), queuedBytes: peers.values.reduce(0) { $0 + $1.handed - $1.written },
            turnedAway: status.counters.closes(.full), malformed: status.counters.faults)
        supervisor?.send(.edgeStatus(reported))
    }
}

/// What connections say.
extension EdgeShell {
    /// - Returns: nil when the connection must be closed without a word.
    func opened(_ channel: any Channel, carrier: Carrier) -> ConnectionID? {
        guard let id = machine.connectionOpened(now: now) else { return nil }
        peers[id] = Peer(channel: channel, carrier: carrier)
        if carrier == .webSocket { webSockets.insert(ObjectIdentifier(channel)) }
        turnSoon()
        return id
    }

    func received(_ id: ConnectionID, _ bytes: [UInt8]) {
        machine.received(id, stream: bytes, now: now)
        turnSoon()
    }

    func receivedMessage(_ id: ConnectionID, _ bytes: [UInt8]) {
        machine.received(id, message: bytes, now: now)
        turnSoon()
    }

    /// Something came over a WebSocket that cannot be a frame of ours: its own status says so too, for who does not read our close.
    func refuse(_ id: ConnectionID, _ reason: CloseReason, _ why: String, _ status: WebSocketErrorCode) {
        peers[id]?.status = status
        machine.received(id, noFrame: why, reason, now: now)
        turnSoon()
    }

    func isEnding(_ id: ConnectionID) -> Bool { peers[id]?.isEnding ?? false }

    func closed(_ id: ConnectionID) {
        guard let peer = peers.removeValue(forKey: id) else { return }
        webSockets.remove(ObjectIdentifier(peer.channel))
        machine.connectionClosed(id, now: now)
        turnSoon()
    }

    /// The connection is HTTP: none of the machine's business, until it becomes a WebSocket.
    func becameWeb(_ id: ConnectionID) {
        peers.removeValue(forKey: id)
        machine.connectionClosed(id, now: now)
        turnSoon()
    }

    func endUnlessWebSocket(_ channel: any Channel) {
        if !webSockets.contains(ObjectIdentifier(channel)) { channel.close(promise: nil) }
    }

    private func written(_ id: ConnectionID, _ count: Int) {
        guard var peer = peers[id] else { return }
        peer.written += UInt64(count)
        peers[id] = peer
        machine.written(id, through: peer.written, now: now)
        turnSoon()
    }
}

/// What hosts say.
extension EdgeShell: LinkOwner {
    func linkUp(_ index: Int) {
        machine.linkUp(world: index, now: now)
        turnSoon()
    }

    func linkReceived(_ index: Int, _ bytes: [UInt8]) {
        machine.linkReceived(world: index, bytes, now: now)
        turnSoon()
    }

    func linkDown(_ index: Int) {
        machine.linkDown(world: index, now: now)
        turnSoon()
    }
}

/// What the supervisor says.
extension EdgeShell: SupervisorListener {
    func told(_ message: SupervisorMessage) {
        switch message {
        case .stopping: stop()
        case .worldFailed(let name):
            machine.worldFailed(name, now: now)
            turnSoon()
        }
    }

    func fail(_ why: String) { onEnd(why) }
}

/// Turns: everything that one pass of the loop brought, then everything that follows from it.
extension EdgeShell {
    /// The loop runs what is executed after it has read from all sockets that were ready.
    func turnSoon() {
        guard !isTurnDue else { return }
        isTurnDue = true
        let me = NIOLoopBound(self, eventLoop: loop)
        loop.execute { me.value.turn() }
    }

    private func turn() {
        isTurnDue = false
        for directive in machine.takeDirectives(now: now) { obey(directive) }
        reportReady()
    }

    private func obey(_ directive: EdgeDirective) {
        switch directive {
        case .write(let id, let bytes): write(bytes, to: id)
        case .close(let id): close(id)
        case .linkSend(let index, let bytes): links[index].send(bytes)
        case .linkDrop(let index, let why): links[index].drop(why)
        case .armTimer(let time): arm(time)
        case .killWorld(let name): supervisor?.send(.killWorld(name: name))
        case .stopped: onEnd(nil)
        }
    }

    private func arm(_ time: UInt64) {
        timer?.cancel()
        let me = NIOLoopBound(self, eventLoop: loop)
        timer = loop.scheduleTask(deadline: .uptimeNanoseconds(time)) {
            me.value.machine.timePassed(now: me.value.now)
            me.value.turnSoon()
        }
    }

    private func write(_ bytes: [UInt8], to id: ConnectionID) {
        guard let peer = peers[id] else { return }
        let me = NIOLoopBound(self, eventLoop: loop)
        let done = loop.makePromise(of: Void.self)
        let count = bytes.count
        peers[id]?.handed += UInt64(count)
        done.futureResult.whenSuccess { me.value.written(id, count) }
        switch peer.carrier {
        case .tcp: peer.channel.writeAndFlush(peer.channel.allocator.buffer(bytes: bytes), promise: done)
        case .webSocket: writeMessages(bytes, to: peer.channel, done)
        }
    }

    /// Each frame behind its size becomes one binary message.
    private func writeMessages(_ bytes: [UInt8], to channel: any Channel, _ done: EventLoopPromise<Void>) {
        var buffer = FrameBuffer(limit: WireLimit.serverFrameBytes)
        buffer.append(bytes)
        precondition(!bytes.isEmpty, "the machine writes something, or the promise would wait for ever")
        while case .frame(let range) = buffer.next() {
            let message = channel.allocator.buffer(bytes: buffer.bytes[range])
            let isLast = buffer.pendingCount == 0
            channel.write(WebSocketFrame(fin: true, opcode: .binary, data: message), promise: isLast ? done : nil)
        }
        precondition(buffer.pendingCount == 0, "the machine writes whole frames")
        channel.flush()
    }

    /// Whatever was written leaves first, for a second at most.
    private func close(_ id: ConnectionID) {
        guard let peer = peers[id] else { return }
        let channel = peer.channel
        let end = channel.allocator.buffer(capacity: 0)
        switch peer.carrier {
        case .tcp: channel.writeAndFlush(end).whenComplete { _ in channel.close(mode: .output, promise: nil) }
        case .webSocket:
            var code = channel.allocator.buffer(capacity: 2)
            code.write(webSocketErrorCode: peer.status)
            peers[id]?.isEnding = true
            // The peer answers, and then its socket is closed: closing at once would throw away what it has not read.
            channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .connectionClose, data: code), promise: nil)
        }
        loop.scheduleTask(in: EdgeServerLimits.closeTime) { channel.close(promise: nil) }
    }
}
