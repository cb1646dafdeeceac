package import OrgeSchema

extension ServerFrame {
    package static var byteLimit: Int { WireLimits.serverFrameBytes }

    package func encodeBody(to writer: inout ByteWriter) {
        switch self {
        case .welcome(let welcome): welcome.encode(to: &writer)
        case .worlds(let worlds):
            precondition(worlds.count <= WireLimits.worldCount, "more worlds than a list takes")
            writer.u16(UInt16(worlds.count))
            for world in worlds { world.encode(to: &writer) }
        case .schema(let hash, let document):
            writer.u64(hash)
            writer.bytes(document)
        case .joined(let joined): joined.encode(to: &writer)
        case .joinRefused(let refusal):
            writer.u8(refusal.code.rawValue)
            writer.u8(refusal.refusal)
            writer.u32(refusal.retryAfterMilliseconds)
            writer.shortText(refusal.text.cut(toBytes: WireLimits.reasonBytes))
            refusal.extensions.encode(to: &writer)
        case .update(let update): update.encode(to: &writer)
        case .outcome(let sequence, let tick, let outcome), .recalled(let sequence, let tick, let outcome):
            writer.u64(sequence)
            writer.u64(tick)
            writer.bytes(outcome)
        case .event(let tick, let kind, let payload):
            writer.u64(tick)
            writer.u16(kind)
            writer.bytes(payload)
        case .credit(let credit): credit.encode(to: &writer)
        case .pong(let pong): pong.encode(to: &writer)
        case .auditAnswer(let answer): answer.encode(to: &writer)
        case .notice(let notice): notice.encode(to: &writer)
        case .close(let close):
            writer.u16(close.code)
            writer.u32(close.retryAfterMilliseconds)
            writer.shortText(close.text.cut(toBytes: WireLimits.reasonBytes))
        case .skipped: break
        }
    }
}

extension Credit {
    fileprivate func encode(to writer: inout ByteWriter) {
        writer.u64(throughSequence)
        writer.u64(throughByte)
    }
}

extension ServerFrame.Welcome {
    static let developmentFlag: UInt8 = 1

    fileprivate func encode(to writer: inout ByteWriter) {
        writer.u16(version)
        writer.u8(isDevelopment ? Self.developmentFlag : 0)
        writer.u32(clientFrameBytes)
        writer.u32(serverFrameBytes)
        writer.u32(idleMilliseconds)
        writer.shortText(software.cut(toBytes: WireLimits.softwareBytes))
        extensions.encode(to: &writer)
    }
}

extension ServerFrame.Joined {
    fileprivate func encode(to writer: inout ByteWriter) {
        writer.u64(session)
        writer.entity(avatar)
        writer.u32(incarnation)
        writer.u64(tick)
        writer.u32(tickMicroseconds)
        writer.u64(firstSequence)
        credit.encode(to: &writer)
        writer.u8(role.rawValue)
        writer.entity(idBase)
        extensions.encode(to: &writer)
    }
}

extension ServerFrame.Pong {
    fileprivate func encode(to writer: inout ByteWriter) {
        writer.u64(clientTime)
        writer.u64(serverMicroseconds)
        writer.u64(tick)
        writer.u32(microsecondsIntoTick)
    }
}

extension ServerFrame.Notice {
    enum Kind: UInt8, CaseIterable {
        case hostAway = 1
        case hostBack
        case dilated
        case stopping
        case viewed
        case timelineChanged
    }

    fileprivate func encode(to writer: inout ByteWriter) {
        switch self {
        case .hostAway: writer.u8(Kind.hostAway.rawValue)
        case .hostBack(let incarnation, let tick):
            writer.u8(Kind.hostBack.rawValue)
            writer.u32(incarnation)
            writer.u64(tick)
        case .dilated(let permille):
            writer.u8(Kind.dilated.rawValue)
            writer.u16(permille)
        case .stopping(let milliseconds, let text):
            writer.u8(Kind.stopping.rawValue)
            writer.u32(milliseconds)
            writer.shortText(text.cut(toBytes: WireLimits.reasonBytes))
        case .viewed(let ticksDue):
            writer.u8(Kind.viewed.rawValue)
            writer.u64(ticksDue)
        case .timelineChanged(let change):
            writer.u8(Kind.timelineChanged.rawValue)
            change.encode(to: &writer)
        }
    }
}

extension ServerFrame.TimelineChange {
    fileprivate func encode(to writer: inout ByteWriter) {
        writer.u8((forkTick != nil ? Self.forkFlag : 0) | (nextSequence != nil ? Self.sessionFlag : 0))
        writer.u32(incarnation)
        if let forkTick { writer.u64(forkTick) }
        if let nextSequence { writer.u64(nextSequence) }
    }
}

extension WorldEntry {
    fileprivate func encode(to writer: inout ByteWriter) {
        precondition(isValidName(name), "a world's name keeps to the grammar of names")
        writer.shortText(name)
        writer.u16(version)
        writer.u8(state.rawValue)
        writer.u64(schemaHash)
        writer.u8(pace.rawValue)
        writer.u32(tickMicroseconds)
    }
}
