package import OrgeImage
package import OrgeJournal
package import OrgeSchema
package import OrgeWorld

/// The image of a host: the world's sections, then its own. The layout is in `docs/formats/image.md`.
extension HostState {
    /// Freezes everything, so that a ``HostImageReading`` finds it as it is now while ticks run. Ends with ``endImage()``.
    /// - Parameter poolBytes: what copies of changed pages may take; nil for as much as the state.
    /// - Precondition: no other image is being read; called between ticks.
    package func beginImage(poolBytes: Int?) -> FrozenHost { FrozenHost(world: engine.beginImage(poolBytes: poolBytes), records: records) }

    /// Ends the image.
    /// - Precondition: its reading has stopped, at the end or before.
    package func endImage() { engine.endImage() }

    /// Writes everything after the last tick at once.
    package func writeImage<Sink: ImageSink & ~Copyable>(_ header: ImageHeader, to sink: consuming Sink) throws(Sink.Failure) -> Sink {
        defer { endImage() }
        var reading = try HostImageReading(beginImage(poolBytes: nil), header, to: sink)
        while try reading.step() != .end {}
        return try reading.finish()
    }

    /// A hash of the sessions and of what is kept for edges: two hosts that agree in it go on alike.
    /// - Complexity: O(1) in sessions, edges and worlds; kept events are encoded for it.
    package var hostHash: UInt64 { records.hash(over: HostSection.allCases) }

    /// What the sections hold now.
    var records: HostImageRecords {
        HostImageRecords(
            presenceHash: engine.presenceHash, chain: chain, worldChain: worldChain, utcMilliseconds: utcMilliseconds, table: table, events: events,
            openings: openings, faults: faults)
    }

    /// Restores a host from an image of the code's own schema.
    /// - Throws: what ``ImageReader/restore(_:)`` throws, `otherSchema` and `otherHash`.
    package static func restore<W: World>(_ world: W.Type, from source: any ChunkSource) throws(ImageError) -> HostState {
        let restored = try migrate(world, from: source)
        guard restored.migrated == nil else { throw ImageError(.otherSchema, "the image is of another schema of \(W.name)") }
        return restored.takeState()
    }

    /// Restores a host from an image, which may be of an earlier schema: then its rows are migrated.
    /// - Throws: what ``ImageReader/restore(_:)`` throws, `otherSchema` where the code's migrations have a gap, `notMigrated`, and `otherHash`.
    /// - Parameters:
    ///   - flight: the recorder that the engine writes; nil for one of its own.
    ///   - onChunk: it gets on: large worlds take seconds.
    package static func migrate<W: World>(
        _ world: W.Type, from source: any ChunkSource, flight: FlightSlot? = nil, onChunk: () -> Void = {}
    ) throws(ImageError) -> RestoredHost {
        var reader = try ImageReader(source)
        let migration = reader.schema.hash == WorldEngine.schema(of: world).hash ? nil : WorldEngine.migration(of: world, from: reader.schema)
        if let gap = migration?.summary.gaps.first { throw ImageError(.otherSchema, "the image is of an earlier schema: \(gap)") }
        let (engine, host) = (WorldDecoder(world, migration: migration, flight: flight), HostDecoder(migration))
        let trailer = try reader.restore([engine, host], onChunk: onChunk)
        let state = try host.finish(trailer, engine.finish(trailer, reader.header))
        return RestoredHost(migrated: migration.map { _ in MigratedState(before: trailer.worldHash, after: state.stateHash) }, state: state)
    }
}

/// A host as an image has it.
package struct RestoredHost: ~Copyable {
    /// The image is of an earlier schema than the code.
    package let migrated: MigratedState?
    package var state: HostState

    package init(migrated: MigratedState?, state: consuming HostState) {
        self.migrated = migrated
        self.state = state
    }

    /// Gives the host away, and with it the rest up.
    package consuming func takeState() -> HostState { state }
}
