import OrgeLink
import OrgeSchema

/// Comings, goings and acknowledgements that wait to be sealed.
struct WaitingLifecycle: Sendable {
    struct Ending: Sendable {
        /// The session that ends, and its account; nil where the attachment has none.
        var session: (number: UInt64, account: AccountID)?
        var isOnPurpose: Bool
    }

    private struct GoneEdge: Sendable {
        var edge: UInt64
        var isUrgent: Bool
    }

    struct Join: Sendable {
        var identity: Identity
        var tickets: JoinTickets
    }

    private(set) var joins = SortedMap<Attachment, Join>()
    private var endings = SortedMap<Attachment, Ending>()
    private var expired: [(session: UInt64, account: AccountID, since: UInt64)] = []
    private var edgesGone: [GoneEdge] = []
    private var released = SortedMap<UInt64, UInt64>()

    /// Whether a world on demand has a reason to run; acknowledgements are none.
    var isUrgent: Bool { !joins.isEmpty || !endings.isEmpty || !expired.isEmpty || edgesGone.contains(where: \.isUrgent) }

    /// Whether one more may wait. An edge asks for no more than it has clients.
    var takesJoins: Bool { joins.count < HostLimits.sessions }

    /// Whether one more may wait to end: as many as there are sessions, which a record has room for.
    var takesEndings: Bool { endings.count < HostLimits.sessions }

    mutating func join(_ attachment: Attachment, _ identity: Identity, _ tickets: JoinTickets = .none) {
        joins[attachment] = Join(identity: identity, tickets: tickets)
    }

    mutating func cancelJoin(_ attachment: Attachment) { joins[attachment] = nil }
    func isEnding(_ attachment: Attachment) -> Bool { endings[attachment] != nil }
    mutating func end(_ attachment: Attachment, _ ending: Ending) { endings[attachment] = ending }
    mutating func expire(_ session: UInt64, of account: AccountID, since tick: UInt64) { expired.append((session, account, tick)) }
    /// Forgets the decisions about sessions that are no longer without a connection since then.
    mutating func reconsiderExpired(_ isStill: (_ session: UInt64, _ since: UInt64) -> Bool) { expired.removeAll { !isStill($0.session, $0.since) } }
    mutating func giveUp(_ edge: UInt64, isUrgent: Bool) { edgesGone.append(GoneEdge(edge: edge, isUrgent: isUrgent)) }
    mutating func keep(_ edge: UInt64) { edgesGone.removeAll { $0.edge == edge } }
    mutating func released(_ edge: UInt64, through tick: UInt64) { released[edge] = max(tick, released[edge] ?? 0) }

    mutating func sealReleased(into inputs: inout [HostInput]) {
        for (edge, tick) in released { inputs.append(.released(edge: edge, tick: tick)) }
        released.removeAll()
    }

    /// Departures, then detachments, as many of each as one tick takes. An attachment ends after its own commands: those that wait go first, and
    /// it waits for them.
    mutating func sealEndings(seed: UInt64, into inputs: inout [HostInput], hasCommands: (UInt64) -> Bool) {
        var leaves: [Ranked] = []
        var detachments: [Ranked] = []
        for (attachment, ending) in endings {
            if let session = ending.session, hasCommands(session.number) { continue }
            let rank = ending.session.map { sealingRank($0.account.raw, seed) } ?? .max
            if ending.isOnPurpose { leaves.append((rank, attachment)) } else { detachments.append((rank, attachment)) }
        }
        leaves = Self.first(HostLimits.endingsPerTick, of: leaves)
        detachments = Self.first(HostLimits.endingsPerTick, of: detachments)
        for ending in leaves + detachments { endings[ending.attachment] = nil }
        inputs += leaves.map { .leave($0.attachment) }
        sealExpired(seed, into: &inputs)
        inputs += detachments.map { .detach($0.attachment) }
        for edge in edgesGone.map(\.edge).sorted() { inputs.append(.edgeGone(edge: edge)) }
        edgesGone.removeAll()
    }

    private typealias Ranked = (rank: UInt64, attachment: Attachment)

    /// The first of them by rank, in that order: neither which ones go nor their order may depend on the edges that the clients use.
    /// - Parameter waiting: by attachment.
    /// - Complexity: O(n log n) of plain numbers; only the ones returned are sorted whole.
    private static func first(_ limit: Int, of waiting: [Ranked]) -> [Ranked] {
        var first = waiting
        if waiting.count > limit {
            let last = waiting.map(\.rank).sorted()[limit - 1]
            var equals = limit - waiting.count { $0.rank < last }
            first.removeAll { ending in
                if ending.rank == last { equals -= 1 }
                return ending.rank > last || ending.rank == last && equals < 0
            }
        }
        first.sort { ($0.rank, $0.attachment) < ($1.rank, $1.attachment) }
        return first
    }

    private mutating func sealExpired(_ seed: UInt64, into inputs: inout [HostInput]) {
        guard !expired.isEmpty else { return }
        expired.sort { sealingRank($0.account.raw, seed) < sealingRank($1.account.raw, seed) }
        let count = min(expired.count, HostLimits.endingsPerTick)
        for gone in expired[..<count] { inputs.append(.expire(session: gone.session)) }
        expired.removeFirst(count)
    }

    /// Arrivals by rank, as many as one tick takes. One account may ask through several attachments.
    mutating func nextJoins(seed: UInt64) -> [(attachment: Attachment, join: Join)] {
        // Plain numbers are sorted: a join with its tickets is moved once.
        let order = Self.first(HostLimits.arrivalsPerTick, of: joins.map { (sealingRank($0.1.identity.id.raw, seed), $0.0) })
        return order.compactMap { ranked in
            guard let join = joins[ranked.attachment] else { return nil }
            joins[ranked.attachment] = nil
            return (ranked.attachment, join)
        }
    }
}
