package import OrgeImage
internal import OrgeSchema

/// Images of a world, written section by section. The layout is in `docs/formats/image.md`.
extension WorldEngine {
    /// An image of the world without a host.
    package func image() -> MemoryImage {
        var writer = ImageWriter(ImageHeader(tick: tick), schema: schema, to: MemoryImage())
        writeSections(to: &writer)
        return writer.finish(worldHash: stateHash, hostHash: presenceHash)
    }

    /// Writes all sections of the engine.
    package func writeSections<Sink: ImageSink & ~Copyable>(to writer: inout ImageWriter<Sink>) throws(Sink.Failure) {
        try write(sections, to: &writer)
    }

    func write<Sink: ImageSink & ~Copyable>(
        _ sections: ContiguousArray<SectionEntry>, to writer: inout ImageWriter<Sink>
    ) throws(Sink.Failure) {
        for entry in sections {
            try writer.section(entry.description)
            try writeRecords(of: entry.section, to: &writer)
            try writer.endSection(hash: hash(entry))
        }
    }

    private func writeRecords<Sink: ImageSink & ~Copyable>(of section: StateSection, to writer: inout ImageWriter<Sink>) throws(Sink.Failure) {
        switch section {
        case .world:
            let record = WorldRecord(number: worldNumber, seed: seed, tick: tick)
            try writer.record { record.encode(to: &$0) }
        case .entities: try core.state.entities.write(to: &writer)
        case .accounts:
            for index in 0..<core.state.accountCount {
                let record = core.state.account(at: index)
                try writer.record { record.encode(to: &$0) }
            }
        case .rows(let id):
            for page in 0..<core.state.pageCount(id) where core.state.hasRows(id, page: page) {
                try writer.record { core.state.encodePage(id, page, to: &$0) }
            }
        case .presences:
            for (session, presence) in presences {
                let record = PresenceRecord(session: session, account: AccountRecord(name: presence.account, avatar: presence.avatar))
                try writer.record { record.encode(to: &$0) }
            }
        }
    }

    /// Restores a world from an image without a host.
    /// - Throws: what ``ImageReader/restore(_:)`` throws, and `otherHash`.
    package static func restore<W: World>(_ world: W.Type, from source: any ChunkSource) throws(ImageError) -> WorldEngine {
        var reader = try ImageReader(source)
        let decoder = WorldDecoder(world)
        let trailer = try reader.restore([decoder])
        return try decoder.finish(trailer)
    }
}
