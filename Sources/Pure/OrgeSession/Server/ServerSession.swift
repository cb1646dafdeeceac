package import OrgeWire

/// The server's side of one client's conversation: frames, verdicts and time in, one reaction out per event. No I/O, no clock.
///
/// The states and what each allows are the table in `docs/protocol.md`, section 3. The owner of a session carries out each reaction at once and in order.
/// Updates, events and audit answers do not pass through it: the edge writes them while ``isInWorld``.
package struct ServerSession: ~Copyable {
    package struct Configuration: Equatable, Sendable {
        package var software: String
        /// The secret of the kill frame; nil outside of development mode.
        package var developmentToken: [UInt8]?

        package init(software: String, developmentToken: [UInt8]? = nil) {
            self.software = software
            self.developmentToken = developmentToken
        }
    }

    package enum Phase: Equatable, Sendable, CaseIterable {
        case awaitingHello, awaitingLogin, admitting, choosing, joining, joined, leaving, closed
    }

    /// Each with what is known and allowed then, and nothing else: `ServerSession+States.swift`.
    enum State {
        case awaitingHello(AwaitingHello)
        case awaitingLogin(AwaitingLogin)
        case admitting(Admitting)
        case choosing(Choosing)
        case joining(Joining)
        case joined(Joined)
        case leaving(Leaving)
        case closed
    }

    /// What the hello said.
    package struct Program: Equatable, Sendable {
        package let version: UInt16
        package let kind: ClientKind
        package let software: String
        /// What of the client's capabilities this connection uses.
        package let capabilities: Capabilities
    }

    let configuration: Configuration
    var state: State

    /// - Parameter now: nanoseconds of any clock that never goes back; the same one for all calls.
    package init(_ configuration: Configuration, now: UInt64) {
        precondition(configuration.developmentToken.map { $0.count == WireLimits.tokenBytes } ?? true, "a token has \(WireLimits.tokenBytes) bytes")
        self.configuration = configuration
        state = .awaitingHello(AwaitingHello(connectedAt: now))
    }

    package var phase: Phase {
        switch state {
        case .awaitingHello: .awaitingHello
        case .awaitingLogin: .awaitingLogin
        case .admitting: .admitting
        case .choosing: .choosing
        case .joining: .joining
        case .joined: .joined
        case .leaving: .leaving
        case .closed: .closed
        }
    }

    /// The account, once it is known.
    package var name: String? {
        switch state {
        case .awaitingHello, .awaitingLogin, .closed: nil
        case .admitting(let admitting): admitting.name
        case .choosing(let choosing): choosing.name
        case .joining(let joining): joining.choosing.name
        case .joined(let joined): joined.name
        case .leaving(let leaving): leaving.name
        }
    }

    /// What hello and welcome agreed on; as if nothing was said before them and after the end.
    package var capabilities: Capabilities {
        switch state {
        case .awaitingHello, .leaving, .closed: .unstated
        case .awaitingLogin(let waiting): waiting.program.capabilities
        case .admitting(let admitting): admitting.program.capabilities
        case .choosing(let choosing): choosing.program.capabilities
        case .joining(let joining): joining.choosing.program.capabilities
        case .joined(let joined): joined.program.capabilities
        }
    }

    /// As asked for in the join, while joined.
    package var role: JoinRole? {
        if case .joined(let joined) = state { joined.role } else { nil }
    }

    /// Updates, outcomes and events of the world are to be sent.
    package var isInWorld: Bool { phase == .joined || phase == .leaving }

    /// Commands taken and not yet answered.
    package var unansweredCount: UInt64 {
        switch state {
        case .joined(let joined): joined.window.unansweredCount
        case .leaving(let leaving): leaving.window.unansweredCount
        case .awaitingHello, .awaitingLogin, .admitting, .choosing, .joining, .closed: 0
        }
    }

    /// When ``timePassed(now:)`` has something to say at the earliest, unless something else happens before.
    package var deadline: UInt64? {
        switch state {
        case .awaitingHello(let waiting): waiting.connectedAt + SessionLimits.handshake
        case .awaitingLogin(let waiting): waiting.connectedAt + SessionLimits.handshake
        case .admitting(let admitting): admitting.liveness.lastFrameAt + SessionLimits.idle
        case .choosing(let choosing): choosing.liveness.lastFrameAt + SessionLimits.idle
        case .joining(let joining): joining.choosing.liveness.lastFrameAt + SessionLimits.idle
        case .joined(let joined): joined.liveness.lastFrameAt + SessionLimits.idle
        case .leaving(let leaving): leaving.deadline
        case .closed: nil
        }
    }
}
