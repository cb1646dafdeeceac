package import OrgeSchema

extension ByteWriter {
    /// Writes the size to be filled in later, and the type.
    /// - Returns: what ``endFrame(_:limit:)`` needs.
    package mutating func beginFrame(_ type: UInt8) -> Int {
        let start = count
        u32(0)
        u8(type)
        return start
    }

    /// Fills the frame's size in.
    /// - Precondition: the frame is within the limit of its direction; who writes one makes sure before.
    package mutating func endFrame(_ start: Int, limit: Int) {
        let size = count - start - 4
        precondition(size <= limit, "a frame of \(size) bytes, over \(limit)")
        patchU32(at: start, UInt32(size))
    }
}

extension ByteReader {
    /// Everything up to the end.
    package mutating func rest() throws(DecodeError) -> [UInt8] { Array(try bytes(remaining)) }

    /// A byte that must be one of the raw values of a closed set.
    package mutating func known<Known: RawRepresentable<UInt8>>(_: Known.Type, _ what: String) throws(DecodeError) -> Known {
        let start = offset
        let raw = try u8()
        guard let value = Known(rawValue: raw) else { throw DecodeError(.unknown(what: what, value: UInt64(raw)), at: start) }
        return value
    }

    /// A byte of flags of which only those in `allowed` may be set.
    package mutating func flags(allowed: UInt8, _ what: String) throws(DecodeError) -> UInt8 {
        let start = offset
        let raw = try u8()
        guard raw & ~allowed == 0 else { throw DecodeError(.unknown(what: what, value: UInt64(raw)), at: start) }
        return raw
    }
}
