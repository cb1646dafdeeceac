import OrgeWire

/// The states, each a struct of what is known then. An event that belongs to one is a consuming method of it and answers with a ``Step``.
extension ServerSession {
    struct AwaitingHello: LivingState {
        let connectedAt: UInt64
    }

    struct AwaitingLogin: LivingState {
        let connectedAt: UInt64
        let program: Program
    }

    struct Admitting: LivingState {
        let program: Program
        let name: String
        var heard: Heard
    }

    struct Choosing: LivingState {
        let program: Program
        let name: String
        var heard: Heard
        var isDescribing = false
        var choices = RateMeter()
    }

    struct Joining: LivingState {
        /// As it was, and will be again when the join is refused.
        var choosing: Choosing
        let request: ClientFrame.Join

        var farewell: Farewell { .abandonJoin }
    }

    struct Joined: LivingState {
        let program: Program
        let name: String
        let role: JoinRole
        let schema: ServedSchema
        var heard: Heard
        var window: CommandWindow
        var intents = RateMeter()
        var audits = RateMeter()
        var unansweredAudit: UInt32?

        var farewell: Farewell { role == .player ? .detach : .nothing }
    }

    struct Leaving: LivingState {
        let name: String
        let since: UInt64
        var window: CommandWindow

        var farewell: Farewell { .depart }
    }

    /// When the peer was last heard, and how much it pings.
    struct Heard: Sendable {
        var at: UInt64
        var pings = RateMeter()

        /// Notes a ping.
        /// - Returns: false when it is one too many.
        mutating func ping(_ now: UInt64) -> Bool {
            at = now
            return pings.take(SessionLimits.ping, now: now)
        }
    }

    /// Where an event leads, and what is to be done about it.
    struct Step<Reaction> {
        let state: State
        let reaction: Reaction

        init(_ state: consuming State, _ reaction: Reaction) {
            self.state = state
            self.reaction = reaction
        }
    }

    /// Takes the state out, so that the event can change it in place: a copy of the window for each command would cost more than all the rest.
    /// What the event leads to is put in by ``follow(_:)``.
    mutating func takeState() -> State {
        let taken = state
        state = .closed
        return taken
    }

    mutating func follow<Reaction>(_ step: consuming Step<Reaction>) -> Reaction {
        state = step.state
        return step.reaction
    }
}

/// Every state but `closed`.
protocol LivingState: Sendable {
    /// What the connection's end means to the world, unless the client leaves on purpose.
    var farewell: Farewell { get }
}

extension LivingState {
    var farewell: Farewell { .nothing }

    func end(_ reason: CloseReason, _ text: String = "") -> ServerSession.Step<ServerReaction> {
        ServerSession.Step(.closed, .close(Close(reason, text), farewell))
    }

    func unexpected(_ frame: ClientFrame, _ why: String) -> ServerSession.Step<ServerReaction> {
        end(.unexpectedFrame, "\(frame.type) is not expected: \(why)")
    }

    func tooMany(_ what: String) -> ServerSession.Step<ServerReaction> { end(.rateLimited, "too many \(what)") }
}

extension ServerSession.State {
    /// What the connection's end means to the world now.
    var farewell: Farewell {
        switch self {
        case .awaitingHello(let waiting): waiting.farewell
        case .awaitingLogin(let waiting): waiting.farewell
        case .admitting(let admitting): admitting.farewell
        case .choosing(let choosing): choosing.farewell
        case .joining(let joining): joining.farewell
        case .joined(let joined): joined.farewell
        case .leaving(let leaving): leaving.farewell
        case .closed: .nothing
        }
    }
}
