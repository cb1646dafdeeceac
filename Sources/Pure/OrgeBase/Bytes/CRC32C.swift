/// CRC-32C (Castagnoli; reflected polynomial 0x82F63B78), the checksum of iSCSI, ext4 and most journals: all burst errors up to 32 bits are found.
package enum CRC32C {
    /// What the register holds before the first byte of an ordinary checksum.
    package static let start: UInt32 = 0xffff_ffff

    /// The checksum of a range of bytes.
    /// - Parameter register: another start than the usual one ties a checksum to its place: bytes that are copied elsewhere no longer match.
    /// - Precondition: the range lies within the bytes.
    /// - Complexity: O(n), 16 bytes a step.
    package static func checksum(_ bytes: [UInt8], in range: Range<Int>, from register: UInt32 = start) -> UInt32 {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "checksum outside its bytes")
        return ~advance(register, over: bytes, in: range)
    }

    package static func checksum(_ bytes: [UInt8]) -> UInt32 { checksum(bytes, in: 0..<bytes.count) }

    /// The checksum of the bytes with four of them taken as zero: those that hold the checksum itself.
    package static func checksum(_ bytes: [UInt8], skipping offset: Int, from register: UInt32 = start) -> UInt32 {
        let head = ~checksum(bytes, in: 0..<offset, from: register)
        let hole = ~checksum([0, 0, 0, 0], in: 0..<4, from: head)
        return checksum(bytes, in: offset + 4..<bytes.count, from: hole)
    }

    /// Sixteen tables of 256: `table[k][b]` is the effect of byte `b` that is followed by `k` more bytes.
    static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 16 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1 }
            tables[byte] = value
        }
        for index in 256..<16 * 256 {
            let before = tables[index - 256]
            tables[index] = before >> 8 ^ tables[Int(before & 0xff)]
        }
        return tables
    }()
}
