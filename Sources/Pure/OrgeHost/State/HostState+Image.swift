package import OrgeImage
package import OrgeWorld

internal import OrgeSchema

/// The image of a host: the world's sections, then its own. The layout is in `docs/formats/image.md`.
extension HostState {
    /// Writes everything after the last tick, section by section.
    package func writeImage<Sink: ImageSink & ~Copyable>(_ header: ImageHeader, to sink: consuming Sink) throws(Sink.Failure) -> Sink {
        var writer = try ImageWriter(header, schema: engine.schema, to: sink)
        try engine.writeSections(to: &writer)
        let hash = try write(HostSection.allCases, to: &writer)
        return try writer.finish(worldHash: stateHash, hostHash: hash)
    }

    /// A hash of the sessions and of what is kept for edges: two hosts that agree in it go on alike. It encodes all of it.
    package var hostHash: UInt64 {
        var writer = ImageWriter(ImageHeader(tick: tick), schema: engine.schema, to: DiscardingSink())
        return write(HostSection.allCases, to: &writer)
    }

    /// - Returns: the hash of the host's fold.
    func write<Sink: ImageSink & ~Copyable>(_ sections: [HostSection], to writer: inout ImageWriter<Sink>) throws(Sink.Failure) -> UInt64 {
        var sum = engine.presenceHash
        for section in sections {
            try writer.section(section.description)
            let hash = section.hash(try writeRecords(of: section, to: &writer))
            try writer.endSection(hash: hash)
            if section.isFolded { sum &+= hash }
        }
        return mix64(sum)
    }

    private func writeRecords<Sink: ImageSink & ~Copyable>(
        of section: HostSection, to writer: inout ImageWriter<Sink>
    ) throws(Sink.Failure) -> RecordsHash {
        var hash = RecordsHash()
        switch section {
        case .host:
            let record = HostRecord(chain: chain, worldChain: worldChain, utcMilliseconds: utcMilliseconds, nextSession: table.nextNumber)
            try hash.record(to: &writer) { record.encode(to: &$0) }
        case .openings: for opening in openings { try hash.record(to: &writer) { opening.encode(to: &$0) } }
        case .sessions: for session in table.sessions.values { try hash.record(to: &writer) { session.encode(to: &$0) } }
        case .edges:
            for (number, edge) in table.edges {
                try hash.record(to: &writer) { EdgeSectionRecord.edge(number, edge).encode(to: &$0) }
                for entry in edge.kept.entries { try hash.record(to: &writer) { EdgeSectionRecord.answer(entry).encode(to: &$0) } }
            }
        case .events:
            for tick in events {
                try hash.record(to: &writer) { EventSectionRecord.tick(tick.tick).encode(to: &$0) }
                for event in tick.events {
                    let record = EventSectionRecord.event(event.kind, event.audience, Array(tick.bytes[event.payload]))
                    try hash.record(to: &writer) { record.encode(to: &$0) }
                }
            }
        }
        return hash
    }

    /// Restores a host from an image.
    /// - Throws: what ``ImageReader/restore(_:)`` throws, `otherSchema` and `otherHash`.
    package static func restore<W: World>(_ world: W.Type, from source: any ChunkSource) throws(ImageError) -> HostState {
        var reader = try ImageReader(source)
        let schema = WorldEngine.schema(of: world)
        guard reader.schema.hash == schema.hash else {
            throw ImageError(
                .otherSchema, "the image is of another version of \(schema.name)'s schema; start the executable that wrote it, or use another --data")
        }
        let (engine, host) = (WorldDecoder(world), HostDecoder())
        let trailer = try reader.restore([engine, host])
        return try host.finish(trailer, engine.finish(trailer))
    }
}
