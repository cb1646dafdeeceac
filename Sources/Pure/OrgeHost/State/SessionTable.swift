internal import OrgeLink
package import OrgeSchema

/// What is kept of another world as a source of commands.
package struct WorldInbox: Equatable, Sendable {
    /// The one that its last command came from (``WorldSource/timeline``).
    package let timeline: UInt64
    package internal(set) var window = OutcomeWindow()

    /// - Parameter world: the number of the world that it is of.
    func hash(_ world: UInt16) -> UInt64 { hash(world, window: window.hash) }
    func hashFromScratch(_ world: UInt16) -> UInt64 { hash(world, window: window.hashFromScratch) }

    private func hash(_ world: UInt16, window: UInt64) -> UInt64 { mix64(fold64(fold64(fold64(0, UInt64(world)), timeline), window)) }
}

/// What an edge has been answered and has not said that it holds.
package struct EdgeRecord: Equatable, Sendable {
    /// It holds everything released through this tick.
    package var released: UInt64 = 0
    /// The tick in which it was given up; it may still come back, and is then told that its attachments have ended.
    package var goneSince: UInt64?
    package var kept = KeptAnswers()

    /// - Parameter edge: the number of the edge that it is of.
    func hash(_ edge: UInt64) -> UInt64 { hash(edge, kept: kept.hash) }
    func hashFromScratch(_ edge: UInt64) -> UInt64 { hash(edge, kept: kept.hashFromScratch) }

    private func hash(_ edge: UInt64, kept: UInt64) -> UInt64 {
        let hash = fold64(fold64(fold64(0, edge), released), kept)
        return mix64(goneSince.map { fold64(fold64(hash, 1), $0) } ?? hash)
    }
}

/// The sessions of a host, the worlds that it had commands from, and what is kept for its edges. All of it follows from the sealed inputs.
package struct SessionTable: Equatable, Sendable {
    /// The number of the next session.
    package private(set) var nextNumber: UInt64 = 1
    package private(set) var sessions = SortedMap<UInt64, Session>()
    package private(set) var edges = SortedMap<UInt64, EdgeRecord>()
    /// By number of the world.
    package private(set) var worlds = SortedMap<UInt16, WorldInbox>()
    /// Sums over sessions, edges and worlds, kept up to date with each change: in what order things came does not matter.
    private(set) var sessionsHash: UInt64 = 0
    private(set) var edgesHash: UInt64 = 0
    private(set) var worldsHash: UInt64 = 0
    private var byAccount = SortedMap<AccountID, UInt64>()
    private var byAttachment = SortedMap<Attachment, UInt64>()

    package init() {}

    package init(
        nextNumber: UInt64, sessions: [Session], edges: SortedMap<UInt64, EdgeRecord>, worlds: SortedMap<UInt16, WorldInbox> = SortedMap()
    ) {
        self.nextNumber = nextNumber
        self.edges = edges
        self.worlds = worlds
        edgesHash = edges.reduce(0) { $0 &+ $1.1.hash($1.0) }
        worldsHash = worlds.reduce(0) { $0 &+ $1.1.hash($1.0) }
        for session in sessions { insert(session) }
    }

    package func session(_ number: UInt64) -> Session? { sessions[number] }
    package func session(ofAccount account: AccountID) -> Session? { byAccount[account].flatMap { sessions[$0] } }
    /// The session that a connection has; nil also when it had one and lost it.
    package func session(of attachment: Attachment) -> Session? { byAttachment[attachment].flatMap { sessions[$0] } }

    /// Changes a session in place; none when it is not there.
    @discardableResult
    package mutating func update<R>(_ number: UInt64, _ change: (inout Session) -> R) -> R? {
        var difference: UInt64 = 0
        let result = sessions.update(number) { session in
            let before = session.hash
            let result = change(&session)
            session.rehash()
            difference = session.hash &- before
            return result
        }
        sessionsHash &+= difference
        return result
    }

    /// Adds a session with the next number.
    mutating func open(_ identity: Identity, avatar: Entity, attachment: Attachment) -> UInt64 {
        let number = nextNumber
        nextNumber += 1
        insert(Session(number: number, identity, avatar: avatar, attachment: attachment))
        return number
    }

    private mutating func insert(_ session: Session) {
        precondition(byAccount[session.account] == nil, "two sessions of one account")
        sessions[session.number] = session
        sessionsHash &+= session.hash
        byAccount[session.account] = session.number
        if session.isAttached { byAttachment[session.attachment] = session.number }
    }

    mutating func remove(_ number: UInt64) {
        guard let session = sessions[number] else { return }
        sessions[number] = nil
        sessionsHash &-= session.hash
        byAccount[session.account] = nil
        if byAttachment[session.attachment] == number { byAttachment[session.attachment] = nil }
    }

    /// The session keeps its place without a connection. Its outcomes can no longer be delivered.
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
        update(edge: edge, adds: true) { $0.goneSince = tick }
        let gone = edges.compactMap { edge, record in record.goneSince.map { (tick: $0, edge: edge) } }
        guard gone.count > HostLimits.edgesRemembered, let oldest = gone.min(by: { $0 < $1 }) else { return }
        edgesHash &-= edges[oldest.edge]?.hash(oldest.edge) ?? 0
        edges[oldest.edge] = nil
    }

    mutating func released(edge: UInt64, through tick: UInt64) {
        update(edge: edge, adds: true) { record in
            record.goneSince = nil
            record.released = max(record.released, tick)
            let released = record.released
            record.kept.removeAll(through: released)
        }
    }

    private mutating func update(edge: UInt64, adds: Bool, _ change: (inout EdgeRecord) -> Void) {
        if adds, edges[edge] == nil {
            edges[edge] = EdgeRecord()
            edgesHash &+= EdgeRecord().hash(edge)
        }
        var difference: UInt64 = 0
        edges.update(edge) { record in
            let before = record.hash(edge)
            change(&record)
            difference = record.hash(edge) &- before
        }
        edgesHash &+= difference
    }

    /// In place, for an edge that died with all its clients has an answer for each of them. An edge that was given up and forgotten gets none:
    /// one that has a link has said what it holds, and so is known.
    mutating func keep(_ answer: AttachmentAnswer, for attachment: Attachment, tick: UInt64) {
        update(edge: attachment.edge, adds: false) { $0.kept.append(KeptAnswers.Entry(tick: tick, attachment: attachment.number, answer: answer)) }
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
        var difference: UInt64 = 0
        worlds.update(source.world) { inbox in
            guard inbox.timeline == source.timeline else { return }
            let before = inbox.hash(source.world)
            change(&inbox.window)
            difference = inbox.hash(source.world) &- before
        }
        worldsHash &+= difference
    }

    /// The source's next command was sealed. The first one of a timeline takes the place of what was kept of the one before.
    /// - Precondition: no sequence is left out.
    mutating func accept(_ sequence: UInt64, from source: WorldSource) {
        let old = worlds[source.world]
        if old?.timeline != source.timeline {
            let inbox = WorldInbox(timeline: source.timeline)
            worlds[source.world] = inbox
            worldsHash &+= inbox.hash(source.world) &- (old?.hash(source.world) ?? 0)
        }
        update(source) { $0.accept(sequence) }
    }
}

/// Hashes.
extension SessionTable {
    /// The hash of what the table holds of a section; nil of one that is not the table's.
    /// - Complexity: O(1).
    func hash(of section: HostSection) -> UInt64? {
        switch section {
        case .sessions: sessionsHash
        case .edges: edgesHash
        case .worlds: worldsHash
        case .host, .events, .openings: nil
        }
    }

    /// Traps unless hashes and indexes are those of what the table holds.
    func checkInvariants() {
        precondition(sessionsHash == sessions.reduce(0) { $0 &+ $1.1.hashFromScratch }, "the hash of the sessions is not theirs")
        precondition(edgesHash == edges.reduce(0) { $0 &+ $1.1.hashFromScratch($1.0) }, "the hash of the edges is not theirs")
        precondition(worldsHash == worlds.reduce(0) { $0 &+ $1.1.hashFromScratch($1.0) }, "the hash of the worlds is not theirs")
        precondition(byAccount.count == sessions.count && sessions.allSatisfy { byAccount[$1.account] == $0 }, "an account without its session")
        let attached = sessions.values.filter(\.isAttached)
        precondition(byAttachment.count == attached.count, "attachments that have no session")
        precondition(attached.allSatisfy { byAttachment[$0.attachment] == $0.number }, "a session without its attachment")
    }
}
