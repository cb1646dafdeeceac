import OrgeLink
import OrgeReplication
import OrgeSchema
import OrgeSession
import OrgeWire

/// Sessions that go on through another connection.
extension EdgeMachine {
    static let resumedElsewhere = "another connection has resumed the session"

    /// Answers to joins, with what goes with them.
    mutating func deliverJoins(_ parts: [Release], _ world: EdgeWorld, _ now: UInt64) {
        var recalled = SortedMap<UInt64, RecalledEntries>()
        for (part, release) in parts.enumerated() {
            for (index, entry) in release.recalled.enumerated() {
                if recalled[entry.attachment] == nil { recalled[entry.attachment] = .nothing }
                recalled.update(entry.attachment) { $0.places.append((part, index)) }
            }
        }
        for release in parts {
            for join in release.joins {
                var entries = recalled[join.attachment] ?? .nothing
                entries.parts = parts
                deliver(join.answer, join.attachment, entries, world, now)
            }
        }
    }

    /// A connection of this edge that has the session is closed at once, so that none of its inputs comes after those of the one that resumes.
    mutating func giveWay(to resume: Resume, of account: String, _ world: EdgeWorld, _ now: UInt64) {
        guard let slot = world.slot(ofSession: resume.session), let other = connections[slot: slot], !other.isClosing, other.ticket == resume.ticket,
            other.session.name == account
        else { return }
        perform(other.session.close(.resumedElsewhere, Self.resumedElsewhere), other, now)
    }

    /// Whether a connection waits to have this session with its ticket.
    func isWanted(_ session: UInt64, _ ticket: Ticket?, _ world: EdgeWorld) -> Bool {
        var isWanted = false
        connections.forEach { other in
            guard other.world === world, let resume = other.join?.resume else { return }
            if resume.session == session, resume.ticket == ticket { isWanted = true }
        }
        return isWanted
    }

    /// The view that a client of a resumed session goes on with: the one that this edge has kept, as it was after the last update that the client has.
    /// - Returns: nil where there is none, or the client may not have what belongs to it. The view then begins again.
    func continued(
        _ kept: SentView, _ join: PendingJoin, _ answer: ResumeAnswer, _ avatar: Entity, _ connection: Connection, _ world: EdgeWorld
    ) -> SentView? {
        guard case .resumed(let resumed) = answer, resumed.fork == nil, let request = join.resume, kept.avatar == avatar,
            join.knownSchema == world.served?.hash
        else { return nil }
        return SentView(continuing: kept, from: request.viewTick, update: request.updates, encoding: ViewEncoding(connection.session.capabilities))
    }

    /// Tells a client the outcomes of its session, which has ended: before the answer to its join.
    mutating func recall(_ entries: RecalledEntries, _ connection: Connection) {
        entries.forEach { entry, bytes in
            guard case .outcome(let sequence) = entry.kind else { return }
            send(.recalled(sequence: sequence, tick: entry.tick, outcome: Array(bytes)), connection)
        }
    }

    /// Gives a client that has its session back what it missed: after its first update, and before anything new.
    mutating func giveBack(_ entries: RecalledEntries, _ request: Resume, _ connection: Connection, _ world: EdgeWorld) {
        guard !connection.isClosing else { return }
        let avatar = connection.outgoing.view.avatar
        let listeners = world.withReplica { Listeners($0, avatars: CollectionOfOne(avatar)) }
        // Events of the first tick that the client has already.
        var had = request.eventsAfter
        entries.forEach { entry, bytes in
            switch entry.kind {
            case .outcome(let sequence): writeOutcome(sequence, entry.tick, bytes, connection)
            case .event(let kind, let audience):
                guard listeners.hears(audience, avatar) else { return }
                if had > 0, entry.tick == request.eventsThrough + 1 { return had -= 1 }
                writeEvent(kind, entry.tick, bytes)
                deliverEvent(to: connection, true)
            }
        }
        if let credit = connection.session.recalled() { grant(credit, connection) }
    }
}

/// Some of a release's ``Recalled`` entries.
struct RecalledEntries {
    var parts: [Release] = []
    /// Indices of a part and of an entry in it.
    var places: [(part: Int, index: Int)] = []

    static let nothing = RecalledEntries()

    func forEach(_ visit: (Recalled, ArraySlice<UInt8>) -> Void) {
        for place in places {
            let entry = parts[place.part].recalled[place.index]
            visit(entry, parts[place.part].piece(entry.bytes))
        }
    }
}

extension Listeners {
    /// Whether the only listener is in the audience.
    fileprivate func hears(_ audience: EventAudience, _ avatar: Entity) -> Bool {
        switch audience {
        case .all: return true
        case .avatar(let one): return one == avatar
        case .disc(let x, let y, let radius):
            var isHeard = false
            forEach(near: x, y, radius: radius) { _ in isHeard = true }
            return isHeard
        }
    }
}

extension ServerFrame.JoinRefusal {
    /// The host's refusal.
    init(_ reason: JoinRefusalReason, _ refusal: UInt8, _ text: String, _ resume: ResumeAnswer) {
        let extensions = Resumption(resume).map { WireExtensions([$0.entry]) } ?? .none
        switch reason {
        case .accountInUse: self.init(.accountInUse, retryAfterMilliseconds: EdgeLimits.accountRetryMilliseconds, text, extensions: extensions)
        case .refused: self.init(.refused, refusal: refusal, retryAfterMilliseconds: Close.never, text, extensions: extensions)
        case .full: self.init(.full, retryAfterMilliseconds: EdgeLimits.fullRetryMilliseconds, text, extensions: extensions)
        }
    }
}
