package import OrgeSchema

/// Cuts a stream of bytes into frames.
///
/// It holds at most one unfinished frame and what was appended last. After an error the stream has no meaning any more: drop the link.
package struct LinkFrameReader: Sendable {
    private var buffer: [UInt8] = []
    private var start = 0

    package init() {}

    /// Bytes held that are not yet part of a whole frame handed out.
    package var pendingBytes: Int { buffer.count - start }

    package mutating func append(_ bytes: some Collection<UInt8>) {
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: buffer.capacity < 1 << 20)
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// - Returns: the next whole frame, type and body, or nil when more bytes are needed.
    package mutating func next() throws(DecodeError) -> [UInt8]? {
        guard pendingBytes >= 4 else { return compact() }
        var reader = ByteReader(buffer, from: start, to: buffer.count)
        let size = Int(try reader.u32())
        guard size >= 1, size <= LinkLimits.frameBytes else {
            throw DecodeError(.overLimit(length: size, limit: LinkLimits.frameBytes), at: 0)
        }
        guard pendingBytes >= 4 + size else { return compact() }
        let body = start + 4
        start = body + size
        return Array(buffer[body..<start])
    }

    /// Moves the unfinished rest to the front once it is the smaller part, so that the buffer's growth follows the frame, not the stream.
    private mutating func compact() -> [UInt8]? {
        if start > 0, start >= buffer.count / 2 {
            buffer.removeFirst(start)
            start = 0
        }
        return nil
    }
}

/// Begins a frame in an empty writer; the size is filled in by ``endFrame(_:)``.
func beginFrame(_ type: UInt8, world: UInt16, capacity: Int = 64) -> ByteWriter {
    var writer = ByteWriter(capacity: capacity)
    writer.u32(0)
    writer.u8(type)
    writer.u16(world)
    return writer
}

func endFrame(_ writer: inout ByteWriter) -> [UInt8] {
    precondition(writer.count - 4 <= LinkLimits.frameBytes, "a link frame over its limit")
    writer.patchU32(at: 0, UInt32(writer.count - 4))
    return writer.take()
}

extension ByteWriter {
    /// Writes over one byte that has another one before it.
    mutating func patchU8(at offset: Int, _ value: UInt8) { patchU16(at: offset - 1, UInt16(bytes[offset - 1]) << 8 | UInt16(value)) }
}

extension ByteReader {
    /// Steps over `count` bytes and says where they are.
    @inline(__always)
    mutating func extent(_ count: Int) throws(DecodeError) -> Extent {
        let start = offset
        try skip(count)
        return Extent(offset: start, count: count)
    }

    /// As above, after a u32 length of at most ``LinkLimits/pieceBytes``.
    @inline(__always)
    mutating func piece() throws(DecodeError) -> Extent {
        let count = Int(try u32())
        guard count <= LinkLimits.pieceBytes else { throw DecodeError(.overLimit(length: count, limit: LinkLimits.pieceBytes), at: offset - 4) }
        return try extent(count)
    }

    /// Reads the head of a frame.
    /// - Parameter world: the number that the frame must name; nil where any is accepted.
    /// - Returns: the type.
    mutating func frameHead(world: UInt16?) throws(DecodeError) -> UInt8 {
        let type = try u8()
        let named = try u16()
        if let world, named != world { throw DecodeError(.inconsistent("a frame of world \(named) on the link of world \(world)"), at: offset - 2) }
        return type
    }

    /// Skips a list of extensions: `count u8`, then `type u8 · size u16 · bytes` each. None is known yet.
    mutating func skipExtensions() throws(DecodeError) {
        for _ in 0..<(try u8()) {
            try skip(1)
            try skip(Int(try u16()))
        }
    }

    /// A byte of flags of which only those in `known` may be set.
    mutating func flags(known: UInt8) throws(DecodeError) -> UInt8 {
        let flags = try u8()
        guard flags & ~known == 0 else { throw DecodeError(.unknown(what: "flags", value: UInt64(flags)), at: offset - 1) }
        return flags
    }
}
