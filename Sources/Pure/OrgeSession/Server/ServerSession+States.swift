import OrgeWire

/// The states, each with what is known then. An event that belongs to one is a method of it and answers with a ``Step``.
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
        var liveness: Liveness
    }

    struct Choosing: LivingState {
        let program: Program
        let name: String
        var liveness: Liveness
        var isDescribing = false
        /// Frames of a world that the client was taken out of, which may still be on their way.
        var lateFrames = 0
        var choices = RateMeter()
    }

    struct Joining: LivingState {
        /// As it was, and will be again when the join is refused.
        var choosing: Choosing
        let request: ClientFrame.Join

        /// A client that was to have its session back may come for it again; the world knows nothing of a monitor.
        var disconnectEffect: DisconnectEffect {
            if request.role == .monitor { return .nothing }
            return request.resume == nil ? .abandonJoin : .detach
        }
    }

    /// A class, changed in place: the session owns it alone, and moving or copying all of it for each command would cost more than the rest.
    final class Joined: LivingState {
        let program: Program
        let name: String
        let role: JoinRole
        let schema: ServedSchema
        var liveness: Liveness
        var window: CommandWindow
        /// Malformed commands since the last well-formed one.
        var malformedInARow = 0
        var intents = RateMeter()
        /// The last intent's number; 0 before the first.
        var lastIntent: UInt32 = 0
        /// The client has said that it has the outcomes through this sequence.
        var received: UInt64
        var audits = RateMeter()
        var unansweredAudit: UInt32?

        init(_ choosing: Choosing, _ role: JoinRole, _ schema: ServedSchema, window: CommandWindow, received: UInt64) {
            program = choosing.program
            name = choosing.name
            liveness = choosing.liveness
            self.role = role
            self.schema = schema
            self.window = window
            self.received = received
        }

        var disconnectEffect: DisconnectEffect { role == .player ? .detach : .nothing }
    }

    /// Nothing more is taken from the client, and what was taken is still answered.
    struct Leaving: LivingState {
        enum Cause {
            case client
            /// The server stops.
            case server
        }

        let name: String
        let cause: Cause
        let since: UInt64
        var window: CommandWindow

        var disconnectEffect: DisconnectEffect { cause == .client ? .depart : .detach }
        var closeReason: CloseReason { cause == .client ? .left : .serverStopping }
        var deadline: UInt64 { since + (cause == .client ? SessionLimits.leaving : SessionLimits.stopping) }
    }

    /// When the last whole frame came, and how often the peer pings.
    struct Liveness: Sendable {
        var lastFrameAt: UInt64
        var pings = RateMeter()

        /// Notes a ping.
        /// - Returns: false when it is one too many.
        mutating func ping(_ now: UInt64) -> Bool {
            lastFrameAt = now
            return pings.consume(SessionLimits.ping, now: now)
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

    /// Moves the state out, so that the event can change it in place. ``finishTransition(_:)`` stores the next state.
    mutating func beginTransition() -> State {
        let current = state
        state = .closed
        return current
    }

    mutating func finishTransition<Reaction>(_ step: consuming Step<Reaction>) -> Reaction {
        state = step.state
        return step.reaction
    }
}

/// Every state but `closed`.
protocol LivingState {
    /// What the connection's end means to the world, unless the client leaves on purpose.
    var disconnectEffect: DisconnectEffect { get }
}

extension LivingState {
    var disconnectEffect: DisconnectEffect { .nothing }

    func end(_ reason: CloseReason, _ text: String = "") -> ServerSession.Step<ServerReaction> {
        ServerSession.Step(.closed, .close(Close(reason, text), disconnectEffect))
    }

    func unexpected(_ frame: ClientFrame, _ why: String) -> ServerSession.Step<ServerReaction> {
        let name = if case .skipped(let type) = frame { "a frame of type \(type)" } else { "\(frame.type)" }
        return end(.unexpectedFrame, "\(name) is not expected: \(why)")
    }

    func tooMany(_ what: String) -> ServerSession.Step<ServerReaction> { end(.rateLimited, "too many \(what)") }
}

extension ServerSession.State {
    /// What the connection's end means to the world now.
    var disconnectEffect: DisconnectEffect {
        switch self {
        case .awaitingHello(let waiting): waiting.disconnectEffect
        case .awaitingLogin(let waiting): waiting.disconnectEffect
        case .admitting(let admitting): admitting.disconnectEffect
        case .choosing(let choosing): choosing.disconnectEffect
        case .joining(let joining): joining.disconnectEffect
        case .joined(let joined): joined.disconnectEffect
        case .leaving(let leaving): leaving.disconnectEffect
        case .closed: .nothing
        }
    }
}
