import OrgeSchema

@testable import OrgeImage

/// An image of random sections and records, and what a reader must yield of it.
struct SampleImage {
    var header: ImageHeader
    var schema: WorldSchema
    var sections: [(section: ImageSection, records: [[UInt8]], hash: UInt64)] = []

    init(seed: UInt64) {
        var random = RandomSource(seed: seed)
        header = ImageHeader(lineage: random.next(), tick: random.next(), incarnation: 3, codeID: "code-\(seed)")
        schema = WorldSchema(name: "sample", version: 3, tickMicroseconds: 50_000)
        let fields = [FieldSchema("amount", .scalar(.u32)), FieldSchema("label", .text(capacity: 8))]
        schema.components = [.init(id: 0, name: "purse", visibility: .server, fields: fields)]
        for index in 0..<random.within(1...5) {
            let section = index == 0 ? ImageSection.rows(of: "purse", format: 1, layout: RowLayout(fields)) : ImageSection("part-\(index)", format: 2)
            let records = (0..<random.within(0...40)).map { _ in
                (0..<random.within(1...(random.chance(1, outOf: 20) ? 200_000 : 600))).map { UInt8(truncatingIfNeeded: $0) ^ UInt8(index) }
            }
            sections.append((section, records, random.next()))
        }
    }

    func written() -> MemoryImage {
        var writer = ImageWriter(header, schema: schema, to: MemoryImage())
        for section in sections {
            writer.section(section.section)
            for record in section.records { writer.record { $0.bytes(record) } }
            writer.endSection(hash: section.hash)
        }
        return writer.finish(worldHash: 5, hostHash: 6)
    }

    /// Checks that a reader yields what was written.
    func matches(_ reader: inout ImageReader) throws -> Bool {
        var place = 0
        var bytes: [UInt8] = []
        while let item = try reader.next() {
            switch item {
            case .section(let section): if section != sections[place].section { return false }
            case .records(let records): bytes += records
            case .sectionEnd(let hash):
                if hash != sections[place].hash || bytes != Array(sections[place].records.joined()) { return false }
                bytes = []
                place += 1
            case .trailer(let trailer):
                if trailer != ImageTrailer(sections: sections.count, worldHash: 5, hostHash: 6) { return false }
            }
        }
        return place == sections.count && reader.header == header && reader.schema == schema
    }
}

/// Counts the records of sections whose names start with a letter of its own.
final class CountingDecoder: SectionDecoder {
    let names: [String]
    private(set) var seen: [String] = []
    var hash: UInt64
    /// Bytes of the sections so far.
    private(set) var bytes = 0

    init(names: [String], hash: UInt64) {
        self.names = names
        self.hash = hash
    }

    func begin(_ section: ImageSection) -> Bool {
        guard names.contains(section.name) else { return false }
        seen.append(section.name)
        return true
    }

    func decode(_ records: inout ByteReader) throws(DecodeError) {
        bytes += records.remaining
        try records.skip(records.remaining)
    }

    func end() -> UInt64? { hash }
    var missing: String? { names.first { !seen.contains($0) } }
}
