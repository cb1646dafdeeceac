import NIOCore
import NIOWebSocket
import OrgeControl
import OrgeEdge
import OrgeSchema
import OrgeSystem
import OrgeWire

/// Carries out what the edge's machine decides: the one place where its calls and directives meet sockets. Confined to one event loop.
final class EdgeShell {
    enum Carrier {
        case tcp
        /// A request that may yet become a WebSocket. Nothing of the machine's is written to it.
        case web
        case webSocket
    }

    private struct Peer {
        let channel: any Channel
        var carrier = Carrier.tcp
        var isClosing = false
        /// Bytes of the machine's writes that were handed to the channel, and that have left for the kernel.
        var handed: UInt64 = 0
        var written: UInt64 = 0
        /// How a WebSocket ends.
        var status = WebSocketErrorCode.normalClosure
    }

    let loop: any EventLoop
    /// Set when the server is bound, before the first request.
    var origin = Origin(port: 0)
    private var machine: EdgeMachine
    private var peers: [ConnectionID: Peer] = [:]
    private var links: [LinkConnector] = []
    private var supervisor: SupervisorChannel?
    /// Peers that are to be closed and still may read.
    private var closingCount = 0
    private var isTurnDue = false
    private var timer: Scheduled<Void>?
    private let onEnd: (String?) -> Void
    private let clientLimit: Int
    private var heap = Heap()
    /// Where it listens; told to the supervisor once every world has been reached, so that a client that waits for "ready" finds no world starting.
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
        let me = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleRepeatedTask(initialDelay: .zero, delay: EdgeServerLimits.statusPeriod) { _ in me.value.reportStatus() }
    }

    private func reportReady() {
        guard let address = unreportedAddress, machine.status.worlds.allSatisfy({ $0.state != .starting }) else { return }
        unreportedAddress = nil
        supervisor?.send(.edgeReady(address: address))
        let me = NIOLoopBound(self, eventLoop: loop)
        reportStatus()
        loop.scheduleRepeatedTask(initialDelay: EdgeServerLimits.trimPeriod, delay: EdgeServerLimits.trimPeriod) { _ in me.value.heap.trimAfterBurst() }
    }

    func stop() {
        machine.stop(now: now)
        turnSoon()
    }

    /// From the loop that serves clients: an edge that hangs reports nothing.
    private func reportStatus() {
        guard unreportedAddress == nil else { supervisor?.report(.alive); return }
        let status = machine.status
        let reported = OrgeControl.EdgeStatus(
            kind: "raw-tcp", clients: UInt32(clamping: status.clients), limit: UInt32(clamping: clientLimit), slots: UInt32(clamping: status.slots),
            unauthenticated: UInt32(clamping: status.connections - status.clients), queuedBytes: peers.values.reduce(0) { $0 + $1.handed - $1.written },
            turnedAway: status.counters.closes(.full), malformed: status.counters.faults)
        supervisor?.report(.edgeStatus(reported))
    }
}

/// Events of connections.
extension EdgeShell {
    /// - Returns: nil when the connection must be closed without a word.
    func opened(_ channel: any Channel) -> ConnectionID? {
        // An evicted connection is told in a turn, too.
        turnSoon()
        guard let id = machine.connectionOpened(now: now) else { return nil }
        peers[id] = Peer(channel: channel)
        let me = NIOLoopBound(self, eventLoop: loop)
        channel.closeFuture.whenComplete { _ in me.value.closed(id) }
        return id
    }

    /// The connection is HTTP. To the machine it is a silent one until it becomes a WebSocket, within the same deadline.
    func becameWeb(_ id: ConnectionID) { peers[id]?.carrier = .web }

    /// - Returns: false when it is too late.
    func becameSession(_ id: ConnectionID) -> Bool {
        guard let peer = peers[id], !peer.isClosing else { return false }
        peers[id]?.carrier = .webSocket
        return true
    }

    func received(_ id: ConnectionID, _ bytes: [UInt8]) {
        machine.received(id, stream: bytes, now: now)
        obeyAtOnce()
    }

    func receivedMessage(_ id: ConnectionID, _ bytes: [UInt8]) {
        machine.received(id, message: bytes, now: now)
        obeyAtOnce()
    }

    /// Something came over a WebSocket that cannot be a frame of ours: the WebSocket's own status says so too, for clients that do not read our close.
    func refuse(_ id: ConnectionID, _ reason: CloseReason, _ why: String, _ status: WebSocketErrorCode) {
        peers[id]?.status = status
        machine.received(id, noFrame: why, reason, now: now)
        turnSoon()
    }

    /// Its close is on its way.
    func isEnding(_ id: ConnectionID) -> Bool { peers[id]?.isClosing ?? false }

    /// More control frames of a WebSocket than a client needs.
    func flooded(_ id: ConnectionID) {
        machine.flooded(id, now: now)
        turnSoon()
    }

    private func closed(_ id: ConnectionID) {
        guard let peer = peers.removeValue(forKey: id) else { return }
        if peer.isClosing { closingCount -= 1 }
        machine.connectionClosed(id, now: now)
        turnSoon()
    }

    private func written(_ id: ConnectionID, _ count: Int) {
        guard var peer = peers[id] else { return }
        peer.written += UInt64(count)
        peers[id] = peer
        machine.written(id, through: peer.written, now: now)
        turnSoon()
    }
}

/// Events of links to hosts.
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

/// Messages of the supervisor.
extension EdgeShell: SupervisorListener {
    func supervisorSent(_ message: SupervisorMessage) {
        switch message {
        case .stopping: stop()
        case .worldFailed(let name):
            machine.worldFailed(name, now: now)
            turnSoon()
        case .worldSilent(let name):
            machine.worldSilent(name, now: now)
            turnSoon()
        case .worldResponds(let name):
            machine.worldResponds(name, now: now)
            turnSoon()
        case .slots(let count):
            machine.slotsGranted(Int(count), now: now)
            turnSoon()
        case .recallSlots(let count):
            machine.slotsRecalled(Int(count))
            turnSoon()
        case .edges, .lift: fail("the supervisor sent an edge what is for hosts")
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

    /// What a host is to be told before other connections are read; the rest of the turn comes after those.
    private func obeyAtOnce() {
        for directive in machine.takeDirectives() { obey(directive) }
        turnSoon()
    }

    private func turn() {
        isTurnDue = false
        for directive in machine.drainDirectives(now: now) { obey(directive) }
        reportReady()
    }

    private func obey(_ directive: EdgeDirective) {
        switch directive {
        case .write(let id, let bytes): write(bytes, to: id)
        case .close(let id): close(id)
        case .linkSend(let index, let bytes): links[index].send(bytes)
        case .linkDrop(let index, let why): links[index].drop(why)
        case .armTimer(let time): arm(time)
        case .askForSlots(let count): supervisor?.send(.slotsNeeded(count: UInt32(clamping: count)))
        case .returnSlots(let count): supervisor?.send(.slotsReturned(count: UInt32(clamping: count)))
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
        guard let peer = peers[id], peer.carrier != .web else { return }
        let me = NIOLoopBound(self, eventLoop: loop)
        let done = loop.makePromise(of: Void.self)
        let count = bytes.count
        peers[id]?.handed += UInt64(count)
        done.futureResult.whenSuccess { me.value.written(id, count) }
        switch peer.carrier {
        case .tcp: peer.channel.writeAndFlush(peer.channel.allocator.buffer(bytes: bytes), promise: done)
        case .webSocket: writeMessages(bytes, to: peer.channel, done)
        case .web: preconditionFailure("a web request is written to")
        }
    }

    /// Each frame after its size becomes one binary message.
    private func writeMessages(_ bytes: [UInt8], to channel: any Channel, _ done: EventLoopPromise<Void>) {
        var buffer = FrameStream.server
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

    /// What was written leaves first, as long as it moves, unless too many connections wait like this.
    private func close(_ id: ConnectionID) {
        guard let peer = peers[id], !peer.isClosing else { return }
        peers[id]?.isClosing = true
        closingCount += 1
        let channel = peer.channel
        guard peer.carrier != .web, closingCount <= EdgeServerLimits.closingConnections else { return channel.close(promise: nil) }
        let end = channel.allocator.buffer(capacity: 0)
        switch peer.carrier {
        case .tcp: channel.writeAndFlush(end).whenComplete { _ in channel.close(mode: .output, promise: nil) }
        case .webSocket:
            var code = channel.allocator.buffer(capacity: 2)
            code.write(webSocketErrorCode: peer.status)
            // The peer answers, and then its socket is closed: closing at once would throw away what it has not read.
            channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .connectionClose, data: code), promise: nil)
        case .web: break
        }
        Draining.closeWhenDone(channel)
    }
}
