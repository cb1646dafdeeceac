import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost
@testable import OrgeImage

/// An image taken apart into records, so that mutants can be put together whose checksums, and if wanted hashes, are right.
struct TornImage {
    struct Section {
        var head: ImageSection
        var records: [[UInt8]]
        var hash: UInt64
    }

    /// The bytes after the header: the frame around it is made by ``TornImage/assemble(_:_:)``.
    struct Chunk {
        var kind: UInt8
        var body: [UInt8]
    }

    var header: ImageHeader
    let schema: WorldSchema
    var sections: [Section] = []
    var trailer = ImageTrailer(sections: 0, worldHash: 0, hostHash: 0)

    init<W: World>(_ bytes: [UInt8], of world: W.Type) throws {
        var reader = try ImageReader(MemorySource(bytes))
        (header, schema) = (reader.header, reader.schema)
        let decoders: [any SectionDecoder] = [WorldDecoder(world), HostDecoder()]
        var decoder = decoders[0]
        while let item = try reader.next() {
            switch item {
            case .section(let head):
                guard let known = try Self.decoder(of: head, decoders) else { preconditionFailure("an unknown section") }
                decoder = known
                sections.append(Section(head: head, records: [], hash: 0))
            case .records(let bytes): sections[sections.count - 1].records += try Self.cut(bytes, decoder)
            case .sectionEnd:
                sections[sections.count - 1].hash = try #require(try decoder.end(), "nothing is migrated")
            case .trailer(let trailer): self.trailer = trailer
            }
        }
    }

    private static func decoder(of head: ImageSection, _ decoders: [any SectionDecoder]) throws -> (any SectionDecoder)? {
        for decoder in decoders where try decoder.begin(head) { return decoder }
        return nil
    }

    private static func cut(_ bytes: [UInt8], _ decoder: any SectionDecoder) throws -> [[UInt8]] {
        var reader = ByteReader(bytes)
        var records: [[UInt8]] = []
        while !reader.isAtEnd {
            let start = reader.offset
            try decoder.decode(&reader)
            records.append(Array(bytes[start..<reader.offset]))
        }
        return records
    }

    /// States the hashes that the contents lead to, from the first section to the first that cannot be decoded: then only a reader's own checks
    /// are left to find the fault.
    mutating func rehash<W: World>(as world: W.Type) {
        let decoders: [any SectionDecoder] = [WorldDecoder(world), HostDecoder()]
        var sums: (world: UInt64, host: UInt64) = (0, 0)
        do {
            for index in sections.indices {
                let head = sections[index].head
                guard !sections[..<index].contains(where: { $0.head.name == head.name }), let decoder = try Self.decoder(of: head, decoders) else { return }
                _ = try Self.cut(Array(sections[index].records.joined()), decoder)
                guard let hash = try decoder.end() else { preconditionFailure("nothing is migrated") }
                sections[index].hash = hash
                switch HostSection.allCases.first(where: { $0.description.name == head.name }) {
                case let known?: if known.isFolded { sums.host &+= hash }
                case nil where head.name == "presences": sums.host &+= mix64(hash)
                case nil: sums.world &+= hash
                }
            }
        } catch {
            return
        }
        trailer = ImageTrailer(sections: sections.count, worldHash: mix64(sums.world), hostHash: mix64(sums.host))
    }

    /// A chunk of records for each section, however many they are.
    var chunks: [Chunk] {
        [Chunk(.schema) { $0.bytes(schema.encoded()) }]
            + sections.flatMap { section in
                [
                    Chunk(.section) { writer in
                        writer.shortText(section.head.name)
                        writer.u16(section.head.format)
                        section.head.layout.encode(to: &writer)
                    },
                    Chunk(.records) { $0.bytes(section.records.joined()) },
                    Chunk(.sectionEnd) { $0.u64(section.hash) },
                ]
            } + [
                Chunk(.trailer) { writer in
                    writer.u32(UInt32(trailer.sections))
                    writer.u64(trailer.worldHash)
                    writer.u64(trailer.hostHash)
                }
            ]
    }

    var bytes: [UInt8] { Self.assemble(header, chunks) }

    /// Puts right ordinals and checksums around the chunks.
    static func assemble(_ header: ImageHeader, _ chunks: [Chunk]) -> [UInt8] {
        let head = header.encoded()
        let seed = CRC32C.checksum(head)
        var writer = ByteWriter()
        writer.bytes(head)
        for (ordinal, chunk) in chunks.enumerated() {
            var frame = ByteWriter()
            frame.u32(UInt32(chunk.body.count))
            frame.u32(UInt32(chunk.kind) << 24)
            frame.u32(UInt32(ordinal))
            frame.u32(0)
            frame.bytes(chunk.body)
            frame.patchU32(at: 12, CRC32C.checksum(frame.bytes, skipping: 12, from: seed))
            writer.bytes(frame.bytes)
        }
        return writer.bytes
    }
}

extension TornImage.Chunk {
    fileprivate init(_ kind: ImageChunk.Kind, _ write: (inout ByteWriter) -> Void) {
        var writer = ByteWriter()
        write(&writer)
        self.init(kind: kind.rawValue, body: writer.bytes)
    }
}
