package import OrgeWire

extension ServerSession {
    /// Checks the deadlines.
    package mutating func timePassed(now: UInt64) -> ServerReaction {
        guard let deadline, now >= deadline else { return .nothing }
        switch state {
        case .awaitingHello, .awaitingLogin: return close(.handshakeTimeout, "no login within \(SessionLimits.handshake / SessionLimits.second) s")
        case .admitting, .choosing, .joining, .joined: return close(.idle, "nothing heard for \(SessionLimits.idle / SessionLimits.second) s")
        case .leaving(let leaving): return close(leaving.closeReason, "some commands are not answered")
        case .closed: return .nothing
        }
    }

    /// The server stops. A player's commands that were taken still get their outcomes, for at most ``SessionLimits/stopping``; what the client sends from
    /// now on is ignored.
    package mutating func stop(now: UInt64) -> ServerReaction {
        guard case .joined(let joined) = state else { return phase == .leaving ? .nothing : close(.serverStopping) }
        return finishTransition(joined.stop(now))
    }

    /// A notice to the clients of a world.
    package mutating func notify(_ notice: ServerFrame.Notice) -> ServerReaction {
        switch notice {
        case .hostAway, .hostBack, .dilated, .viewed: isInWorld ? .send(.notice(notice)) : .nothing
        case .timelineChanged: preconditionFailure("a change of the timeline takes the client out of its world")
        case .stopping: isInWorld || phase == .choosing ? .send(.notice(notice)) : .nothing
        }
    }

    /// The world goes on from an earlier point of its history: the client leaves it and chooses again. Commands without an outcome have not run.
    package mutating func timelineChanged(_ change: ServerFrame.TimelineChange) -> ServerReaction {
        switch state {
        case .joined(let joined):
            state = .choosing(Choosing(program: joined.program, name: joined.name, liveness: joined.liveness, lateFrames: SessionLimits.lateFrames))
            return .send(.notice(.timelineChanged(change)))
        case .leaving(let leaving): return close(leaving.closeReason, "the world lost the commands that have no outcome")
        case .awaitingHello, .awaitingLogin, .admitting, .choosing, .joining: return close(.internal, "a change of the timeline outside of a world")
        case .closed: return .nothing
        }
    }

    /// The server ends the session for its own reasons: full, slowReader, worldFailed, serverStopping, internal. Nothing if it is closed already.
    package mutating func close(_ reason: CloseReason, _ text: String = "", retryAfterMilliseconds: UInt32? = nil) -> ServerReaction {
        if phase == .closed { return .nothing }
        return .close(Close(reason, text, retryAfterMilliseconds: retryAfterMilliseconds), connectionLost())
    }

    /// The connection is gone.
    /// - Returns: what that means to the world.
    package mutating func connectionLost() -> DisconnectEffect {
        let disconnectEffect = state.disconnectEffect
        state = .closed
        return disconnectEffect
    }
}
