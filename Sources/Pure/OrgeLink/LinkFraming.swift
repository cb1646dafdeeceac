package import OrgeSchema

extension FrameStream {
    /// Frames of a link. Up to 1 MiB of an empty buffer is kept: images and releases come in such pieces, and a process has few links.
    package static var link: FrameStream { FrameStream(limit: LinkLimits.frameBytes, keptCapacity: 1 << 20) }
}

/// Begins a frame in an empty writer; the size is filled in by ``endFrame(_:)``.
func beginFrame(_ type: UInt8, world: UInt16, capacity: Int = 64) -> ByteWriter {
    var writer = ByteWriter(capacity: capacity)
    _ = writer.beginFrame(type)
    writer.u16(world)
    return writer
}

func endFrame(_ writer: inout ByteWriter) -> [UInt8] {
    writer.endFrame(0, limit: LinkLimits.frameBytes)
    return writer.take()
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
