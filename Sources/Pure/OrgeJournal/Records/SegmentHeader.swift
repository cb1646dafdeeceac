internal import OrgeSchema

/// The first 512 bytes of a segment: what it continues, and how much of it was durable before it got its name.
struct SegmentHeader: Equatable, Sendable {
    static let magic: [UInt8] = Array("ORGESEGM".utf8)
    static let format: UInt16 = 3
    /// One sector.
    static let byteCount = 512

    /// From 1 on, without gaps; also the file's name.
    var number: UInt64
    /// Of the genesis: segments of another world are refused.
    var lineage: UInt64
    /// In force at the segment's first record; 0 when no host opened the journal before.
    var incarnation: UInt64
    /// The code of that incarnation; empty with incarnation 0.
    var codeID: String
    /// Of the schema that this code has.
    var schemaHash: UInt64
    /// The last tick before the segment's first record; 0 for none.
    var previousTick: UInt64
    /// Where the segment before ends. What lies after that is dead: torn, or repeated in this segment.
    var previousEnd: Int
    /// Header and records up to here were durable before the segment got its name.
    var foundationEnd: Int
    /// Bytes of the file.
    var size: Int

    /// In force at the segment's first record.
    var position: LogPosition { LogPosition(incarnation: incarnation, codeID: codeID, schemaHash: schemaHash, tick: previousTick) }

    func encoded(_ genesis: Genesis) -> [UInt8] {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.bytes(Self.magic)
        writer.u16(Self.format)
        writer.u16(0)
        writer.u32(0)
        for value in [number, lineage, incarnation, previousTick] { writer.u64(value) }
        writer.u32(UInt32(previousEnd))
        writer.u32(UInt32(foundationEnd))
        writer.u64(UInt64(size))
        writer.u64(schemaHash)
        writer.shortText(codeID)
        writer.bytes(repeatElement(0, count: Self.byteCount - writer.count))
        writer.patchU32(at: 12, CRC32C.checksum(writer.bytes, in: 0..<Self.byteCount, from: genesis.key(segment: number).register(at: 0)))
        return writer.take()
    }

    /// - Parameter bytes: at least the first 512 of the file.
    /// - Throws: `corrupt`, `newerFormat`, `otherWorld`.
    init(_ bytes: [UInt8], named name: UInt64, of genesis: Genesis) throws(JournalError) {
        let path = JournalNames.segment(name)
        do throws(DecodeError) {
            self = try Self.decode(Array(bytes.prefix(Self.byteCount)), register: genesis.key(segment: name).register(at: 0), lineage: genesis.lineage)
        } catch {
            throw JournalFormat.error(error, in: path)
        }
        guard lineage == genesis.lineage else {
            throw JournalError(.otherWorld, "this segment belongs to another world; take it out of the folder", path: path)
        }
        guard number == name else {
            throw JournalError(.corrupt, "the segment in this file is number \(number)", path: path)
        }
    }

    /// The lineage is looked at before the checksum, whose register another world's seed would have changed: a foreign file is not called damaged.
    private static func decode(_ bytes: [UInt8], register: UInt32, lineage: UInt64) throws(DecodeError) -> SegmentHeader {
        var reader = ByteReader(bytes)
        guard try reader.bytes(8).elementsEqual(magic) else { throw DecodeError(.inconsistent("not a segment"), at: 0) }
        let format = try reader.u16()
        guard format == Self.format else { throw JournalFormat.unknown(format, at: 8) }
        try reader.skip(2)
        let checksum = try reader.u32()
        let header = try SegmentHeader(&reader)
        guard header.lineage == lineage else { return header }
        guard bytes.count == byteCount, checksum == CRC32C.checksum(bytes, skipping: 12, from: register) else {
            throw DecodeError(.inconsistent("wrong checksum of the segment's header"), at: 12)
        }
        return header
    }

    private init(_ reader: inout ByteReader) throws(DecodeError) {
        number = try reader.u64()
        lineage = try reader.u64()
        incarnation = try reader.u64()
        previousTick = try reader.u64()
        previousEnd = Int(try reader.u32())
        foundationEnd = Int(try reader.u32())
        size = Int(truncatingIfNeeded: try reader.u64())
        schemaHash = try reader.u64()
        codeID = try reader.shortText(limit: JournalLimits.codeIDBytes)
    }

    init(
        number: UInt64, lineage: UInt64, incarnation: UInt64, codeID: String, schemaHash: UInt64, previousTick: UInt64, previousEnd: Int, foundationEnd: Int,
        size: Int
    ) {
        self.number = number
        self.lineage = lineage
        self.incarnation = incarnation
        self.codeID = codeID
        self.schemaHash = schemaHash
        self.previousTick = previousTick
        self.previousEnd = previousEnd
        self.foundationEnd = foundationEnd
        self.size = size
    }
}
