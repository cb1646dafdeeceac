package import OrgeImage
internal import OrgeSchema

/// Images of a world, written section by section. The layout is in `docs/formats/image.md`.
extension WorldEngine {
    /// Freezes the state, so that a ``WorldImageReading`` finds it as it is now while ticks run. Ends with ``endImage()``.
    /// - Parameter poolBytes: what copies of changed pages may take; nil for as much as the state.
    /// - Precondition: no other image is being read; called between ticks.
    /// - Complexity: O(components).
    package func beginImage(poolBytes: Int? = nil) -> FrozenWorld { freeze(sections, poolBytes: poolBytes) }

    /// Ends the image: its memory for copies may be used again.
    /// - Precondition: its reading has stopped, at the end or before.
    package func endImage() { core.state.endImage() }

    /// Whether the image that is being read can no longer be completed, because too many pages changed.
    package var isImageLost: Bool { core.state.isImageLost }

    /// Pages that were copied for the image that is being read, or for the last one.
    package var imageCopyCount: Int { core.state.imageCopyCount }

    func freeze(_ sections: ContiguousArray<SectionEntry>, poolBytes: Int?) -> FrozenWorld {
        FrozenWorld(
            tick: tick, worldHash: stateHash, presenceHash: presenceHash, schema: schema,
            sections: sections.map { FrozenSection(entry: $0, hash: hash($0)) }, record: WorldRecord(number: worldNumber, seed: seed, tick: tick),
            presences: presences, state: core.state.beginImage(poolBytes: poolBytes), engine: self)
    }

    /// An image of the world without a host, made at once.
    package func image() -> MemoryImage {
        var writer = ImageWriter(ImageHeader(tick: tick), schema: schema, to: MemoryImage())
        write(sections, to: &writer)
        return writer.finish(worldHash: stateHash, hostHash: presenceHash)
    }

    /// Writes all sections of the engine at once.
    package func writeSections<Sink: ImageSink & ~Copyable>(to writer: inout ImageWriter<Sink>) throws(Sink.Failure) {
        try write(sections, to: &writer)
    }

    /// Writes sections at once.
    func write<Sink: ImageSink & ~Copyable>(
        _ sections: ContiguousArray<SectionEntry>, to writer: inout ImageWriter<Sink>
    ) throws(Sink.Failure) {
        var reading = WorldImageReading(freeze(sections, poolBytes: nil))
        defer { endImage() }
        while try reading.step(&writer) != .end {}
    }

    /// Restores a world from an image without a host.
    /// - Throws: what ``ImageReader/restore(_:)`` throws, and `otherHash`.
    package static func restore<W: World>(_ world: W.Type, from source: any ChunkSource) throws(ImageError) -> WorldEngine {
        var reader = try ImageReader(source)
        let decoder = WorldDecoder(world)
        let trailer = try reader.restore([decoder])
        return try decoder.finish(trailer, reader.header)
    }
}
