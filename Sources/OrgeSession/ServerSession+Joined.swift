import OrgeWire

extension ServerSession {
    mutating func receive(_ frame: ClientFrame, _ joined: consuming Joined, _ now: UInt64) -> ServerReaction {
        joined.heard.at = now
        switch frame {
        case .command(let command): return receive(command, joined)
        case .intent(let intent): return receive(intent, joined, now)
        case .audit(let request): return receiveAudit(request, joined, now)
        case .ping(let clientTime):
            guard joined.heard.ping(now) else { return end(tooMany("pings"), joined.detach) }
            state = .joined(joined)
            return .pong(clientTime: clientTime)
        case .kill(let token):
            guard token == configuration.developmentToken else { return end(Close(.badToken, "kill needs this start's token"), joined.detach) }
            state = .joined(joined)
            return .kill
        case .leave: return leave(joined, now)
        case .hello, .login, .describe, .join: return end(unexpected(frame, "a world is joined"), joined.detach)
        }
    }

    private mutating func receive(_ command: ClientFrame.Command, _ joined: consuming Joined) -> ServerReaction {
        guard joined.role == .player else { return end(unexpected(.command(command), "a monitor only looks"), .nothing) }
        switch joined.window.refusal(of: command) {
        case .badSequence(let expected)?: return end(Close(.badSequence, "command \(command.sequence) where \(expected) is next"), .detach)
        case .overCredit?: return end(Close(.overCredit, "command \(command.sequence) is beyond the credit"), .detach)
        case nil: break
        }
        if let error = joined.schema.check(command: command.kind, command.payload) {
            return end(Close(.malformed, "command \(command.kind): \(error)"), .detach)
        }
        joined.window.take(command)
        state = .joined(joined)
        return .submit(command)
    }

    private mutating func receive(_ intent: ClientFrame.Intent, _ joined: consuming Joined, _ now: UInt64) -> ServerReaction {
        guard joined.role == .player else { return end(unexpected(.intent(intent), "a monitor only looks"), .nothing) }
        guard joined.intents.take(SessionLimit.intent, now: now) else { return end(tooMany("intents"), .detach) }
        if let error = joined.schema.check(intent: intent.kind, intent.payload) {
            return end(Close(.malformed, "intent \(intent.kind): \(error)"), .detach)
        }
        state = .joined(joined)
        return .intent(intent)
    }

    private mutating func receiveAudit(_ request: UInt32, _ joined: consuming Joined, _ now: UInt64) -> ServerReaction {
        guard joined.unansweredAudit == nil, joined.audits.take(SessionLimit.audit, now: now) else { return end(tooMany("audits"), joined.detach) }
        joined.unansweredAudit = request
        state = .joined(joined)
        return .audit(request: request)
    }

    /// Outcomes first: an avatar that departs in the same tick would go before its last commands.
    private mutating func leave(_ joined: consuming Joined, _ now: UInt64) -> ServerReaction {
        guard joined.role == .player else { return end(Close(.left), .nothing) }
        guard joined.window.unansweredCount > 0 else { return end(Close(.left), .depart) }
        state = .leaving(Leaving(name: joined.name, since: now, window: joined.window))
        return .nothing
    }
}

extension ServerSession.Joined {
    var detach: Farewell { role == .player ? .detach : .nothing }
}
