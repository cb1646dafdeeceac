import OrgeSchema

/// Comings, goings and acknowledgements that wait to be sealed.
struct WaitingLifecycle: Sendable {
    struct Ending: Sendable {
        var session: UInt64?
        var isOnPurpose: Bool
    }

    private struct GoneEdge: Sendable {
        var edge: UInt64
        var isUrgent: Bool
    }

    private(set) var joins = SortedMap<Attachment, String>()
    private var endings = SortedMap<Attachment, Ending>()
    private var expired: [UInt64] = []
    private var edgesGone: [GoneEdge] = []
    private var released = SortedMap<UInt64, UInt64>()

    /// Whether a world on demand has a reason to run; acknowledgements are none.
    var isUrgent: Bool { !joins.isEmpty || !endings.isEmpty || !expired.isEmpty || edgesGone.contains(where: \.isUrgent) }

    /// Whether one more may wait. An edge asks for no more than it has clients.
    var takesJoins: Bool { joins.count < HostLimits.sessions }

    /// Whether one more may wait to end: as many as there are sessions, which a record has room for.
    var takesEndings: Bool { endings.count < HostLimits.sessions }

    mutating func join(_ attachment: Attachment, account: String) { joins[attachment] = account }
    mutating func cancelJoin(_ attachment: Attachment) { joins[attachment] = nil }
    func isEnding(_ attachment: Attachment) -> Bool { endings[attachment] != nil }
    mutating func end(_ attachment: Attachment, _ ending: Ending) { endings[attachment] = ending }
    mutating func expire(_ session: UInt64) { expired.append(session) }
    mutating func giveUp(_ edge: UInt64, isUrgent: Bool) { edgesGone.append(GoneEdge(edge: edge, isUrgent: isUrgent)) }
    mutating func keep(_ edge: UInt64) { edgesGone.removeAll { $0.edge == edge } }
    mutating func released(_ edge: UInt64, through tick: UInt64) { released[edge] = max(tick, released[edge] ?? 0) }

    mutating func sealReleased(into inputs: inout [HostInput]) {
        for (edge, tick) in released { inputs.append(.released(edge: edge, tick: tick)) }
        released.removeAll()
    }

    /// Departures, then detachments, as many of each as one tick takes. An attachment ends after its own commands: those that wait go first, and
    /// it waits for them.
    mutating func sealEndings(into inputs: inout [HostInput], hasCommands: (UInt64) -> Bool) {
        let limit = HostLimits.endingsPerTick
        var leaves: [Attachment] = []
        var detachments: [Attachment] = []
        for (attachment, ending) in endings {
            if let session = ending.session, hasCommands(session) { continue }
            if ending.isOnPurpose {
                if leaves.count < limit { leaves.append(attachment) }
            } else if detachments.count < limit {
                detachments.append(attachment)
            }
            if leaves.count == limit, detachments.count == limit { break }
        }
        for attachment in leaves + detachments { endings[attachment] = nil }
        inputs += leaves.map { .leave($0) }
        sealExpired(into: &inputs)
        inputs += detachments.map { .detach($0) }
        for edge in edgesGone.map(\.edge).sorted() { inputs.append(.edgeGone(edge: edge)) }
        edgesGone.removeAll()
    }

    private mutating func sealExpired(into inputs: inout [HostInput]) {
        guard !expired.isEmpty else { return }
        expired.sort()
        let count = min(expired.count, HostLimits.endingsPerTick)
        for session in expired[..<count] { inputs.append(.expire(session: session)) }
        expired.removeFirst(count)
    }

    /// Arrivals in an order drawn from the tick's seed, as many as one tick takes.
    mutating func sealJoins(seed: UInt64, into inputs: inout [HostInput], takesOver: (Attachment, String) -> Bool) {
        var order = joins.map { (rank: hash64($0.1.utf8, seed: seed), attachment: $0.0, account: $0.1) }
        order.sort { ($0.rank, $0.attachment) < ($1.rank, $1.attachment) }
        for join in order.prefix(HostLimits.arrivalsPerTick) {
            inputs.append(.join(join.attachment, account: join.account, takesOver: takesOver(join.attachment, join.account)))
            joins[join.attachment] = nil
        }
    }
}
