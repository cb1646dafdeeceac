internal import OrgeBase

/// The frame around one piece of an image: length, kind, ordinal, checksum, body.
///
/// The checksum starts from the image's header, so that a chunk of another image, or one out of order, is found.
struct ImageChunk {
    enum Kind: UInt8 {
        case schema = 1
        case section, records, sectionEnd, trailer
    }

    /// `u32` bytes of the body, `u8` kind, three zeros, `u32` ordinal, `u32` checksum of these twelve and the body.
    static let headerBytes = 16
    private static let checksumOffset = 12

    var kind: Kind
    var body: [UInt8]

    /// Room for a chunk's header in front of its body.
    static func begin(_ writer: inout ByteWriter) { writer.bytes(repeatElement(0, count: headerBytes)) }

    /// Fills in the header in front of a body.
    /// - Precondition: ``begin(_:)`` was called on the empty writer; the body is within ``ImageLimits/chunkBytes``.
    static func finish(_ writer: inout ByteWriter, _ kind: Kind, ordinal: UInt32, seed: UInt32) -> [UInt8] {
        let count = writer.count - headerBytes
        precondition(count >= 0 && count <= ImageLimits.chunkBytes, "a chunk of \(count) bytes")
        writer.patchU32(at: 0, UInt32(count))
        writer.patchU32(at: 4, UInt32(kind.rawValue) << 24)
        writer.patchU32(at: 8, ordinal)
        writer.patchU32(at: checksumOffset, CRC32C.checksum(writer.bytes, skipping: checksumOffset, from: seed))
        return writer.take()
    }

    /// Reads the next chunk.
    /// - Parameter offset: where it starts in the image.
    /// - Returns: nil at the end of the source.
    static func read(_ source: inout any ChunkSource, ordinal: UInt32, seed: UInt32, at offset: Int) throws(ImageError) -> ImageChunk? {
        let head = try source.read(upTo: headerBytes)
        if head.isEmpty { return nil }
        guard head.count == headerBytes else { throw ImageError(.truncated, "the image ends inside a chunk's header", offset: offset) }
        let count = number(head, 0)
        guard count <= ImageLimits.chunkBytes else { throw ImageError(.damaged, "a chunk of \(count) bytes", offset: offset) }
        let body = try source.read(upTo: count)
        guard body.count == count else { throw ImageError(.truncated, "the image ends inside a chunk", offset: offset) }
        guard UInt32(number(head, checksumOffset)) == CRC32C.checksum(head + body, skipping: checksumOffset, from: seed) else {
            throw ImageError(.damaged, "wrong checksum of a chunk", offset: offset)
        }
        guard number(head, 8) == Int(ordinal) else { throw ImageError(.damaged, "chunk \(number(head, 8)) in the place of \(ordinal)", offset: offset) }
        guard let kind = Kind(rawValue: head[4]) else { throw ImageError(.otherFormat, "a chunk of kind \(head[4])", offset: offset) }
        return ImageChunk(kind: kind, body: body)
    }

    private static func number(_ bytes: [UInt8], _ offset: Int) -> Int {
        bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
    }
}
