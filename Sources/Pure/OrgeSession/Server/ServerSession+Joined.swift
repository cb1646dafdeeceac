import OrgeSchema
import OrgeWire

extension ServerSession.Joined {
    func receive(_ frame: ClientFrame, _ configuration: ServerSession.Configuration, _ now: UInt64) -> ServerSession.Step<ServerReaction> {
        liveness.lastFrameAt = now
        switch frame {
        case .command(let command): return receive(command)
        case .received(let sequence): return receive(received: sequence, now)
        case .intent(let intent): return receive(intent, now)
        case .audit(let request): return receiveAudit(request, now)
        case .ping(let clientTime):
            guard liveness.ping(now) else { return tooMany("pings") }
            return .init(.joined(self), .pong(clientTime: clientTime))
        case .kill(let token):
            guard token == configuration.developmentToken else { return end(.badToken, "kill needs this start's token") }
            return .init(.joined(self), .kill)
        case .leave: return leave(now)
        case .hello, .login, .describe, .join, .skipped: return unexpected(frame, "a world is joined")
        }
    }

    private func receive(_ command: ClientFrame.Command) -> ServerSession.Step<ServerReaction> {
        guard role == .player else { return unexpected(.command(command), "a monitor only looks") }
        switch window.refusal(of: command) {
        case .badSequence(let expected)?: return end(.badSequence, "command \(command.sequence) where \(expected) is next")
        case .overCredit?: return end(.overCredit, "command \(command.sequence) is beyond the credit")
        case nil: break
        }
        if let error = schema.check(command: command.kind, command.payload) { return receiveMalformed(command, error) }
        malformedInARow = 0
        window.register(command)
        return .init(.joined(self), .submit(command))
    }

    private func receive(received sequence: UInt64, _ now: UInt64) -> ServerSession.Step<ServerReaction> {
        guard role == .player else { return unexpected(.received(through: sequence), "a monitor only looks") }
        guard sequence <= window.answered else { return end(.badSequence, "outcome \(sequence) received, and \(window.answered) was the last one sent") }
        guard sequence > received else { return liveness.ping(now) ? .init(.joined(self), .nothing) : tooMany("receipts of nothing") }
        received = sequence
        return .init(.joined(self), .received(through: sequence))
    }

    private func receiveMalformed(_ command: ClientFrame.Command, _ error: DecodeError) -> ServerSession.Step<ServerReaction> {
        malformedInARow += 1
        guard malformedInARow < SessionLimits.malformedCommands else {
            return end(.malformed, "\(malformedInARow) malformed commands in a row, the last of kind \(command.kind): \(error)")
        }
        window.register(command)
        return .init(.joined(self), .submitMalformed(command))
    }

    private func receive(_ intent: ClientFrame.Intent, _ now: UInt64) -> ServerSession.Step<ServerReaction> {
        guard role == .player else { return unexpected(.intent(intent), "a monitor only looks") }
        guard intents.consume(SessionLimits.intent, now: now) else { return tooMany("intents") }
        guard intent.number > lastIntent else { return end(.badSequence, "intent \(intent.number) after \(lastIntent)") }
        if let error = schema.check(intent: intent.kind, intent.payload) { return end(.malformed, "intent \(intent.kind): \(error)") }
        lastIntent = intent.number
        return .init(.joined(self), .intent(intent))
    }

    private func receiveAudit(_ request: UInt32, _ now: UInt64) -> ServerSession.Step<ServerReaction> {
        guard unansweredAudit == nil, audits.consume(SessionLimits.audit, now: now) else { return tooMany("audits") }
        unansweredAudit = request
        return .init(.joined(self), .audit(request: request))
    }

    /// Outcomes first: an avatar that departs in the same tick would go before its last commands.
    private func leave(_ now: UInt64) -> ServerSession.Step<ServerReaction> {
        guard role == .player else { return end(.left) }
        let leaving = ServerSession.Leaving(name: name, cause: .client, since: now, window: window)
        return window.unansweredCount > 0 ? .init(.leaving(leaving), .nothing) : leaving.end(.left)
    }

    func stop(_ now: UInt64) -> ServerSession.Step<ServerReaction> {
        guard role == .player, window.unansweredCount > 0 else { return end(.serverStopping) }
        return .init(.leaving(ServerSession.Leaving(name: name, cause: .server, since: now, window: window)), .nothing)
    }
}

/// Outcomes of the session's commands, in their order.
extension ServerSession.Joined {
    func outcome(_ sequence: UInt64) -> ServerSession.Step<OutcomeReaction> {
        guard sequence > window.answered else { return .init(.joined(self), .ignore) }
        guard window.isDue(sequence) else { return .init(.closed, .close(Close(.internal, "outcome \(sequence) out of order"), disconnectEffect)) }
        let credit = window.answer(sequence)
        return .init(.joined(self), .send(credit))
    }
}

extension ServerSession.Leaving {
    consuming func outcome(_ sequence: UInt64) -> ServerSession.Step<OutcomeReaction> {
        guard window.isDue(sequence) else { return .init(.leaving(self), .ignore) }
        _ = window.answer(sequence)
        return window.unansweredCount > 0 ? .init(.leaving(self), .send(nil)) : .init(.closed, .sendAndClose(Close(closeReason), disconnectEffect))
    }
}
