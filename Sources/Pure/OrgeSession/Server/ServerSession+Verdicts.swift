package import OrgeSchema
package import OrgeWire

extension ServerSession {
    /// What the host and the edge decided about a join.
    package struct Arrival: Sendable {
        package var schema: ServedSchema
        /// 0 for a monitor, as is the avatar.
        package var session: UInt64
        package var avatar: Entity
        package var incarnation: UInt32
        package var tick: UInt64
        package var tickMicroseconds: UInt32
        /// One after the highest sequence that the world has sealed of this session; 1 for a new one.
        package var firstSequence: UInt64
        /// See ``idBase(ofWorld:)``.
        package var idBase: Entity
        /// Of the session; nil for a monitor.
        package var ticket: Ticket?
        /// What became of the session that the client asked for; nil where it asked for none.
        package var resumption: Resumption?

        package init(
            schema: ServedSchema, session: UInt64 = 0, avatar: Entity = .none, incarnation: UInt32, tick: UInt64, tickMicroseconds: UInt32,
            firstSequence: UInt64 = 1, idBase: Entity, ticket: Ticket? = nil, resumption: Resumption? = nil
        ) {
            self.ticket = ticket
            self.resumption = resumption
            self.schema = schema
            self.session = session
            self.avatar = avatar
            self.incarnation = incarnation
            self.tick = tick
            self.tickMicroseconds = tickMicroseconds
            self.firstSequence = firstSequence
            self.idBase = idBase
        }
    }

    /// The account is admitted.
    package mutating func admitted(_ worlds: [WorldEntry]) -> ServerReaction {
        switch state {
        case .admitting(let admitting):
            state = .choosing(Choosing(program: admitting.program, name: admitting.name, liveness: admitting.liveness))
            return .send(.worlds(worlds))
        case .awaitingHello, .awaitingLogin, .choosing, .joining, .joined, .leaving: return unasked("admitted")
        case .closed: return .nothing
        }
    }

    /// The list of worlds changed; sent to a client that is choosing.
    package mutating func worldsChanged(_ worlds: [WorldEntry]) -> ServerReaction { phase == .choosing ? .send(.worlds(worlds)) : .nothing }

    /// The answer to `.describe`.
    package mutating func described(_ schema: ServedSchema) -> ServerReaction {
        switch state {
        case .choosing(var choosing) where choosing.isDescribing:
            choosing.isDescribing = false
            state = .choosing(choosing)
            return .send(.schema(hash: schema.hash, document: schema.document))
        case .awaitingHello, .awaitingLogin, .admitting, .choosing, .joining, .joined, .leaving: return unasked("described")
        case .closed: return .nothing
        }
    }

    /// The answer to `.describe` or `.join`: the client may choose again.
    package mutating func joinRefused(_ refusal: ServerFrame.JoinRefusal) -> ServerReaction {
        switch state {
        case .choosing(var choosing) where choosing.isDescribing:
            choosing.isDescribing = false
            state = .choosing(choosing)
            return .send(.joinRefused(refusal))
        case .joining(let joining):
            state = .choosing(joining.choosing)
            return .send(.joinRefused(refusal))
        case .awaitingHello, .awaitingLogin, .admitting, .choosing, .joined, .leaving: return unasked("joinRefused")
        case .closed: return .nothing
        }
    }

    /// The answer to `.join`.
    package mutating func joined(_ arrival: Arrival) -> ServerReaction {
        switch state {
        case .joining(let joining): return enter(arrival, joining)
        case .awaitingHello, .awaitingLogin, .admitting, .choosing, .joined, .leaving:
            // The world has opened a session that this connection did not ask for.
            state = .closed
            return .close(Close(.internal, "joined without being asked"), .depart)
        case .closed: return arrival.session == 0 ? .nothing : .depart
        }
    }

    private mutating func enter(_ arrival: Arrival, _ joining: Joining) -> ServerReaction {
        let (choosing, role) = (joining.choosing, joining.request.role)
        var resumed: Resumption.Resumed?
        if case .resumed(let answer)? = arrival.resumption { resumed = answer }
        let window = CommandWindow(firstSequence: arrival.firstSequence, acknowledged: resumed.map { $0.oldest - 1 })
        let joined = ServerFrame.Joined(
            session: arrival.session, avatar: arrival.avatar, incarnation: arrival.incarnation, tick: arrival.tick,
            tickMicroseconds: arrival.tickMicroseconds, firstSequence: arrival.firstSequence, credit: role == .player ? window.granted : .none, role: role,
            idBase: arrival.idBase, extensions: WireExtensions([arrival.ticket?.entry, arrival.resumption?.entry].compactMap { $0 }))
        state = .joined(Joined(choosing, role, arrival.schema, window: window, received: (resumed?.oldest ?? arrival.firstSequence) - 1))
        guard joining.request.knownSchema != arrival.schema.hash else { return .send(.joined(joined)) }
        return .sendBoth(.schema(hash: arrival.schema.hash, document: arrival.schema.document), .joined(joined))
    }

    /// The outcomes before the first sequence of a resumed session have been sent.
    /// - Returns: the credit to announce.
    package mutating func recalled() -> Credit? {
        guard case .joined(let joined) = state else { return nil }
        return joined.window.recall()
    }

    /// The host released the outcome of a command. The owner has sent the rows of its tick before.
    package mutating func outcome(_ sequence: UInt64) -> OutcomeReaction {
        guard isInWorld else { return .ignore }
        switch beginTransition() {
        case .joined(let joined): return finishTransition(joined.outcome(sequence))
        case .leaving(let leaving): return finishTransition(leaving.outcome(sequence))
        case .awaitingHello, .awaitingLogin, .admitting, .choosing, .joining, .closed: preconditionFailure("not in a world")
        }
    }

    /// The answer to the session's audit has been sent.
    package mutating func auditAnswered() {
        guard case .joined(let joined) = state else { return }
        joined.unansweredAudit = nil
    }

    /// A verdict that this session did not ask for: what the host says does not fit. One session ends, the edge goes on.
    private mutating func unasked(_ verdict: String) -> ServerReaction { close(.internal, "\(verdict) without being asked") }
}
