internal import OrgeBase

/// The first 128 bytes of an image. The layout is in `docs/formats/image.md`.
package struct ImageHeader: Equatable, Sendable {
    static let magic: [UInt8] = Array("ORGEIMAG".utf8)
    package static let format: UInt16 = 2
    package static let byteCount = 128
    private static let checksumOffset = 12

    /// Of the world's journal, or 0 for an image outside one.
    package var lineage: UInt64
    /// The last tick that the state includes.
    package var tick: UInt64
    /// Of the host that made it.
    package var incarnation: UInt64
    /// The code that made it: at most ``ImageLimits/codeIDBytes`` of UTF-8.
    package var codeID: String

    package init(lineage: UInt64 = 0, tick: UInt64, incarnation: UInt64 = 0, codeID: String = "") {
        self.lineage = lineage
        self.tick = tick
        self.incarnation = incarnation
        self.codeID = codeID
    }

    /// - Precondition: the code id is within its limit.
    package func encoded() -> [UInt8] {
        precondition(codeID.utf8.count <= ImageLimits.codeIDBytes, "a code id of more than \(ImageLimits.codeIDBytes) bytes")
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.bytes(Self.magic)
        writer.u16(Self.format)
        writer.u16(0)
        writer.u32(0)
        for value in [lineage, tick, incarnation] { writer.u64(value) }
        writer.shortText(codeID)
        writer.bytes(repeatElement(0, count: Self.byteCount - writer.count))
        writer.patchU32(at: Self.checksumOffset, CRC32C.checksum(writer.bytes))
        return writer.take()
    }

    package init(decoding bytes: [UInt8]) throws(ImageError) {
        let isImage = bytes.starts(with: Self.magic)
        guard isImage, bytes.count == Self.byteCount else {
            throw isImage ? ImageError(.truncated, "the header has 128 bytes", offset: bytes.count) : ImageError(.notAnImage, "not an image of a world")
        }
        do throws(DecodeError) {
            self = try Self(checked: bytes)
        } catch {
            if case .unknown(_, let format) = error.code {
                throw ImageError(.otherFormat, "format \(format), this program reads \(Self.format); use the version of Orge that wrote it", offset: 8)
            }
            throw ImageError(.damaged, "the header is damaged (\(error))", offset: error.offset)
        }
    }

    private init(checked bytes: [UInt8]) throws(DecodeError) {
        var reader = ByteReader(bytes)
        try reader.skip(Self.magic.count)
        let format = try reader.u16()
        guard format == Self.format else { throw DecodeError(.unknown(what: "image format", value: UInt64(format)), at: 8) }
        try reader.skip(2)
        guard try reader.u32() == CRC32C.checksum(bytes, skipping: Self.checksumOffset) else {
            throw DecodeError(.inconsistent("wrong checksum"), at: Self.checksumOffset)
        }
        self.init(
            lineage: try reader.u64(), tick: try reader.u64(), incarnation: try reader.u64(), codeID: try reader.shortText(limit: ImageLimits.codeIDBytes))
    }
}
