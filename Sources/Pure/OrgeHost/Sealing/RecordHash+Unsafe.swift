import OrgeSchema

/// A hash of a record's bytes, eight at a time: every byte of the log passes through here on its way in and again at each replay.
///
/// The same on every machine: words are read big-endian, the last one is filled up with zeros, and the length is folded in.
func recordHash(_ bytes: [UInt8]) -> UInt64 {
    unsafe bytes.withUnsafeBytes { buffer in
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
