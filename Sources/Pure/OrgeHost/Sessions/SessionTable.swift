internal import OrgeLink
package import OrgeSchema

/// What is kept of another world as a source of commands.
package struct WorldInbox: Equatable, Sendable {
    /// The one that its last command came from (``WorldSource/timeline``).
    package let timeline: UInt64
    package internal(set) var window = OutcomeWindow()
}

/// What an edge has been answered and has not said that it holds.
package struct EdgeRecord: Equatable, Sendable {
    /// It holds everything released through this tick.
    package var released: UInt64 = 0
    /// The tick in which it was given up; it may still come back, and is then told that its attachments have ended.
    package var goneSince: UInt64?
    package var kept = KeptAnswers()
}

/// The sessions of a host, the worlds that it had commands from, and what is kept for its edges. All of it follows from the sealed inputs.
package struct SessionTable: Equatable, Sendable {
    /// The number of the next session.
    package private(set) var nextNumber: UInt64 = 1
    package private(set) var sessions = SortedMap<UInt64, Session>()
    package private(set) var edges = SortedMap<UInt64, EdgeRecord>()
    /// By number of the world.
    package private(set) var worlds = SortedMap<UInt16, WorldInbox>()
    /// What is remembered of sessions that have ended.
    package internal(set) var ended = EndedSessions()
    private var byAccount = SortedMap<AccountID, UInt64>()
    private var byAttachment = SortedMap<Attachment, UInt64>()

    package init() {}

    package init(
        nextNumber: UInt64, sessions: [Session], edges: SortedMap<UInt64, EdgeRecord>, worlds: SortedMap<UInt16, WorldInbox> = SortedMap(),
        ended: EndedSessions = EndedSessions()
    ) {
        self.ended = ended
        self.nextNumber = nextNumber
        self.edges = edges
        self.worlds = worlds
        for session in sessions { insert(session) }
    }

    package func session(_ number: UInt64) -> Session? { sessions[number] }
    package func session(ofAccount account: AccountID) -> Session? { byAccount[account].flatMap { sessions[$0] } }
    /// The number of the session that a connection has, without the session's other values, which cost as much to copy as all the rest of a look-up.
    package func number(of attachment: Attachment) -> UInt64? { byAttachment[attachment] }
    /// The session that a connection has; nil also when it had one and lost it.
    package func session(of attachment: Attachment) -> Session? { byAttachment[attachment].flatMap { sessions[$0] } }

    /// The session that a client asks for, when it is there and the client may have it.
    func session(_ request: ResumeRequest, of account: AccountID) -> Session? {
        sessions[request.session].flatMap { $0.account == account && $0.ticket.admits(request.proof) ? $0 : nil }
    }

    /// As ``session(_:of:)``, of sessions that have ended.
    func ended(_ request: ResumeRequest, of account: AccountID) -> EndedSession? {
        ended[request.session].flatMap { $0.account == account && $0.ticket.admits(request.proof) ? $0 : nil }
    }

    /// Changes a session in place; none when it is not there.
    @discardableResult
    package mutating func update<R>(_ number: UInt64, _ change: (inout Session) -> R) -> R? { sessions.update(number, change) }

    /// Adds a session with the next number.
    mutating func open(_ identity: Identity, avatar: Entity, attachment: Attachment, at tick: UInt64, ticket: TicketHash) -> UInt64 {
        let number = nextNumber
        nextNumber += 1
        insert(Session(number: number, identity, avatar: avatar, attachment: attachment, attachedAt: tick, ticket: ticket))
        return number
    }

    /// Another connection goes on with a session.
    mutating func resume(_ request: ResumeRequest, _ attachment: Attachment, at tick: UInt64) {
        guard let session = sessions[request.session] else { preconditionFailure("session \(request.session) resumes and is not there") }
        if session.isAttached { byAttachment[session.attachment] = nil }
        byAttachment[attachment] = session.number
        update(session.number) { $0.resume(request, attachment, at: tick) }
    }

    private mutating func insert(_ session: Session) {
        precondition(byAccount[session.account] == nil, "two sessions of one account")
        sessions[session.number] = session
        byAccount[session.account] = session.number
        if session.isAttached { byAttachment[session.attachment] = session.number }
    }

    mutating func remove(_ number: UInt64) {
        guard let session = sessions[number] else { return }
        sessions[number] = nil
        byAccount[session.account] = nil
        if byAttachment[session.attachment] == number { byAttachment[session.attachment] = nil }
    }

    /// Removes a session, and remembers what became of its commands.
    mutating func end(_ number: UInt64, utcMilliseconds utc: UInt64) {
        if let session = sessions[number] { ended.append(EndedSession(session, utcMilliseconds: utc)) }
        remove(number)
    }

    /// The session keeps its place without a connection.
    mutating func detach(_ number: UInt64, at tick: UInt64) {
        guard let attachment = sessions[number]?.attachment else { return }
        byAttachment[attachment] = nil
        update(number) { $0.detach(at: tick) }
    }

    /// Numbers of the sessions that are attached through the edge, in ascending order.
    package func attached(through edge: UInt64) -> [UInt64] {
        sessions.values.filter { $0.isAttached && $0.attachment.edge == edge }.map(\.number)
    }

    /// The last intents of the sessions that are attached through the edge, of those that a tick after `last` consumed.
    func consumedIntents(of edge: UInt64, after last: UInt64) -> [ConsumedIntent] {
        attached(through: edge).compactMap { number in
            guard let intent = sessions[number]?.lastIntent, intent.tick > last else { return nil }
            return ConsumedIntent(session: number, number: intent.number)
        }
    }

    /// The edge is given up. Of such only the last few are remembered.
    mutating func giveUp(edge: UInt64, at tick: UInt64) {
        var record = edges[edge] ?? EdgeRecord()
        record.goneSince = tick
        edges[edge] = record
        let gone = edges.compactMap { edge, record in record.goneSince.map { (tick: $0, edge: edge) } }
        guard gone.count > HostLimits.edgesRemembered, let oldest = gone.min(by: { $0 < $1 }) else { return }
        edges[oldest.edge] = nil
    }

    mutating func released(edge: UInt64, through tick: UInt64) {
        if edges[edge] == nil { edges[edge] = EdgeRecord() }
        edges.update(edge) { record in
            record.goneSince = nil
            record.released = max(record.released, tick)
            let released = record.released
            record.kept.removeAll(through: released)
        }
    }

    /// In place, for an edge that died with all its clients has an answer for each of them. An edge that was given up and forgotten gets none:
    /// one that has a link has said what it holds, and so is known.
    mutating func keep(_ answer: AttachmentAnswer, for attachment: Attachment, tick: UInt64) {
        edges.update(attachment.edge) { $0.kept.append(KeptAnswers.Entry(tick: tick, attachment: attachment.number, answer: answer)) }
    }

    /// Through this tick no edge needs an event any more.
    var releasedToAll: UInt64 {
        edges.values.reduce(.max) { least, edge in edge.goneSince == nil ? min(least, edge.released) : least }
    }
}

/// Worlds as sources.
extension SessionTable {
    /// What is kept of the source; nil when it is another timeline than the world's last one.
    package func inbox(of source: WorldSource) -> WorldInbox? { worlds[source.world].flatMap { $0.timeline == source.timeline ? $0 : nil } }

    /// Changes what is kept of the source; nothing when the world is on another timeline.
    mutating func update(_ source: WorldSource, _ change: (inout OutcomeWindow) -> Void) {
        worlds.update(source.world) { if $0.timeline == source.timeline { change(&$0.window) } }
    }

    /// The source's next command was sealed. The first one of a timeline takes the place of what was kept of the one before.
    /// - Precondition: no sequence is left out.
    mutating func accept(_ sequence: UInt64, from source: WorldSource) {
        if worlds[source.world]?.timeline != source.timeline { worlds[source.world] = WorldInbox(timeline: source.timeline) }
        update(source) { $0.accept(sequence) }
    }
}

extension SessionTable {
    /// Traps unless the indexes are those of what the table holds.
    func checkInvariants() {
        precondition(byAccount.count == sessions.count && sessions.allSatisfy { byAccount[$1.account] == $0 }, "an account without its session")
        let attached = sessions.values.filter(\.isAttached)
        precondition(byAttachment.count == attached.count, "attachments that have no session")
        precondition(attached.allSatisfy { byAttachment[$0.attachment] == $0.number }, "a session without its attachment")
    }
}
