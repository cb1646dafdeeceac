package import OrgeBase
internal import OrgeSchema

/// The body of an image: everything that the state hash covers, so that a restored world goes on as the one that never stopped.
///
/// `u16` format, `u64` schema hash, `u64` seed, `u64` tick, entities, `u32` accounts (text, entity), `u32` sessions (number, account, avatar),
/// rows by column, `u64` state hash. A schema hash of other code is refused here; migrating rows is succession's work.
extension WorldEngine {
    private static var imageFormat: UInt16 { 1 }

    package func image() -> [UInt8] {
        var writer = ByteWriter(capacity: 1 << 16)
        writer.u16(Self.imageFormat)
        writer.u64(schema.hash)
        writer.u64(seed)
        writer.u64(tick)
        core.state.entities.encode(to: &writer)
        writer.u32(UInt32(core.state.accountCount))
        core.state.forEachAccount { name, avatar in
            writer.shortText(name)
            writer.entity(avatar)
        }
        writer.u32(UInt32(sessions.count))
        for (number, session) in sessions {
            writer.u64(number)
            writer.shortText(session.account)
            writer.entity(session.avatar)
        }
        core.state.encodeRows(to: &writer)
        writer.u64(stateHash)
        return writer.take()
    }

    /// A world as an image says.
    /// - Throws: when the bytes are damaged, of another schema, or do not lead to the state hash that they end in.
    package static func restore<W: World>(_ world: W.Type, image: [UInt8]) throws(DecodeError) -> WorldEngine {
        var reader = ByteReader(image)
        let format = try reader.u16()
        guard format == imageFormat else { throw DecodeError(.unknown(what: "image format", value: UInt64(format)), at: 0) }
        let schemaHash = try reader.u64()
        let seed = try reader.u64()
        let tick = try reader.u64()
        let entities = try EntityTable(reading: &reader)
        let engine = WorldEngine(unstarted: world, number: entities.world, seed: seed)
        guard schemaHash == engine.schema.hash else {
            throw DecodeError(.inconsistent("the image is of another version of \(engine.schema.name)'s schema"), at: 2)
        }
        try engine.fill(entities, tick, &reader)
        return engine
    }

    private func fill(_ entities: EntityTable, _ tick: UInt64, _ reader: inout ByteReader) throws(DecodeError) {
        core.state.entities = entities
        core.state.tick = tick
        for _ in 0..<(try reader.count32(ofAtLeast: 10)) {
            let name = try reader.shortText(limit: Input.accountLimit)
            core.state.setAvatar(of: name, to: try reader.entity())
        }
        for _ in 0..<(try reader.count32(ofAtLeast: 18)) {
            let number = try reader.u64()
            setSession(number, Presence(account: try reader.shortText(limit: Input.accountLimit), avatar: try reader.entity()))
        }
        try core.state.decodeRows(&reader)
        _ = core.state.drainChanges()
        let start = reader.offset
        guard try reader.u64() == stateHash else { throw DecodeError(.inconsistent("the image does not lead to its state hash"), at: start) }
        try reader.expectEnd()
    }
}
