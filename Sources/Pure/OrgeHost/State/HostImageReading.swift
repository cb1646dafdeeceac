package import OrgeImage
internal import OrgeSchema
package import OrgeWorld

/// A host's state as it was after a tick, for the thread that writes its image while later ticks run.
package struct FrozenHost: Sendable, Equatable {
    package let world: FrozenWorld
    let records: HostImageRecords

    /// Whether both are of one tick of one history.
    package static func == (one: FrozenHost, other: FrozenHost) -> Bool {
        one.world.tick == other.world.tick && one.world.worldHash == other.world.worldHash && one.records.chain == other.records.chain
    }
}

/// What a host keeps beside its world, by value: tables in chunks, of which a later tick copies those that it changes.
struct HostImageRecords: Sendable {
    let presenceHash: UInt64
    let chain: UInt64
    let worldChain: UInt64
    let utcMilliseconds: UInt64
    let table: SessionTable
    let events: [KeptEvents]
    let openings: [HostOpening]

    /// - Returns: the hash of the host's fold.
    func write<Sink: ImageSink & ~Copyable>(_ sections: [HostSection], to writer: inout ImageWriter<Sink>) throws(Sink.Failure) -> UInt64 {
        var sum = presenceHash
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
        case .worlds: for (world, inbox) in table.worlds { try hash.record(to: &writer) { WorldInboxRecord(world, inbox).encode(to: &$0) } }
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
}

/// Reads a ``FrozenHost`` page by page and writes its image. One thread uses it; the host's own thread may run ticks meanwhile.
package struct HostImageReading<Sink: ImageSink & ~Copyable>: ~Copyable {
    private var writer: ImageWriter<Sink>
    private var world: WorldImageReading
    private let host: FrozenHost
    /// Of the host's fold; nil before its sections are written.
    private var hostHash: UInt64?

    package init(_ host: FrozenHost, _ header: ImageHeader, to sink: consuming Sink) throws(Sink.Failure) {
        writer = try ImageWriter(header, schema: host.world.schema, to: sink)
        world = WorldImageReading(host.world)
        self.host = host
    }

    /// Writes at most one page of the world, or all that the host keeps.
    package mutating func step() throws(Sink.Failure) -> ImageStep {
        if hostHash != nil { return .end }
        let step = try world.step(&writer)
        guard step == .end else { return step }
        hostHash = try host.records.write(HostSection.allCases, to: &writer)
        return .more
    }

    /// Writes the trailer.
    /// - Precondition: ``step()`` has returned `end`.
    package consuming func finish() throws(Sink.Failure) -> Sink {
        guard let hostHash else { preconditionFailure("an image ends before it is read") }
        return try writer.finish(worldHash: host.world.worldHash, hostHash: hostHash)
    }
}
