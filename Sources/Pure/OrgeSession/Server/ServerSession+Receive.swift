package import OrgeSchema
package import OrgeWire

extension ServerSession {
    /// Type and body of one frame, as they came.
    package mutating func receive(_ reader: inout ByteReader, now: UInt64) -> ServerReaction {
        if phase == .closed { return .nothing }
        do throws(DecodeError) {
            return receive(try ClientFrame(decoding: &reader), now: now)
        } catch {
            return close(.malformed, "\(error)")
        }
    }

    /// A size that no frame has; nothing after it can be read.
    package mutating func receiveBadSize(_ size: UInt32) -> ServerReaction {
        close(.frameTooLarge, "a frame of \(size) bytes; 1 to \(WireLimits.clientFrameBytes) are allowed")
    }

    package mutating func receive(_ frame: ClientFrame, now: UInt64) -> ServerReaction {
        if case .skipped = frame, phase != .awaitingHello { return skip(now) }
        let step =
            switch beginTransition() {
            case .awaitingHello(let waiting): waiting.receive(frame, configuration)
            case .awaitingLogin(let waiting): waiting.receive(frame, now)
            case .admitting(let admitting): admitting.receive(frame, now)
            case .choosing(let choosing): choosing.receive(frame, now)
            case .joining(let joining): joining.receive(frame, now)
            case .joined(let joined): joined.receive(frame, configuration, now)
            case .leaving(let leaving): Step(.leaving(leaving), ServerReaction.nothing)
            case .closed: Step(.closed, ServerReaction.nothing)
            }
        return finishTransition(step)
    }

    /// A frame of a later edition that this one can do without: a sign of life and no more.
    private mutating func skip(_ now: UInt64) -> ServerReaction {
        switch beginTransition() {
        case .admitting(var admitting):
            admitting.liveness.lastFrameAt = now
            state = .admitting(admitting)
        case .choosing(var choosing):
            choosing.liveness.lastFrameAt = now
            state = .choosing(choosing)
        case .joining(var joining):
            joining.choosing.liveness.lastFrameAt = now
            state = .joining(joining)
        case .joined(let joined):
            joined.liveness.lastFrameAt = now
            state = .joined(joined)
        case let other: state = other
        }
        return .nothing
    }
}

/// What a frame leads to before a world is joined; `ServerSession+Joined.swift` goes on.
extension ServerSession.AwaitingHello {
    fileprivate func receive(_ frame: ClientFrame, _ configuration: ServerSession.Configuration) -> ServerSession.Step<ServerReaction> {
        guard case .hello(let hello) = frame else { return unexpected(frame, "hello first") }
        let version = min(hello.newest, Wire.newestVersion)
        guard version >= max(hello.oldest, Wire.oldestVersion) else { return end(.unsupportedVersion, Self.remedy(hello)) }
        guard let offered = try? Capabilities(in: hello.extensions) else { return end(.malformed, "capabilities that cannot be read") }
        let capabilities = offered.intersection(.known)
        guard capabilities.encoding != nil else {
            return end(.unsupportedVersion, "this server sends updates in plain (capability \(Capabilities.plain)) only: offer it")
        }
        let program = ServerSession.Program(version: version, kind: hello.kind, software: hello.software, capabilities: capabilities)
        let welcome = ServerFrame.Welcome(
            version: version, isDevelopment: configuration.developmentToken != nil, clientFrameBytes: UInt32(WireLimits.clientFrameBytes),
            serverFrameBytes: UInt32(WireLimits.serverFrameBytes), idleMilliseconds: UInt32(SessionLimits.idle / 1_000_000), software: configuration.software,
            extensions: WireExtensions([capabilities.entry]))
        return .init(.awaitingLogin(.init(connectedAt: connectedAt, program: program)), .send(.welcome(welcome)))
    }

    private static func remedy(_ hello: ClientFrame.Hello) -> String {
        let server = "this server speaks wire version \(Wire.newestVersion), the client \(hello.oldest) to \(hello.newest)"
        return hello.newest < Wire.oldestVersion ? "\(server): use a newer client" : "\(server): use an older client or a newer server"
    }
}

extension ServerSession.AwaitingLogin {
    fileprivate func receive(_ frame: ClientFrame, _ now: UInt64) -> ServerSession.Step<ServerReaction> {
        switch frame {
        case .login(let login):
            guard isValidName(login.name) else { return end(.badName, "a name is 1 to 32 of A-Z a-z 0-9 _ - .") }
            guard let method = LoginMethod(rawValue: login.method) else {
                return end(.loginRefused, "this server does not offer the login method \(login.method.printable); log in with guest")
            }
            switch method {
            case .guest: guard login.credential.isEmpty else { return end(.loginRefused, "a guest has no credential: leave it empty") }
            }
            return .init(.admitting(.init(program: program, name: login.name, liveness: .init(lastFrameAt: now))), .admit(login))
        case .leave: return end(.left)
        case .hello, .describe, .join, .command, .received, .intent, .ping, .audit, .kill, .skipped: return unexpected(frame, "login first")
        }
    }
}

extension ServerSession.Admitting {
    fileprivate consuming func receive(_ frame: ClientFrame, _ now: UInt64) -> ServerSession.Step<ServerReaction> {
        switch frame {
        case .ping(let clientTime):
            guard liveness.ping(now) else { return tooMany("pings") }
            return .init(.admitting(self), .pong(clientTime: clientTime))
        case .leave: return end(.left)
        case .hello, .login, .describe, .join, .command, .received, .intent, .audit, .kill, .skipped:
            return unexpected(frame, "login is not answered yet")
        }
    }
}

extension ServerSession.Choosing {
    fileprivate consuming func receive(_ frame: ClientFrame, _ now: UInt64) -> ServerSession.Step<ServerReaction> {
        liveness.lastFrameAt = now
        switch frame {
        case .describe(let world):
            if let refusal = choose(frame, now) { return refusal }
            isDescribing = true
            return .init(.choosing(self), .describe(world: world))
        case .join(let request):
            if let refusal = choose(frame, now) { return refusal }
            lateFrames = 0
            let account = name
            return .init(.joining(.init(choosing: self, request: request)), .join(name: account, request))
        case .ping(let clientTime):
            guard liveness.ping(now) else { return tooMany("pings") }
            return .init(.choosing(self), .pong(clientTime: clientTime))
        case .leave: return end(.left)
        case .command, .received, .intent, .audit, .kill:
            guard lateFrames > 0 else { return unexpected(frame, "join a world first") }
            lateFrames -= 1
            return .init(.choosing(self), .nothing)
        case .hello, .login, .skipped: return unexpected(frame, "join a world first")
        }
    }

    /// Describes and joins come one at a time, and not too often.
    /// - Returns: the end, when this one may not come.
    private mutating func choose(_ frame: ClientFrame, _ now: UInt64) -> ServerSession.Step<ServerReaction>? {
        guard !isDescribing else { return unexpected(frame, "describe is not answered yet") }
        return choices.consume(SessionLimits.choice, now: now) ? nil : tooMany("describes and joins")
    }
}

extension ServerSession.Joining {
    fileprivate consuming func receive(_ frame: ClientFrame, _ now: UInt64) -> ServerSession.Step<ServerReaction> {
        switch frame {
        case .ping(let clientTime):
            guard choosing.liveness.ping(now) else { return tooMany("pings") }
            return .init(.joining(self), .pong(clientTime: clientTime))
        case .leave: return .init(.closed, .close(Close(.left), .abandonJoin))
        case .hello, .login, .describe, .join, .command, .received, .intent, .audit, .kill, .skipped: return unexpected(frame, "join is not answered yet")
        }
    }
}
