import OrgeLink
import OrgeReplication
import OrgeSchema
import OrgeSession
package import OrgeWire

extension EdgeMachine {
    /// Bytes of a stream: frames after their u32 size, split anywhere.
    package mutating func received(_ id: ConnectionID, stream bytes: [UInt8], now: UInt64) {
        guard let connection = connections[id], !connection.isClosing else { return }
        connection.inbound.append(bytes)
        let idle = idleHost(of: connection)
        defer { engage(idle) }
        while !connection.isClosing {
            switch connection.inbound.next() {
            case .incomplete: return
            case .badSize(let size): perform(connection.session.receiveBadSize(size), connection, now)
            case .frame(let range):
                var reader = connection.inbound.reader(range)
                perform(connection.session.receive(&reader, now: now), connection, now)
            }
        }
    }

    /// One whole frame, type and body: a binary message of a WebSocket.
    package mutating func received(_ id: ConnectionID, message bytes: [UInt8], now: UInt64) {
        guard let connection = connections[id], !connection.isClosing else { return }
        guard (1...WireLimits.clientFrameBytes).contains(bytes.count) else {
            return perform(connection.session.receiveBadSize(UInt32(clamping: bytes.count)), connection, now)
        }
        let idle = idleHost(of: connection)
        defer { engage(idle) }
        var reader = ByteReader(bytes)
        perform(connection.session.receive(&reader, now: now), connection, now)
    }

    /// The connection's world if its host has nothing to do.
    private func idleHost(of connection: Connection) -> EdgeWorld? { connection.world.flatMap { $0.isHostBusy ? nil : $0 } }

    /// A host that had nothing to do gets the commands that have come at once, and executes them while the edge reads those of other connections.
    private mutating func engage(_ world: EdgeWorld?) {
        if let world, world.isHostBusy { sendBatch(world) }
    }

    /// Something that can be no frame, such as a text message of a WebSocket.
    package mutating func received(_ id: ConnectionID, noFrame why: String, _ reason: CloseReason, now: UInt64) {
        guard let connection = connections[id], !connection.isClosing else { return }
        perform(connection.session.close(reason, why), connection, now)
    }

    mutating func perform(_ reaction: ServerReaction, _ connection: Connection, _ now: UInt64) {
        switch reaction {
        case .nothing: break
        case .submit(let command): submit(command.sequence, kind: command.kind, command.key, command.payload, connection)
        case .submitMalformed(let command): submit(command.sequence, kind: nil, nil, [], connection)
        case .intent(let intent): submit(intent, connection)
        case .send(let frame): send(frame, connection)
        case .sendBoth(let first, let second):
            send(first, connection)
            send(second, connection)
        case .pong(let clientTime): send(.pong(pong(clientTime, connection, now)), connection)
        case .admit: admit(connection, now)
        case .describe(let name): describe(name, connection, now)
        case .join(let name, let join): self.join(name, join, connection, now)
        case .received(let sequence): acknowledge(sequence, connection)
        case .audit(let request): audit(request, connection)
        case .kill: if let world = connection.world { directives.append(.killWorld(name: world.name)) }
        case .depart: leaveWorld(connection, .depart, now)
        case .close(let close, let disconnectEffect): self.close(connection, close, disconnectEffect, now)
        }
    }

    /// - Parameter kind: nil for a malformed command.
    private mutating func submit(_ sequence: UInt64, kind: UInt16?, _ key: IdempotencyKey?, _ payload: [UInt8], _ connection: Connection) {
        guard let world = connection.world else { preconditionFailure("a command outside of a world") }
        counters.commands += 1
        // It will not run: the client is about to be told.
        guard !connection.isForked else { return }
        connection.pending.append(sequence: sequence, kind: kind, key: key, payload: payload)
        guard case .live = world.link else { return }
        world.isHostBusy = true
        let command = PendingCommand(sequence: sequence, kind: kind, key: key, payload: payload[...])
        tell(world, payloadBytes: payload.count) { $0.pending(session: connection.sessionNumber, command) }
    }

    private mutating func submit(_ intent: ClientFrame.Intent, _ connection: Connection) {
        guard let world = connection.world else { preconditionFailure("an intent outside of a world") }
        guard !connection.isForked else { return }
        guard case .live = world.link else { return }
        tell(world, payloadBytes: intent.payload.count) {
            $0.intent(session: connection.sessionNumber, number: intent.number, kind: intent.kind, payload: intent.payload[...])
        }
    }

    private func pong(_ clientTime: UInt64, _ connection: Connection, _ now: UInt64) -> ServerFrame.Pong {
        var pong = ServerFrame.Pong(clientTime: clientTime, serverMicroseconds: now / 1000, tick: 0, microsecondsIntoTick: 0)
        if connection.isInWorld, let world = connection.world {
            pong.tick = world.replica.tick
            pong.microsecondsIntoTick = UInt32(clamping: (now - min(now, world.releasedAt)) / 1000)
        }
        return pong
    }

    // MARK: Sending

    mutating func markDirty(_ connection: Connection) {
        guard !connection.isDirty else { return }
        connection.isDirty = true
        dirty.append(connection)
    }

    mutating func send(_ frame: ServerFrame, _ connection: Connection) {
        switch frame {
        case .schema: connection.outgoing.bulk { frame.encode(to: &$0) }
        case .worlds, .auditAnswer, .update: connection.outgoing.bulk(joins: true) { frame.encode(to: &$0) }
        case .welcome, .joined, .joinRefused, .outcome, .event, .credit, .pong, .notice, .recalled, .close, .skipped:
            connection.outgoing.notice { frame.encode(to: &$0) }
        }
        markDirty(connection)
    }

    // MARK: The end

    mutating func close(_ connection: Connection, _ close: Close, _ disconnectEffect: DisconnectEffect, _ now: UInt64) {
        guard !connection.isClosing else { return }
        // A client that left, or that the end of the server closes, gets all its outcomes; the others lose what they have not read.
        if close.reason == .left || close.reason == .serverStopping, connection.outgoing.isBehind { catchUp(connection, now) }
        connection.isClosing = true
        releaseClaim(connection, isLeave: close.reason == .left)
        counters.closed(close.code)
        send(.close(close), connection)
        connection.outgoing.dropDeferred()
        connection.inbound = .client
        leaveWorld(connection, disconnectEffect, now)
        countOut(connection)
    }

    mutating func closeSlowReader(_ connection: Connection, _ now: UInt64) {
        perform(connection.session.close(.slowReader, "what was sent is not read"), connection, now)
    }

    /// The connection no longer counts against a limit.
    mutating func countOut(_ connection: Connection) {
        if connection.isAdmitted { slots.used -= 1 } else { unauthenticatedCount -= 1 }
        connection.isAdmitted = false
    }
}
