internal import OrgeSchema

/// The first 128 bytes of an image. The layout is in `docs/formats/image.md`.
struct ImageHeader: Equatable, Sendable {
    static let magic: [UInt8] = Array("ORGEIMAG".utf8)
    static let format: UInt16 = 1
    static let byteCount = 128

    var lineage: UInt64
    var tick: UInt64
    var incarnation: UInt64
    var bodyBytes: Int
    var bodyChecksum: UInt32
    var codeID: String

    init(_ image: JournalImage, of genesis: Genesis) {
        lineage = genesis.lineage
        tick = image.tick
        incarnation = image.incarnation
        bodyBytes = image.body.count
        bodyChecksum = CRC32C.checksum(image.body)
        codeID = image.codeID
    }

    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.bytes(Self.magic)
        writer.u16(Self.format)
        writer.u16(0)
        writer.u32(0)
        for value in [lineage, tick, incarnation, UInt64(bodyBytes)] { writer.u64(value) }
        writer.u32(bodyChecksum)
        writer.u32(0)
        writer.shortText(codeID)
        writer.bytes(repeatElement(0, count: Self.byteCount - writer.count))
        writer.patchU32(at: 12, CRC32C.checksum(writer.bytes))
        return writer.take()
    }

    /// - Throws: an error of any code when these bytes are no image's header that this code can read.
    init(_ bytes: [UInt8]) throws(DecodeError) {
        var reader = ByteReader(bytes)
        guard try reader.bytes(8).elementsEqual(Self.magic) else { throw DecodeError(.inconsistent("not an image"), at: 0) }
        let format = try reader.u16()
        guard format == Self.format else { throw JournalFormat.unknown(format, at: 8) }
        try reader.skip(2)
        let checksum = try reader.u32()
        guard bytes.count == Self.byteCount, checksum == CRC32C.checksum(bytes, skipping: 12) else {
            throw DecodeError(.inconsistent("wrong checksum of the image's header"), at: 12)
        }
        lineage = try reader.u64()
        tick = try reader.u64()
        incarnation = try reader.u64()
        let bodyBytes = try reader.u64()
        guard bodyBytes <= JournalLimits.imageBodyBytes else {
            throw DecodeError(.overLimit(length: Int(clamping: bodyBytes), limit: JournalLimits.imageBodyBytes), at: 40)
        }
        self.bodyBytes = Int(bodyBytes)
        bodyChecksum = try reader.u32()
        try reader.skip(4)
        codeID = try reader.shortText(limit: JournalLimits.codeIDBytes)
    }
}
