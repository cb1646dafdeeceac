import OrgeLink
import OrgeReplication
import OrgeSchema
import OrgeSession
import OrgeWire

/// A host that goes on from an earlier point of its world's history: the edge starts the world again, and its clients keep their connections.
extension EdgeMachine {
    /// Forgets the world's rows. Members are given everything that was released to them, and wait for the new timeline.
    mutating func leaveTimeline(_ world: EdgeWorld, _ fork: Fork, _ schema: WorldSchema, _ number: UInt16, _ now: UInt64) {
        if world.pendingFork == nil {
            for member in world.members {
                if member.outgoing.isBehind { catchUp(member, now) }
                member.isForked = true
            }
            world.pendingFork = PendingFork(fork: fork, left: (world.held, world.rowsHeld))
        } else {
            world.pendingFork?.merge(fork)
        }
        world.replica = Replica(schema, number: number)
        keptViews.drop(world: world.index)
        world.isFilled = false
        (world.held, world.rowsHeld) = (.none, .none)
    }

    mutating func collect(_ sessions: [HeldSession], _ world: EdgeWorld, _ now: UInt64) {
        guard world.pendingFork != nil, !world.isFilled, world.imageParts.isEmpty else { return drop(world, "sessions without a fork", now) }
        var known = SortedMap<UInt64, HeldSession>()
        for session in sessions { known[session.attachment] = session }
        world.pendingFork?.sessions = known
    }

    /// The new timeline has come: members are told, and choose again.
    mutating func enterTimeline(_ world: EdgeWorld, _ now: UInt64) {
        guard let pending = world.pendingFork else { return }
        guard var sessions = pending.sessions else { return drop(world, "a fork without the sessions", now) }
        world.pendingFork = nil
        renewClaims(on: world, &sessions)
        for member in world.members where member.isForked { expel(member, world, pending, &sessions, now) }
        for (attachment, held) in sessions { settle(attachment, held, pending.fork, world, now) }
        run(world, now)
    }

    private mutating func expel(
        _ member: Connection, _ world: EdgeWorld, _ pending: PendingFork, _ sessions: inout SortedMap<UInt64, HeldSession>, _ now: UInt64
    ) {
        let (attachment, isPlayer, ticket) = (member.attachment, member.sessionNumber != 0, member.ticket)
        let held = sessions[attachment]
        sessions[attachment] = nil
        var forkTick: UInt64?
        if case .after(let tick) = pending.fork { forkTick = tick }
        let change = ServerFrame.TimelineChange(forkTick: forkTick, incarnation: world.incarnation, nextSequence: held?.nextSequence)
        let reaction = member.session.timelineChanged(change)
        if member.session.phase == .choosing {
            forgetWorld(member)
            if let held { member.claim = (world, held, ticket) } else if isPlayer { end(attachment, isLeave: false, world) }
        }
        perform(reaction, member, now)
    }

    /// A session of the new timeline that no member had: a join whose answer was lost with the old one, or an ending.
    private mutating func settle(_ attachment: UInt64, _ held: HeldSession, _ fork: Fork, _ world: EdgeWorld, _ now: UInt64) {
        if let connection = holder(attachment, in: world) {
            guard connection.isJoining else { return }
            let resume = connection.join?.resume.map { request -> ResumeAnswer in
                guard request.session == held.session else { return .unknown }
                return .resumed(.init(oldest: held.nextSequence, lastIntent: 0, lostEvents: ResumeAnswer.Resumed.eventsUnknown, fork: fork))
            }
            let answer = JoinAnswer.joined(session: held.session, avatar: held.avatar, nextSequence: held.nextSequence, resume: resume ?? .notAsked)
            deliver(answer, attachment, .nothing, world, now)
        } else if world.endings[attachment] == nil {
            end(attachment, isLeave: false, world)
        }
    }

    // MARK: Claims

    /// Gives a client that was taken out of its world the session that the host has kept for it.
    /// - Returns: false when there is none for this join; the client then arrives like any other.
    mutating func rejoin(_ world: EdgeWorld, _ join: ClientFrame.Join, _ connection: Connection, _ now: UInt64) -> Bool {
        guard let claim = connection.claim else { return false }
        guard claim.world === world, join.role == .player, !isWanted(claim.session.session, claim.ticket, world) else {
            releaseClaim(connection, isLeave: true)
            return false
        }
        connection.claim = nil
        let held = claim.session
        connection.world = world
        connection.attachment = held.attachment
        connection.ticket = claim.ticket
        connection.acknowledged = held.nextSequence - 1
        if connection.acknowledged > 0 { tell(world) { $0.acknowledge(session: held.session, through: connection.acknowledged) } }
        // Whether or not it has asked by ticket, it has been told of the fork.
        let resume: ResumeAnswer =
            join.resume == nil ? .notAsked : .resumed(.init(oldest: held.nextSequence, lastIntent: 0, lostEvents: ResumeAnswer.Resumed.eventsUnknown))
        enter(connection, world, session: held.session, avatar: held.avatar, firstSequence: held.nextSequence, resume: resume, now)
        return true
    }

    /// The client does not come back for its session.
    mutating func releaseClaim(_ connection: Connection, isLeave: Bool) {
        guard let claim = connection.claim else { return }
        connection.claim = nil
        end(claim.session.attachment, isLeave: isLeave, claim.world)
    }

    /// The host has ended the session.
    func dropClaim(_ attachment: UInt64, on world: EdgeWorld) {
        guard let connection = connections[slot: UInt32(truncatingIfNeeded: attachment) & 0xff_ffff], let claim = connection.claim,
            claim.world === world, claim.session.attachment == attachment
        else { return }
        connection.claim = nil
    }

    mutating func dropClaims(on world: EdgeWorld) {
        forEachConnection { _, connection in
            if connection.claim?.world === world { connection.claim = nil }
        }
    }

    /// The timeline changed once more before these clients joined again.
    private mutating func renewClaims(on world: EdgeWorld, _ sessions: inout SortedMap<UInt64, HeldSession>) {
        var renewed = sessions
        forEachConnection { _, connection in
            guard let claim = connection.claim, claim.world === world else { return }
            connection.claim = renewed[claim.session.attachment].map { (world, $0, claim.ticket) }
            renewed[claim.session.attachment] = nil
        }
        sessions = renewed
    }
}
