/// Varints: unsigned integers in groups of seven bits, the lowest first; a byte's top bit says that another one follows. There is one encoding for each
/// number: the shortest.
package enum Varint {
    /// Bytes of the longest one.
    package static let byteLimit = 10

    @inlinable
    package static func byteCount(_ value: UInt64) -> Int { max(1, (70 - value.leadingZeroBitCount) / 7) }

    /// Small numbers of either sign as small numbers: 0, −1, 1, −2 … are 0, 1, 2, 3 …
    @inlinable
    package static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }

    @inlinable
    package static func unzigzag(_ value: UInt64) -> Int64 { Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }
}

extension ByteWriter {
    @inlinable
    package mutating func varint(_ value: UInt64) {
        var left = value
        while left >= 0x80 {
            u8(UInt8(truncatingIfNeeded: left) | 0x80)
            left >>= 7
        }
        u8(UInt8(truncatingIfNeeded: left))
    }
}

extension ByteReader {
    /// A varint. One of more than 64 bits, and one with zeros at its end, is an error.
    @inlinable
    package mutating func varint() throws(DecodeError) -> UInt64 {
        let first = try u8()
        return first < 0x80 ? UInt64(first) : try longVarint(first)
    }

    /// The rest of a varint of more than one byte.
    @usableFromInline
    package mutating func longVarint(_ first: UInt8) throws(DecodeError) -> UInt64 {
        let start = offset - 1
        var value = UInt64(first & 0x7f)
        for shift in stride(from: 7 as UInt64, through: 63, by: 7) {
            let byte = try u8()
            guard shift < 63 || byte <= 1 else { break }
            value |= UInt64(byte & 0x7f) << shift
            guard byte < 0x80 else { continue }
            guard byte > 0 else { throw DecodeError(.inconsistent("a varint longer than it need be"), at: start) }
            return value
        }
        throw DecodeError(.inconsistent("a varint of more than 64 bits"), at: start)
    }

    /// A varint of at most 32 bits.
    package mutating func varint32() throws(DecodeError) -> UInt32 {
        let start = offset
        let value = try varint()
        guard let small = UInt32(exactly: value) else { throw DecodeError(.inconsistent("a varint of more than 32 bits"), at: start) }
        return small
    }
}
