package import OrgeImage
package import OrgeWorld

package import OrgeSchema

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

    /// Restores a host from an image.
    /// - Throws: what ``ImageReader/restore(_:)`` throws, `otherSchema` and `otherHash`.
    /// - Parameter flight: the recorder that the engine writes; nil for one of its own.
    package static func restore<W: World>(_ world: W.Type, from source: any ChunkSource, flight: FlightSlot? = nil) throws(ImageError) -> HostState {
        var reader = try ImageReader(source)
        let schema = WorldEngine.schema(of: world)
        guard reader.schema.hash == schema.hash else {
            throw ImageError(
                .otherSchema, "the image is of another version of \(schema.name)'s schema; start the executable that wrote it, or use another --data")
        }
        let (engine, host) = (WorldDecoder(world, flight: flight), HostDecoder())
        let trailer = try reader.restore([engine, host])
        return try host.finish(trailer, engine.finish(trailer, reader.header))
    }
}
