import OrgeLink
import OrgeReplication
import OrgeSchema
import OrgeSession
import OrgeWire

/// The conversation with a world's host.
extension EdgeMachine {
    /// The shell has connected to the host of the world at this index of the configuration.
    package mutating func linkUp(world index: Int, now: UInt64) {
        let world = worlds[index]
        world.resetLink()
        world.link = .greeting
        var hello = EdgeHello(
            world: world.name, edgeID: configuration.edgeID, incarnation: world.incarnation, holdsAll: world.isWhole, wantsAll: world.wantsAll)
        if let pending = world.pendingFork {
            (hello.held, hello.rows) = pending.left
        } else if world.isFilled {
            (hello.held, hello.rows) = (world.held, world.rowsHeld)
        }
        directives.append(.linkSend(world: index, EdgeFrame.encode(hello)))
    }

    package mutating func linkDown(world index: Int, now: UInt64) {
        lose(worlds[index], now)
    }

    package mutating func linkReceived(world index: Int, _ bytes: [UInt8], now: UInt64) {
        let world = worlds[index]
        if case .down = world.link { return }
        respond(world, now)
        world.reader.append(bytes)
        do throws(DecodeError) {
            while let frame = try world.reader.nextFrame() {
                try receive(HostFrame(decoding: frame, world: world.expectedNumber), frame.count, world, now)
                if case .down = world.link { return }
            }
        } catch {
            drop(world, "\(error)", now)
        }
    }

    /// The supervisor has given the world up.
    package mutating func worldFailed(_ name: String, now: UInt64) {
        guard let world = worlds.first(where: { $0.name == name }), world.state != .failed else { return }
        world.link = .down
        world.resetLink()
        world.state = .failed
        world.pendingFork = nil
        dropClaims(on: world)
        keptViews.drop(world: world.index)
        admitMonitors(world, now)
        forEachConnection { machine, connection in
            guard connection.world === world, !connection.isClosing else { return }
            if connection.isJoining {
                machine.leaveWorld(connection, .nothing, now)
                let refusal = ServerFrame.JoinRefusal(.failed, retryAfterMilliseconds: Close.never, "the world has failed")
                machine.perform(connection.session.joinRefused(refusal), connection, now)
            } else {
                machine.perform(connection.session.close(.worldFailed, "the world has failed"), connection, now)
            }
        }
        tellWorlds(now)
    }

    /// Protocol violation by the host: discard what it sent and reconnect.
    mutating func drop(_ world: EdgeWorld, _ why: String, _ now: UInt64) {
        counters.linkFaults += 1
        directives.append(.linkDrop(world: world.index, why: why))
        lose(world, now)
    }

    private mutating func lose(_ world: EdgeWorld, _ now: UInt64) {
        world.link = .down
        world.resetLink()
        if world.state == .running { becomeAway(world, now) }
    }

    /// - Precondition: the world runs.
    mutating func becomeAway(_ world: EdgeWorld, _ now: UInt64) {
        world.state = .restarting
        for member in world.members { perform(member.session.notify(.hostAway), member, now) }
        tellWorlds(now)
    }

    private mutating func receive(_ frame: HostFrame, _ byteCount: Int, _ world: EdgeWorld, _ now: UInt64) throws(DecodeError) {
        switch (frame, world.link) {
        case (.hello(let hello), .greeting): try greet(hello, world, now)
        case (.release(let release), .live): collect(release, byteCount, world, now)
        case (.image(let image), .live): collect(image, byteCount, world, now)
        case (.auditAnswer(let answer), .live): deliver(answer, world, now)
        case (.sessions(let sessions), .live): collect(sessions, world, now)
        case (.refusedEdge(let why), _): drop(world, "refused by the host: \(why)", now)
        case (.hello, _), (.release, _), (.image, _), (.auditAnswer, _), (.sessions, _): drop(world, "a frame out of order", now)
        }
    }

    private mutating func greet(_ hello: HostHello, _ world: EdgeWorld, _ now: UInt64) throws(DecodeError) {
        guard hello.world == world.name else { return drop(world, "the host of \(hello.world) where \(world.name) is expected", now) }
        guard hello.fork != nil || hello.incarnation >= world.incarnation else {
            return drop(world, "incarnation \(hello.incarnation), but \(world.incarnation) was there before", now)
        }
        guard hello.fork != nil || hello.tick >= world.deliveredTick else {
            return drop(world, "the host is at tick \(hello.tick), but \(world.deliveredTick) was released before", now)
        }
        let schema = try WorldSchema(decoding: hello.document)
        if let large = schema.components.first(where: { $0.row.maxBytes > WireLimits.rowBytes }) {
            return drop(world, "rows of \(large.name) may have \(large.row.maxBytes) bytes, more than an update holds", now)
        }
        if world.served?.schema != schema.clientView { adopt(schema, hello, world, now) }
        if let fork = hello.fork ?? world.pendingFork?.fork { leaveTimeline(world, fork, schema, hello.number, now) }
        guard world.isFilled || !hello.resumes else { return drop(world, "the host resumes what this edge does not hold", now) }
        world.incarnation = hello.incarnation
        world.number = hello.number
        world.pace = hello.pace
        world.link = .live
        sendAgain(world)
        // It may have been wanted between the two hellos.
        if world.wantsAll { directives.append(.linkSend(world: world.index, EdgeFrame.encode(wantsAll: true, world: hello.number))) }
        for member in world.members where !member.isForked {
            perform(member.session.notify(.hostBack(incarnation: hello.incarnation, tick: hello.tick)), member, now)
        }
        if hello.resumes { run(world, now) }
    }

    /// Another schema than before: what its clients hold means nothing any more.
    private mutating func adopt(_ schema: WorldSchema, _ hello: HostHello, _ world: EdgeWorld, _ now: UInt64) {
        forEachConnection { machine, connection in
            guard connection.world === world, !connection.isClosing, !connection.isJoining else { return }
            machine.perform(connection.session.close(.serverStopping, "the world has changed"), connection, now)
        }
        world.served = ServedSchema(schema)
        keptViews.drop(world: world.index)
        world.replica = Replica(schema, number: hello.number)
        world.isFilled = false
        world.isWhole = false
    }

    /// Everything without an answer, in the order in which it was first said as far as it matters: an account's old hold before its new one,
    /// a client's commands in sequence.
    private mutating func sendAgain(_ world: EdgeWorld) {
        for (attachment, isLeave) in world.endings {
            tell(world) { isLeave ? $0.leave(attachment: attachment) : $0.detach(attachment: attachment) }
        }
        forEachConnection { machine, connection in
            guard connection.world === world, !connection.isForked else { return }
            let (attachment, session) = (connection.attachment, connection.sessionNumber)
            if connection.isJoining {
                guard let name = connection.session.name else { preconditionFailure("a client joins before its login") }
                let tickets = connection.join?.tickets ?? .none
                return machine.tell(world) { $0.join(attachment: attachment, account: name, tickets) }
            }
            if connection.acknowledged > 0 { machine.tell(world) { $0.acknowledge(session: session, through: connection.acknowledged) } }
            connection.pending.forEach { command in
                machine.tell(world, payloadBytes: command.payload.count) { $0.pending(session: session, command) }
            }
            connection.isAuditBegun = false
            if connection.audit != nil { machine.tell(world) { $0.audit(request: attachment, session: session) } }
        }
    }

    /// The world can be joined.
    mutating func run(_ world: EdgeWorld, _ now: UInt64) {
        guard world.state != .running else { return }
        world.state = .running
        tellWorlds(now)
    }

    private mutating func tellWorlds(_ now: UInt64) {
        let entries = worlds.map(\.entry)
        forEachConnection { machine, connection in
            machine.perform(connection.session.worldsChanged(entries), connection, now)
        }
    }

    // MARK: What goes out

    /// Adds one input to what the host is told next. The batch goes out early when the input might not fit: one over a frame's limit would
    /// end the edge.
    @inline(__always)
    mutating func tell(_ world: EdgeWorld, payloadBytes: Int = 0, _ write: (inout InputBatchWriter) -> Void) {
        if !world.batch.fits(payloadBytes) { directives.append(.linkSend(world: world.index, world.finishBatch())) }
        write(&world.batch)
    }

    /// Sends the batch and the acknowledgement of a release, where there is one.
    mutating func flush(_ world: EdgeWorld) {
        sendBatch(world)
        guard case .live = world.link, let tick = world.releasedTick, let number = world.number else { return }
        world.releasedTick = nil
        directives.append(.linkSend(world: world.index, EdgeFrame.encode(released: tick, world: number)))
    }

    mutating func sendBatch(_ world: EdgeWorld) {
        guard case .live = world.link, world.batch.count > 0 else { return }
        directives.append(.linkSend(world: world.index, world.finishBatch()))
    }
}
