import OrgeSchema

/// A hash of a record's bytes, eight at a time: every byte of the log passes through here on its way in and again at each replay.
///
/// The same on every machine: words are read big-endian, the last one is filled up with zeros, and the length is folded in.
func recordHash(_ bytes: [UInt8]) -> UInt64 { recordHash(bytes, bytes.indices) }

/// The same of some of the bytes.
/// - Precondition: the range is within them.
func recordHash(_ bytes: [UInt8], _ range: Range<Int>) -> UInt64 {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "a record outside of its bytes")
    return unsafe bytes.withUnsafeBytes { whole in
        let buffer = unsafe UnsafeRawBufferPointer(rebasing: whole[range])
        var hash = fold64(0, UInt64(buffer.count))
        var offset = 0
        while offset + 8 <= buffer.count {
            hash = fold64(hash, unsafe UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset += 8
        }
        var rest: UInt64 = 0
        for index in 0..<8 { rest = rest << 8 | (offset + index < buffer.count ? UInt64(unsafe buffer[offset + index]) : 0) }
        return mix64(fold64(hash, rest))
    }
}
