package import OrgeSchema

extension ServerFrame {
    /// Reads type and body, to the reader's end.
    package init(decoding reader: inout ByteReader) throws(DecodeError) {
        switch try reader.frameHead(ServerFrameType.self) {
        case .skipped(let type): self = .skipped(type: type)
        case .known(let type):
            self = try Self.body(type, &reader)
            try reader.expectEnd()
        }
    }

    private static func body(_ type: ServerFrameType, _ reader: inout ByteReader) throws(DecodeError) -> ServerFrame {
        switch type {
        case .welcome: .welcome(try Welcome(decoding: &reader))
        case .worlds: .worlds(try WorldEntry.list(decoding: &reader))
        case .schema: .schema(hash: try reader.u64(), document: try reader.rest())
        case .joined: .joined(try Joined(decoding: &reader))
        case .joinRefused: .joinRefused(try JoinRefusal(decoding: &reader))
        case .update: .update(try UpdateFrame(decoding: &reader))
        case .outcome: .outcome(sequence: try reader.u64(), tick: try reader.u64(), outcome: try reader.rest())
        case .recalled: .recalled(sequence: try reader.u64(), tick: try reader.u64(), outcome: try reader.rest())
        case .event: .event(tick: try reader.u64(), kind: try reader.u16(), payload: try reader.rest())
        case .credit: .credit(Credit(throughSequence: try reader.u64(), throughByte: try reader.u64()))
        case .pong:
            .pong(
                Pong(
                    clientTime: try reader.u64(), serverMicroseconds: try reader.u64(), tick: try reader.u64(),
                    microsecondsIntoTick: try reader.u32()))
        case .auditAnswer: .auditAnswer(try AuditAnswer(decoding: &reader))
        case .notice: .notice(try Notice(decoding: &reader))
        case .close:
            .close(
                Close(
                    code: try reader.u16(), retryAfterMilliseconds: try reader.u32(), text: try reader.shortText(limit: WireLimits.reasonBytes)))
        }
    }
}

extension ServerFrame.Welcome {
    fileprivate init(decoding reader: inout ByteReader) throws(DecodeError) {
        version = try reader.u16()
        isDevelopment = try reader.flags(allowed: Self.developmentFlag, "welcome flags") != 0
        clientFrameBytes = try reader.u32()
        serverFrameBytes = try reader.u32()
        idleMilliseconds = try reader.u32()
        software = try reader.shortText(limit: WireLimits.softwareBytes)
        extensions = try WireExtensions(decoding: &reader)
        _ = try Capabilities(in: extensions)
    }
}

extension ServerFrame.Joined {
    fileprivate init(decoding reader: inout ByteReader) throws(DecodeError) {
        session = try reader.u64()
        avatar = try reader.entity()
        incarnation = try reader.u32()
        tick = try reader.u64()
        tickMicroseconds = try reader.u32()
        firstSequence = try reader.u64()
        credit = Credit(throughSequence: try reader.u64(), throughByte: try reader.u64())
        role = try reader.known(JoinRole.self, "role")
        idBase = try reader.entity()
        extensions = try WireExtensions(decoding: &reader)
    }
}

extension ServerFrame.JoinRefusal {
    fileprivate init(decoding reader: inout ByteReader) throws(DecodeError) {
        code = try reader.known(Code.self, "join refusal")
        refusal = try reader.u8()
        retryAfterMilliseconds = try reader.u32()
        text = try reader.shortText(limit: WireLimits.reasonBytes)
        extensions = try WireExtensions(decoding: &reader)
    }
}

extension ServerFrame.Notice {
    fileprivate init(decoding reader: inout ByteReader) throws(DecodeError) {
        switch try reader.known(Kind.self, "notice") {
        case .hostAway: self = .hostAway
        case .hostBack: self = .hostBack(incarnation: try reader.u32(), tick: try reader.u64())
        case .dilated: self = .dilated(permille: try reader.u16())
        case .stopping: self = .stopping(withinMilliseconds: try reader.u32(), text: try reader.shortText(limit: WireLimits.reasonBytes))
        case .viewed: self = .viewed(ticksDue: try reader.u64())
        case .timelineChanged: self = .timelineChanged(try ServerFrame.TimelineChange(decoding: &reader))
        }
    }
}

extension ServerFrame.TimelineChange {
    fileprivate init(decoding reader: inout ByteReader) throws(DecodeError) {
        let flags = try reader.flags(allowed: Self.forkFlag | Self.sessionFlag, "timeline flags")
        let incarnation = try reader.u32()
        self.init(
            forkTick: flags & Self.forkFlag != 0 ? try reader.u64() : nil, incarnation: incarnation,
            nextSequence: flags & Self.sessionFlag != 0 ? try reader.u64() : nil)
    }
}

extension WorldEntry {
    /// Fewest bytes: an empty name and the fixed fields.
    private static let minBytes = 2 + 2 + 1 + 8 + 1 + 4

    fileprivate static func list(decoding reader: inout ByteReader) throws(DecodeError) -> [WorldEntry] {
        let start = reader.offset
        let count = try reader.count16(ofAtLeast: minBytes)
        guard count <= WireLimits.worldCount else { throw DecodeError(.overLimit(length: count, limit: WireLimits.worldCount), at: start) }
        var worlds: [WorldEntry] = []
        for _ in 0..<count { worlds.append(try WorldEntry(decoding: &reader)) }
        return worlds
    }

    private init(decoding reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        name = try reader.shortText(limit: WireLimits.nameBytes)
        guard isValidName(name) else { throw DecodeError(.inconsistent("a world's name against the grammar"), at: start) }
        version = try reader.u16()
        state = try reader.known(State.self, "world state")
        schemaHash = try reader.u64()
        pace = try reader.known(PaceKind.self, "pace")
        tickMicroseconds = try reader.u32()
    }
}
