package import OrgeSchema
package import OrgeWire

extension ClientSession {
    /// The first two frames: hello and login, which need not wait for one another.
    /// - Precondition: called once, on a new connection.
    package mutating func start(now: UInt64) -> [ClientFrame] {
        precondition(phase == .idle, "a conversation starts once")
        phase = .awaitingWelcome
        pingSentAt = now
        let extensions = configuration.capabilities == .unstated ? .none : WireExtensions([configuration.capabilities.entry])
        let hello = ClientFrame.Hello(kind: configuration.kind, software: configuration.software, extensions: extensions)
        return [.hello(hello), .login(ClientFrame.Login(name: configuration.name))]
    }

    /// - Returns: nil unless the client is choosing.
    package mutating func describe(_ world: String) -> ClientFrame? {
        guard phase == .choosing else { return nil }
        phase = .describing
        return .describe(world: world)
    }

    /// - Returns: nil unless the client is choosing.
    package mutating func join(_ world: String, as role: JoinRole) -> ClientFrame? {
        guard phase == .choosing else { return nil }
        phase = .joining
        self.role = role
        self.world = world
        let isSame = role == .player && hold?.world == world
        if !isSame, hold != nil { settle(.unknown) }
        isResuming = isSame && !isClaimed
        let resume = isResuming ? hold?.resume(acknowledged: acknowledged, hasView: view != nil) : nil
        let seenTick = role == .monitor && seen?.world == world ? seen?.tick : nil
        return .join(ClientFrame.Join(world: world, role: role, knownSchema: known?.hash ?? 0, resume: resume, seenTick: seenTick))
    }

    /// The next command.
    /// - Parameters:
    ///   - payload: a canonical row of the kind's fields; the server closes on anything else.
    ///   - key: never used by this account for another command; the world then applies the command once, in whichever session it is sent.
    /// - Returns: nil when not joined as a player, or without credit: wait for `.creditRaised` or an outcome.
    package mutating func command(_ kind: UInt16, _ payload: [UInt8], key: IdempotencyKey? = nil, now: UInt64) -> ClientFrame? {
        guard canSend(payloadBytes: payload.count, key: key) else { return nil }
        let command = ClientFrame.Command(sequence: nextSequence, kind: kind, key: key, payload: payload)
        unanswered.append(Unanswered(sequence: nextSequence, kind: kind, sentAt: now))
        commands.append(command)
        bytesSent += UInt64(command.frameBytes)
        nextSequence += 1
        return .command(command)
    }

    /// - Returns: nil when not joined as a player, or when the world has no such intent.
    package mutating func intent(_ kind: UInt16, _ payload: [UInt8]) -> ClientFrame? {
        guard phase == .joined, role == .player, known?.schema.intent(kind) != nil else { return nil }
        intents[kind] = payload
        return .intent(numbered(kind, payload))
    }

    /// Asks the world what this view should be.
    /// - Returns: nil when not joined, or while an answer is still due.
    package mutating func audit(_ request: UInt32) -> ClientFrame? {
        guard phase == .joined, audit == nil else { return nil }
        audit = (request, [])
        return .audit(request: request)
    }

    /// - Returns: nil unless joined.
    package func kill(token: [UInt8]) -> ClientFrame? {
        phase == .joined && token.count == WireLimits.tokenBytes ? .kill(token: token) : nil
    }

    /// Wants to go; outcomes still due come before the close.
    /// - Returns: nil where there is nothing to leave: then close the connection.
    package mutating func leave() -> ClientFrame? {
        switch phase {
        case .awaitingWorlds, .choosing, .describing, .joining, .joined:
            phase = .leaving
            return .leave
        case .idle, .awaitingWelcome, .leaving, .closed: return nil
        }
    }

    /// A ping for the clock, or nil where none is allowed. The pong carries the time back.
    package mutating func ping(now: UInt64) -> ClientFrame? {
        switch phase {
        case .choosing, .describing, .joining, .joined:
            pingSentAt = now
            return .ping(clientTime: now)
        case .idle, .awaitingWelcome, .awaitingWorlds, .leaving, .closed: return nil
        }
    }

    /// When ``timePassed(now:)`` has a ping to send, if pings are allowed then; once it was called, the next time lies ahead in any case.
    package var deadline: UInt64 { pingSentAt + SessionLimits.clientPing }

    package mutating func timePassed(now: UInt64) -> ClientReaction {
        guard now >= deadline else { return .nothing }
        // Also where no ping may be sent, while leaving: an owner that waits for a time that has passed would wait in a busy loop.
        pingSentAt = now
        return ping(now: now).map { .send($0) } ?? .nothing
    }

    /// The connection is gone. What became of the commands in `unanswered` is known when the session is resumed (``suspend()``).
    package mutating func connectionLost() { phase = .closed }
}
