import OrgeEdge
import OrgeLink
import OrgeSchema
import OrgeSession

/// An edge's shell: sockets and timers as steps of the agenda. It can die at any moment, with every connection that it has.
final class EdgeProcess: Restartable {
    private struct Peer {
        var wire: Wire
        /// Bytes that the operating system takes from the edge before the client has read them.
        var socketBytes: UInt64
        var isClosing = false
        var written: UInt64 = 0
    }

    unowned let universe: Universe
    let name: String
    private var random: RandomSource
    private(set) var machine: EdgeMachine?
    private(set) var life = 0
    let stoppage = Pause()
    var pause: Pause? { stoppage }
    private var links: [Wire?]
    /// When links were lost; and which were away for so long that the host has given the edge up.
    private var lostAt: [UInt64]
    private var wasGivenUp: [Bool]
    private var connectedAt: [UInt64]
    private var peers: [ConnectionID: Peer] = [:]
    private var isFlushing = false
    private(set) var hasStopped = false
    /// Among the edges.
    private let index: Int
    /// Of this process.
    private var id: UInt64 = 0

    init(_ universe: Universe, index: Int, seed: UInt64) {
        self.universe = universe
        self.index = index
        name = "edge-\(index + 1)"
        random = RandomSource(seed: seed)
        links = universe.hosts.map { _ in nil }
        lostAt = universe.hosts.map { _ in 0 }
        wasGivenUp = universe.hosts.map { _ in false }
        connectedAt = universe.hosts.map { _ in 0 }
    }

    /// Bytes: what the limits of an edge allow for one client that does not read, in worlds as small as these.
    private static let heldLimit: UInt64 = 1 << 20

    private var now: UInt64 { universe.agenda.now }
    var isAlive: Bool { machine != nil }
    var hasLinks: Bool { links.allSatisfy { $0?.isWhole == true } }

    // MARK: Life

    func start() {
        let session = ServerSession.Configuration(software: "universe", developmentToken: Universe.token)
        // What was meant for the process before does not reach this one.
        life += 1
        id = universe.supervisor.edgeStarted(index: index)
        var configuration = EdgeConfiguration(
            edgeID: id, clientLimit: universe.supervisor.clientLimit, worlds: universe.hosts.map(\.world.name), session: session,
            ticketSecret: (0..<16).map { UInt8(truncatingIfNeeded: mix64(id &+ $0)) }, frameLimit: random.chance(1, outOf: 4) ? 300 + random.below(4_000) : nil)
        configuration.asksForSlots = true
        machine = EdgeMachine(configuration)
        for world in links.indices {
            wasGivenUp[world] = false
            lostAt[world] = now
            connect(world)
        }
    }

    /// Whether the host may have let the edge's sessions go.
    func wasAway(from folder: WorldFolder) -> Bool { universe.folders.firstIndex { $0 === folder }.map { wasGivenUp[$0] } ?? false }

    func crash() {
        guard isAlive else { return }
        universe.verdict.note("\(name) dies")
        universe.verdict.report.edgeDeaths += 1
        life += 1
        stoppage.end()
        machine = nil
        universe.supervisor.edgeDied(id, index: index)
        isFlushing = false
        for world in links.indices {
            links[world]?.callerDied()
            links[world] = nil
        }
        for peer in peers.values.sorted(by: { $0.wire.number < $1.wire.number }) { peer.wire.calleeDied() }
        peers = [:]
        let rest = universe.weather.between(Weather.millisecond, random.chance(1, outOf: 4) ? 8 * Weather.second : 300 * Weather.millisecond)
        later(universe.supervisor.delay + rest) { [self] in start() }
    }

    /// The orderly end.
    func stop() {
        machine?.stop(now: now)
        flush()
    }

    // MARK: Hosts

    private func connect(_ world: Int) {
        let wire = universe.wire { [universe] in universe.weather.linkDelay() }
        guard universe.folders[world].accept(wire) else { return connectLater(world, 50 * Weather.millisecond) }
        links[world] = wire
        connectedAt[world] = now
        // Hosts wait for five seconds.
        wasGivenUp[world] = wasGivenUp[world] || now - lostAt[world] > 4 * Weather.second
        wire.toCaller.onBytes = { [self] bytes in
            arrive { [self] in
                machine?.linkReceived(world: world, bytes, now: now)
                flushSoon()
            }
        }
        wire.toCaller.onEnd = { [self] in
            wire.toCallee.end()
            links[world] = nil
            lostAt[world] = universe.folders[world].missedFrom(connectedAt[world])
            arrive { [self] in
                machine?.linkDown(world: world, now: now)
                flush()
                connectLater(world, random.chance(1, outOf: 16) ? 6 * Weather.second : 100 * Weather.millisecond)
            }
        }
        machine?.linkUp(world: world, now: now)
        flush()
    }

    private func connectLater(_ world: Int, _ high: UInt64) {
        later(universe.weather.between(Weather.millisecond, high)) { [self] in connect(world) }
    }

    func loseLink() {
        guard let wire = links[random.below(links.count)] else { return }
        universe.verdict.report.linksLost += 1
        wire.snap()
    }

    private func drop(_ world: Int, _ why: String) {
        universe.verdict.fail("\(name) drops its link to \(universe.hosts[world].world.name): \(why)")
        links[world]?.callerDied()
        links[world] = nil
        connectLater(world, 100 * Weather.millisecond)
    }

    // MARK: The supervisor

    var clientCount: Int { machine?.clientCount ?? 0 }

    func hear(slots count: Int, after delay: UInt64) {
        later(delay) { [self] in
            machine?.slotsGranted(count, now: now)
            flush()
        }
    }

    func hear(recall count: Int, after delay: UInt64) {
        later(delay) { [self] in
            machine?.slotsRecalled(count)
            flush()
        }
    }

    // MARK: Clients

    /// - Returns: whether the edge listens.
    func accept(_ wire: Wire) -> Bool {
        guard let id = machine?.connectionOpened(now: now) else { return false }
        peers[id] = Peer(wire: wire, socketBytes: UInt64([512, 4_096, 65_536][random.below(3)]))
        wire.toCallee.onBytes = { [self] bytes in
            arrive { [self] in
                guard let peer = peers[id], !peer.isClosing else { return }
                machine?.received(id, stream: bytes, now: now)
                flushSoon()
            }
        }
        wire.toCallee.onEnd = { [self] in
            arrive { [self] in
                guard peers[id] != nil else { return }
                peers[id] = nil
                machine?.connectionClosed(id, now: now)
                flushSoon()
            }
        }
        wire.toCaller.onArrival = { [self] in arrive { [self] in reportWritten(id) } }
        flushSoon()
        return true
    }

    /// The machine hears what has left its hands.
    private func reportWritten(_ id: ConnectionID) {
        guard let peer = peers[id] else { return }
        let written = min(peer.wire.toCaller.bytesSent, peer.wire.toCaller.bytesArrived + peer.socketBytes)
        if written > peer.written {
            peers[id]?.written = written
            machine?.written(id, through: written, now: now)
            flushSoon()
        }
        let held = peer.wire.toCaller.bytesSent - written
        if held > Self.heldLimit { universe.verdict.fail("\(name) holds \(held) bytes for one client") }
        if peer.isClosing, written == peer.wire.toCaller.bytesSent { close(id) }
    }

    private func close(_ id: ConnectionID) {
        guard let peer = peers[id] else { return }
        peers[id] = nil
        peer.wire.toCallee.deafen()
        peer.wire.toCaller.end(keepsAll: true)
        machine?.connectionClosed(id, now: now)
        flushSoon()
    }

    // MARK: Turns

    /// A turn ends: soon, so that what comes at once is answered at once.
    private func flushSoon() {
        guard !isFlushing else { return }
        isFlushing = true
        later(random.chance(1, outOf: 2) ? 0 : universe.weather.linkDelay() / 4) { [self] in flush() }
    }

    private func flush() {
        isFlushing = false
        for directive in machine?.drainDirectives(now: now) ?? [] { obey(directive) }
        universe.supervisor.checkLimit()
    }

    private func obey(_ directive: EdgeDirective) {
        switch directive {
        case .write(let id, let bytes): write(id, bytes)
        case .close(let id):
            peers[id]?.isClosing = true
            peers[id]?.wire.toCallee.onBytes = { _ in }
            reportWritten(id)
            later(Weather.second) { [self] in close(id) }
        case .linkSend(let world, let bytes): links[world]?.toCallee.send(bytes)
        case .linkDrop(let world, let why): drop(world, why)
        case .armTimer(let time):
            later(time - min(time, now)) { [self] in
                machine?.timePassed(now: now)
                flush()
            }
        case .askForSlots(let count): universe.supervisor.slotsNeeded(count, by: index)
        case .returnSlots(let count): universe.supervisor.slotsReturned(count, by: index)
        case .killWorld(let name): universe.kill(name)
        case .stopped: hasStopped = true
        }
    }

    private func write(_ id: ConnectionID, _ bytes: [UInt8]) {
        guard let peer = peers[id] else { return }
        universe.verdict.mix(hash64(bytes))
        let loses = universe.settings.breakage == .lostRow && random.chance(1, outOf: 8)
        peer.wire.toCaller.send(loses ? LostRow(schemas: universe.hosts.map(\.world.schema)).cut(bytes) : bytes)
        reportWritten(id)
    }
}
