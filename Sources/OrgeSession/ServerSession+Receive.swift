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
        close(.frameTooLarge, "a frame of \(size) bytes; 1 to \(WireLimit.clientFrameBytes) are allowed")
    }

    package mutating func receive(_ frame: ClientFrame, now: UInt64) -> ServerReaction {
        switch takeState() {
        case .awaitingHello(let waiting): return receive(frame, waiting)
        case .awaitingLogin(let waiting): return receive(frame, waiting, now)
        case .admitting(let admitting): return receive(frame, admitting, now)
        case .choosing(let choosing): return receive(frame, choosing, now)
        case .joining(let joining): return receive(frame, joining, now)
        case .joined(let joined): return receive(frame, joined, now)
        case .leaving(let leaving):
            state = .leaving(leaving)
            return .nothing
        case .closed: return .nothing
        }
    }

    private mutating func receive(_ frame: ClientFrame, _ waiting: AwaitingHello) -> ServerReaction {
        guard case .hello(let hello) = frame else { return end(unexpected(frame, "hello first"), .nothing) }
        let version = min(hello.newest, Wire.newestVersion)
        guard version >= max(hello.oldest, Wire.oldestVersion) else {
            return end(Close(.unsupportedVersion, "this server speaks versions \(Wire.oldestVersion) to \(Wire.newestVersion)"), .nothing)
        }
        let program = Program(version: version, kind: hello.kind, software: hello.software)
        state = .awaitingLogin(AwaitingLogin(connectedAt: waiting.connectedAt, program: program))
        return .send(
            .welcome(
                ServerFrame.Welcome(
                    version: version, isDevelopment: configuration.developmentToken != nil, clientFrameBytes: UInt32(WireLimit.clientFrameBytes),
                    serverFrameBytes: UInt32(WireLimit.serverFrameBytes), idleMilliseconds: UInt32(SessionLimit.idle / 1_000_000),
                    software: configuration.software)))
    }

    private mutating func receive(_ frame: ClientFrame, _ waiting: AwaitingLogin, _ now: UInt64) -> ServerReaction {
        switch frame {
        case .login(let name):
            guard isValidName(name) else { return end(Close(.badName, "a name is 1 to 32 of A-Z a-z 0-9 _ - ."), .nothing) }
            state = .admitting(Admitting(program: waiting.program, name: name, heard: Heard(at: now)))
            return .admit(name: name)
        case .leave: return end(Close(.left), .nothing)
        case .hello, .describe, .join, .command, .intent, .ping, .audit, .kill: return end(unexpected(frame, "login first"), .nothing)
        }
    }

    private mutating func receive(_ frame: ClientFrame, _ admitting: consuming Admitting, _ now: UInt64) -> ServerReaction {
        switch frame {
        case .ping(let clientTime):
            guard admitting.heard.ping(now) else { return end(tooMany("pings"), .nothing) }
            state = .admitting(admitting)
            return .pong(clientTime: clientTime)
        case .leave: return end(Close(.left), .nothing)
        case .hello, .login, .describe, .join, .command, .intent, .audit, .kill: return end(unexpected(frame, "login is not answered yet"), .nothing)
        }
    }

    private mutating func receive(_ frame: ClientFrame, _ choosing: consuming Choosing, _ now: UInt64) -> ServerReaction {
        choosing.heard.at = now
        switch frame {
        case .describe, .join:
            guard !choosing.isDescribing else { return end(unexpected(frame, "describe is not answered yet"), .nothing) }
            guard choosing.choices.take(SessionLimit.choice, now: now) else { return end(tooMany("describes and joins"), .nothing) }
            return choose(frame, choosing)
        case .ping(let clientTime):
            guard choosing.heard.ping(now) else { return end(tooMany("pings"), .nothing) }
            state = .choosing(choosing)
            return .pong(clientTime: clientTime)
        case .leave: return end(Close(.left), .nothing)
        case .hello, .login, .command, .intent, .audit, .kill: return end(unexpected(frame, "join a world first"), .nothing)
        }
    }

    private mutating func choose(_ frame: ClientFrame, _ choosing: consuming Choosing) -> ServerReaction {
        switch frame {
        case .describe(let world):
            choosing.isDescribing = true
            state = .choosing(choosing)
            return .describe(world: world)
        case .join(let join):
            let name = choosing.name
            let heard = choosing.heard
            state = .joining(Joining(choosing: choosing, request: join, heard: heard))
            return .join(name: name, join)
        case .hello, .login, .command, .intent, .ping, .audit, .leave, .kill: preconditionFailure("not a choice")
        }
    }

    private mutating func receive(_ frame: ClientFrame, _ joining: consuming Joining, _ now: UInt64) -> ServerReaction {
        switch frame {
        case .ping(let clientTime):
            guard joining.heard.ping(now) else { return end(tooMany("pings"), .abandonJoin) }
            state = .joining(joining)
            return .pong(clientTime: clientTime)
        case .leave: return end(Close(.left), .abandonJoin)
        case .hello, .login, .describe, .join, .command, .intent, .audit, .kill: return end(unexpected(frame, "join is not answered yet"), .abandonJoin)
        }
    }
}

extension ServerSession {
    /// The state was taken out; the session ends here.
    mutating func end(_ close: Close, _ farewell: Farewell) -> ServerReaction {
        state = .closed
        return .close(close, farewell)
    }

    func unexpected(_ frame: ClientFrame, _ why: String) -> Close { Close(.unexpectedFrame, "\(frame.type) is not expected: \(why)") }

    func tooMany(_ what: String) -> Close { Close(.rateLimited, "too many \(what)") }
}

extension ServerSession.Heard {
    /// Notes a ping.
    /// - Returns: false when it is one too many.
    mutating func ping(_ now: UInt64) -> Bool {
        at = now
        return pings.take(SessionLimit.ping, now: now)
    }
}
