import OrgeLink
package import OrgeSchema
package import OrgeWorld

/// The body of an image: format `u16` · code id `u64` · chain `u64` · UTC ms `u64` · the world behind a `u32` · sessions, edges, kept events
/// behind a `u32` · `u64` hash of those · openings: `u32` count, then incarnation `u32` and tick `u64` each.
extension HostState {
    private static var imageFormat: UInt16 { 2 }
    /// Bytes; as much as a length can say.
    private static var partLimit: Int { Int(UInt32.max) }

    /// Everything after the last tick.
    package func image(codeID: UInt64) -> [UInt8] {
        let world = engine.image()
        var writer = ByteWriter(capacity: world.count + 4096)
        writer.u16(Self.imageFormat)
        writer.u64(codeID)
        writer.u64(chain)
        writer.u64(utcMilliseconds)
        writer.blob(world)
        let sessions = sessionPart()
        writer.blob(sessions)
        writer.u64(hash64(sessions))
        writer.u32(UInt32(openings.count))
        for opening in openings {
            writer.u32(opening.incarnation)
            writer.u64(opening.tick)
        }
        return writer.take()
    }

    /// A hash of the sessions and of what is kept for edges: two hosts that agree in it go on alike.
    package var sessionHash: UInt64 { hash64(sessionPart()) }

    private func sessionPart() -> [UInt8] {
        var writer = ByteWriter(capacity: 4096)
        table.encode(to: &writer)
        writer.u32(UInt32(events.count))
        for tick in events {
            writer.u64(tick.tick)
            writer.u32(UInt32(tick.events.count))
            for event in tick.events {
                writer.u16(event.kind)
                event.audience.encode(to: &writer)
                writer.blob(tick.bytes[event.payload])
            }
        }
        return writer.take()
    }

    /// - Parameter restore: makes the world out of its part.
    package init(image: [UInt8], restore: ([UInt8]) throws(DecodeError) -> WorldEngine) throws(DecodeError) {
        var reader = ByteReader(image)
        let format = try reader.u16()
        guard format == Self.imageFormat else { throw DecodeError(.unknown(what: "host image format", value: UInt64(format)), at: 0) }
        try reader.skip(8)
        let chain = try reader.u64()
        let utc = try reader.u64()
        let engine = try restore(try reader.blob(limit: Self.partLimit))
        let start = reader.offset
        let sessions = try reader.blob(limit: Self.partLimit)
        guard try reader.u64() == hash64(sessions) else { throw DecodeError(.inconsistent("the sessions do not lead to their hash"), at: start) }
        let openings = try HostOpening.list(inImage: &reader)
        try reader.expectEnd()
        var part = ByteReader(sessions)
        let table = try SessionTable(reading: &part)
        var events: [KeptEvents] = []
        for _ in 0..<(try part.count32(ofAtLeast: 12)) { events.append(try KeptEvents(inImage: &part)) }
        try part.expectEnd()
        self.init(engine: engine, table: table, chain: chain, utcMilliseconds: utc, events: events)
        self.openings = openings
    }

    /// Notes the start of a host. Only the last ones are kept.
    package mutating func opened(_ incarnation: UInt32) {
        guard incarnation > openings.last?.incarnation ?? 0 else { return }
        openings.append(HostOpening(incarnation: incarnation, tick: tick))
        if openings.count > HostLimits.openingsKept { openings.removeFirst() }
    }
}

extension HostOpening {
    fileprivate static func list(inImage reader: inout ByteReader) throws(DecodeError) -> [HostOpening] {
        var openings: [HostOpening] = []
        for _ in 0..<(try reader.count32(ofAtLeast: 12)) {
            let opening = HostOpening(incarnation: try reader.u32(), tick: try reader.u64())
            guard opening.incarnation > openings.last?.incarnation ?? 0, opening.tick >= openings.last?.tick ?? 0 else {
                throw DecodeError(.inconsistent("openings out of order"), at: reader.offset - 12)
            }
            openings.append(opening)
        }
        return openings
    }
}

extension KeptEvents {
    fileprivate init(inImage reader: inout ByteReader) throws(DecodeError) {
        self.init(tick: try reader.u64(), events: [], bytes: [])
        for _ in 0..<(try reader.count32(ofAtLeast: 7)) {
            let kind = try reader.u16()
            let audience = try EventAudience(reading: &reader)
            let payload = try reader.blob(limit: LinkLimits.pieceBytes)
            events.append(Event(kind: kind, audience: audience, payload: bytes.count..<bytes.count + payload.count))
            bytes += payload
        }
    }
}
