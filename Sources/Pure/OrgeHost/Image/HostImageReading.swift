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

/// Reads a ``FrozenHost`` step by step and writes its image. One thread uses it; the host's own thread may run ticks meanwhile.
package struct HostImageReading<Sink: ImageSink & ~Copyable>: ~Copyable {
    private var writer: ImageWriter<Sink>
    private var world: WorldImageReading
    private var host: HostRecordsReading
    private let worldHash: UInt64
    private var isRead = false

    package init(_ host: FrozenHost, _ header: ImageHeader, to sink: consuming Sink) throws(Sink.Failure) {
        writer = try ImageWriter(header, schema: host.world.schema, to: sink)
        world = WorldImageReading(host.world)
        worldHash = host.world.worldHash
        self.host = HostRecordsReading(host.records, HostSection.allCases)
    }

    /// Writes at most one page of the world, or one step of what the host keeps.
    package mutating func step() throws(Sink.Failure) -> ImageStep {
        if isRead { return .end }
        let step = try world.step(&writer)
        guard step == .end else { return step }
        isRead = try !host.step(&writer)
        return .more
    }

    /// Writes the trailer.
    /// - Precondition: ``step()`` has returned `end`.
    package consuming func finish() throws(Sink.Failure) -> Sink {
        precondition(isRead, "an image ends before it is read")
        return try writer.finish(worldHash: worldHash, hostHash: host.hash)
    }
}

/// Writes the sections of a host to an image, record by record.
struct HostRecordsReading {
    /// Bytes of records after which a step ends: some tens of microseconds. One record may be as large as an outcome.
    static let stepBytes = 16 << 10

    private let records: HostImageRecords
    private let sections: [HostSection]
    private var groups: HostGroups
    private var section = 0
    private var isBegun = false
    private var group: RecordGroup?
    private var scratch = ByteWriter()
    /// Of the section's records so far, and of the sections before it: folded here, beside the world, and never in a tick.
    private var content = RecordsHash()
    private var sum: UInt64

    init(_ records: HostImageRecords, _ sections: [HostSection]) {
        self.records = records
        self.sections = sections
        groups = HostGroups(records)
        sum = records.presenceHash
    }

    /// The hash of the host's fold.
    /// - Precondition: all sections have ended.
    var hash: UInt64 {
        precondition(section == sections.count, "the hash of sections that were not read")
        return mix64(sum)
    }

    /// Writes some records of one section, or its end.
    /// - Returns: false when all sections have ended.
    mutating func step<Sink: ImageSink & ~Copyable>(_ writer: inout ImageWriter<Sink>) throws(Sink.Failure) -> Bool {
        guard section < sections.count else { return false }
        let current = sections[section]
        if !isBegun { try writer.section(current.description) }
        isBegun = true
        var written = 0
        while written < Self.stepBytes {
            if group?.isEnded ?? true { group = groups.next(in: current) }
            guard group != nil else {
                try writer.endSection(hash: current.hash(content.value))
                if current.isFolded { sum &+= current.hash(content.value) }
                content = RecordsHash()
                section += 1
                isBegun = false
                break
            }
            scratch.removeAll()
            group?.encodeNext(to: &scratch)
            let bytes = scratch.bytes
            content.add(bytes, 0..<bytes.count)
            try writer.record { $0.bytes(bytes) }
            written += bytes.count
        }
        return section < sections.count
    }
}
