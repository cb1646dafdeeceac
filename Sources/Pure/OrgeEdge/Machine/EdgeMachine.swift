import OrgeReplication
import OrgeSchema
import OrgeSession
package import OrgeWire

/// An edge without I/O: bytes of clients and hosts and the time go in, directives come out at the end of each turn.
///
/// A *turn* is what the shell does between two waits: any number of calls, then one ``drainDirectives(now:)``. All inputs of a turn go to
/// each host in one batch, all bytes of a turn to each client in one write. `now` is nanoseconds of a clock that never goes back.
package struct EdgeMachine: ~Copyable {
    let configuration: EdgeConfiguration
    var connections = ConnectionTable()
    let worlds: ContiguousArray<EdgeWorld>
    var builder: ViewBuilder
    var directives: [EdgeDirective] = []
    /// Connections with something to write or to close.
    var dirty = ContiguousArray<Connection>()
    var nextAttachment: UInt64 = 1
    var keptViews = KeptViews()
    var tickets: TicketSource
    var unauthenticated: UnauthenticatedConnections
    var unauthenticatedCount = 0
    var slots: ClientSlots
    var isStopping = false
    var hasStopped = false
    var timerAt: UInt64?
    package internal(set) var counters = EdgeCounters()
    /// An event's frame, encoded once for all its listeners.
    var eventFrame = ByteWriter()

    package init(_ configuration: EdgeConfiguration) {
        precondition(configuration.worlds.allSatisfy(isValidName), "a world's name keeps to the grammar of names")
        self.configuration = configuration
        tickets = TicketSource(secret: configuration.ticketSecret)
        unauthenticated = UnauthenticatedConnections(limit: configuration.unauthenticatedLimit)
        slots = ClientSlots(limit: configuration.clientLimit, asks: configuration.asksForSlots, waiting: configuration.unauthenticatedLimit)
        worlds = ContiguousArray(configuration.worlds.enumerated().map { EdgeWorld(index: $0.offset, name: $0.element) })
        builder = configuration.frameLimit.map { ViewBuilder(frameLimit: $0) } ?? ViewBuilder()
    }

    /// A world and its members hold each other.
    deinit {
        for world in worlds { world.removeMembers() }
    }

    package var clientCount: Int { slots.used }
    package var connectionCount: Int { connections.count }

    /// - Returns: nil when there are so many connections that this one must be closed without a word.
    package mutating func connectionOpened(now: UInt64) -> ConnectionID? {
        guard connections.count < configuration.connectionLimit, let id = connections.nextID() else {
            evictOldestUnauthenticated(now)
            return nil
        }
        let connection = Connection(id: id, session: ServerSession(configuration.session, now: now))
        connections.insert(connection)
        counters.opened += 1
        unauthenticatedCount += 1
        if isStopping {
            perform(connection.session.close(.serverStopping), connection, now)
        } else {
            if unauthenticatedCount > configuration.unauthenticatedLimit { evictOldestUnauthenticated(now) }
            let table = connections
            unauthenticated.append(id) { table.isUnauthenticated($0) }
        }
        armTimer(now)
        return id
    }

    /// A client that logs in promptly is always admitted; only silent connections evict each other.
    private mutating func evictOldestUnauthenticated(_ now: UInt64) {
        let table = connections
        guard let id = unauthenticated.removeOldest({ table.isUnauthenticated($0) }), let connection = connections[id] else { return }
        let text = "too many connections that have not logged in"
        perform(connection.session.close(.full, text, retryAfterMilliseconds: EdgeLimits.fullRetryMilliseconds), connection, now)
    }

    /// The client sends what its carrier allows and no client should: pings of a WebSocket beyond any use.
    package mutating func flooded(_ id: ConnectionID, now: UInt64) {
        guard let connection = connections[id], !connection.isClosing else { return }
        perform(connection.session.close(.rateLimited, "too many pings"), connection, now)
    }

    /// The peer closed the connection, or the shell did after `close`. The id must not be used after this call.
    package mutating func connectionClosed(_ id: ConnectionID, now: UInt64) {
        guard let connection = connections[id] else { return }
        if !connection.isClosing {
            leaveWorld(connection, connection.session.connectionLost(), now)
            releaseClaim(connection, isLeave: false)
            countOut(connection)
            connection.isClosing = true
        }
        connections.remove(id)
    }

    /// - Parameter count: bytes written to the peer in all, of those handed out by `write`.
    package mutating func written(_ id: ConnectionID, through count: UInt64, now: UInt64) {
        guard let connection = connections[id] else { return }
        connection.wrote(through: count)
        if connection.outgoing.isBehind, !connection.outgoing.isStalled, !connection.isClosing { catchUp(connection, now) }
    }

    /// The orderly end: clients are told, and closed. A client whose commands have not all their outcomes gets them first.
    package mutating func stop(now: UInt64) {
        guard !isStopping else { return }
        isStopping = true
        forEachConnection { machine, connection in
            machine.perform(
                connection.session.notify(.stopping(withinMilliseconds: EdgeLimits.stopMilliseconds, text: "the server stops")), connection, now)
            machine.perform(connection.session.stop(now: now), connection, now)
        }
    }

    /// Everything that the shell has to do after this turn.
    package mutating func drainDirectives(now: UInt64) -> [EdgeDirective] {
        admitWaiting(now)
        for world in worlds { flush(world) }
        for connection in dirty { flush(connection, now) }
        dirty.removeAll(keepingCapacity: true)
        if isStopping, !hasStopped, connections.count == 0 {
            hasStopped = true
            directives.append(.stopped)
        }
        return takeDirectives()
    }

    /// What is to be done already, before the turn ends: to be asked for after bytes have been received.
    package mutating func takeDirectives() -> [EdgeDirective] {
        defer { directives = [] }
        return directives
    }

    private mutating func flush(_ connection: Connection, _ now: UInt64) {
        connection.isDirty = false
        if !connection.isClosing, connection.outgoing.isOverLimit { closeSlowReader(connection, now) }
        let bytes = connection.outgoing.drain()
        if !bytes.isEmpty { directives.append(.write(connection.id, bytes)) }
        if connection.isClosing { directives.append(.close(connection.id)) }
    }

    /// Calls with each connection that is there now, and the machine to act on it.
    mutating func forEachConnection(_ visit: (inout EdgeMachine, Connection) -> Void) {
        let table = connections
        table.forEach { visit(&self, $0) }
    }
}

/// Counts since the edge started, shown to operators.
package struct EdgeCounters: Equatable, Sendable {
    package internal(set) var opened: UInt64 = 0
    package internal(set) var commands: UInt64 = 0
    package internal(set) var outcomes: UInt64 = 0
    package internal(set) var updates: UInt64 = 0
    /// Ticks in which some client's view changed, added up over clients.
    package internal(set) var updatesDue: UInt64 = 0
    package internal(set) var eventsSent: UInt64 = 0
    package internal(set) var eventsDropped: UInt64 = 0
    package internal(set) var linkFaults: UInt64 = 0
    /// Closes by reason; at index 0 those that no reason counts.
    package internal(set) var closes = [UInt64](repeating: 0, count: CloseReason.allCases.count + 1)

    package func closes(_ reason: CloseReason) -> UInt64 { closes[Int(reason.rawValue)] }

    /// Closes that the client is to blame for.
    package var faults: UInt64 { CloseReason.allCases.filter(\.isFault).reduce(0) { $0 + closes($1) } }

    mutating func closed(_ code: UInt16) {
        closes[Int(code) < closes.count ? Int(code) : 0] += 1
    }
}
