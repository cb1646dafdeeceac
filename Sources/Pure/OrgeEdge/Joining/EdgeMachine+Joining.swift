import OrgeLink
import OrgeReplication
import OrgeSchema
import OrgeSession
import OrgeWire

extension EdgeMachine {
    /// Why this world cannot be joined or described now.
    private func refusal(_ world: EdgeWorld?) -> ServerFrame.JoinRefusal? {
        guard let world else { return ServerFrame.JoinRefusal(.unknownWorld, retryAfterMilliseconds: Close.never, "no such world") }
        switch world.state {
        case .running: return nil
        case .starting, .restarting:
            return ServerFrame.JoinRefusal(.notRunning, retryAfterMilliseconds: EdgeLimits.worldRetryMilliseconds, "the world is starting")
        case .failed: return ServerFrame.JoinRefusal(.failed, retryAfterMilliseconds: Close.never, "the world has failed")
        }
    }

    mutating func describe(_ name: String, _ connection: Connection, _ now: UInt64) {
        let world = worlds.first { $0.name == name }
        guard let world, let served = world.served else {
            let refusal = refusal(world) ?? ServerFrame.JoinRefusal(.notRunning, retryAfterMilliseconds: EdgeLimits.worldRetryMilliseconds, "")
            return perform(connection.session.joinRefused(refusal), connection, now)
        }
        perform(connection.session.described(served), connection, now)
    }

    mutating func join(_ account: String, _ join: ClientFrame.Join, _ connection: Connection, _ now: UInt64) {
        let world = worlds.first { $0.name == join.world }
        if let refusal = refusal(world) { return perform(connection.session.joinRefused(refusal), connection, now) }
        guard let world else { preconditionFailure("a world that is not there was not refused") }
        if join.role == .monitor, world.monitorCount + world.waiting.count >= EdgeLimits.monitors {
            let text = "\(EdgeLimits.monitors) monitors look at this world, as many as it accepts"
            let refusal = ServerFrame.JoinRefusal(.full, retryAfterMilliseconds: EdgeLimits.fullRetryMilliseconds, text)
            return perform(connection.session.joinRefused(refusal), connection, now)
        }
        if rejoin(world, join, connection, now) || waits(connection, join, account, world, now) { return }
        connection.world = world
        connection.attachment = nextAttachment << 24 | UInt64(connection.id.slot)
        nextAttachment += 1
        switch join.role {
        case .player:
            let pending = PendingJoin(ticket: tickets.draw(), knownSchema: join.knownSchema, resume: join.resume)
            connection.isJoining = true
            connection.join = pending
            if let resume = pending.resume { giveWay(to: resume, of: account, world, now) }
            tell(world) { $0.join(attachment: connection.attachment, account: account, pending.tickets) }
        case .monitor: enter(connection, world, session: 0, avatar: .none, firstSequence: 1, resume: .notAsked, now)
        }
    }

    /// The connection that has this attachment now.
    func holder(_ attachment: UInt64, in world: EdgeWorld) -> Connection? {
        guard let connection = connections[slot: UInt32(truncatingIfNeeded: attachment) & 0xff_ffff], connection.attachment == attachment,
            connection.world === world
        else { return nil }
        return connection
    }

    mutating func deliver(_ answer: JoinAnswer, _ attachment: UInt64, _ recollection: RecalledEntries, _ world: EdgeWorld, _ now: UInt64) {
        // A client that no longer waits has sent a leave after its join.
        guard let connection = holder(attachment, in: world), connection.isJoining, let join = connection.join else { return }
        if case .ended = answer.resume { recall(recollection, connection) }
        switch answer {
        case .joined(let session, let avatar, let nextSequence, let resume):
            connection.isJoining = false
            connection.join = nil
            var isResumed = false
            if case .resumed = resume { isResumed = true }
            connection.ticket = isResumed ? join.resume?.ticket : join.ticket
            let view = keptViews.take(session, world: world.index).flatMap { continued($0, join, resume, avatar, connection, world) }
            enter(connection, world, session: session, avatar: avatar, firstSequence: nextSequence, resume: resume, continuing: view, now)
            if isResumed, let request = join.resume { giveBack(recollection, request, connection, world) }
        case .refused(let reason, let code, let text, let resume):
            forgetWorld(connection)
            perform(connection.session.joinRefused(.init(reason, code, text, resume)), connection, now)
        }
    }

    /// From here on the client sees the world: its first update follows at once.
    /// - Parameter view: what the client has of an earlier connection; nil where it begins again.
    mutating func enter(
        _ connection: Connection, _ world: EdgeWorld, session: UInt64, avatar: Entity, firstSequence: UInt64, resume: ResumeAnswer,
        continuing view: SentView? = nil, _ now: UInt64
    ) {
        guard let served = world.served else { preconditionFailure("a running world without a schema") }
        connection.sessionNumber = session
        var consumedIntent: UInt32 = 0
        if case .resumed(let resumed) = resume { (connection.acknowledged, consumedIntent) = (resumed.oldest - 1, resumed.lastIntent) }
        connection.outgoing.enter(view ?? SentView(avatar: avatar, encoding: ViewEncoding(connection.session.capabilities)), consumedIntent: consumedIntent)
        world.add(connection)
        let arrival = ServerSession.Arrival(
            schema: served, session: session, avatar: avatar, incarnation: world.incarnation, tick: world.replica.tick,
            tickMicroseconds: world.entry.tickMicroseconds, firstSequence: firstSequence, idBase: idBase(ofWorld: world.replica.number),
            ticket: session == 0 ? nil : connection.ticket, resumption: Resumption(resume, isContinued: view != nil))
        perform(connection.session.joined(arrival), connection, now)
        if !connection.isClosing { catchUp(connection, now) }
        guard world.dilationPermille != 1000 else { return }
        perform(connection.session.notify(.dilated(permille: world.dilationPermille)), connection, now)
    }

    // MARK: Going

    /// Removes the client from its world and tells the host.
    mutating func leaveWorld(_ connection: Connection, _ disconnectEffect: DisconnectEffect, _ now: UInt64) {
        guard let world = connection.world else { return }
        switch disconnectEffect {
        case .nothing: break
        case .detach:
            if !connection.isJoining, !connection.isForked {
                keptViews.keep(connection.outgoing.view, of: connection.sessionNumber, connection.attachment, world: world.index, now: now)
            }
            end(connection.attachment, isLeave: false, world)
        case .depart, .abandonJoin: end(connection.attachment, isLeave: true, world)
        }
        forgetWorld(connection)
    }

    /// Kept until the host confirms it; sent now if the link is live.
    mutating func end(_ attachment: UInt64, isLeave: Bool, _ world: EdgeWorld) {
        world.endings[attachment] = isLeave
        guard case .live = world.link else { return }
        tell(world) { isLeave ? $0.leave(attachment: attachment) : $0.detach(attachment: attachment) }
    }

    func forgetWorld(_ connection: Connection) {
        connection.world?.remove(connection)
        connection.world = nil
        connection.attachment = 0
        connection.isJoining = false
        connection.join = nil
        connection.ticket = nil
        connection.isForked = false
        connection.sessionNumber = 0
        connection.pending.removeAll()
        connection.acknowledged = 0
        connection.audit = nil
        connection.outgoing.leaveWorld()
    }
}

extension InputBatchWriter {
    /// Names become identities here and nowhere else: until there is an identity service all clients are guests.
    mutating func join(attachment: UInt64, account name: String, _ tickets: JoinTickets) { join(attachment: attachment, .guest(name), tickets) }
}
