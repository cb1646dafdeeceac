extension CRC32C {
    /// Slicing by 16 through plain pointers: with bounds checks the loop runs at a third of the speed, and every commit and every start pays it.
    static func advance(_ register: UInt32, over bytes: [UInt8], in range: Range<Int>) -> UInt32 {
        unsafe bytes.withUnsafeBytes { buffer in
            unsafe tables.withUnsafeBufferPointer { table in
                // SAFETY: the caller checked the range against the bytes; table indices are at most 15 × 256 + 255.
                guard let base = buffer.baseAddress, let table = table.baseAddress else { return register }
                return unsafe advance(register, base + range.lowerBound, count: range.count, table)
            }
        }
    }

    private static func advance(_ start: UInt32, _ base: UnsafeRawPointer, count: Int, _ table: UnsafePointer<UInt32>) -> UInt32 {
        var register = start
        var position = 0
        while count - position >= 16 {
            let low = unsafe UInt64(littleEndian: (base + position).loadUnaligned(as: UInt64.self)) ^ UInt64(register)
            let high = unsafe UInt64(littleEndian: (base + position + 8).loadUnaligned(as: UInt64.self))
            register = unsafe slice(low, table + 8 * 256) ^ slice(high, table)
            position += 16
        }
        while position < count {
            let byte = unsafe base.load(fromByteOffset: position, as: UInt8.self)
            register = unsafe register >> 8 ^ table[Int(UInt8(truncatingIfNeeded: register) ^ byte)]
            position += 1
        }
        return register
    }

    /// The effect of eight bytes of which the first is followed by seven more before `table` begins.
    @inline(__always)
    private static func slice(_ word: UInt64, _ table: UnsafePointer<UInt32>) -> UInt32 {
        let first = unsafe table[7 * 256 + Int(word & 0xff)] ^ table[6 * 256 + Int(word >> 8 & 0xff)]
        let second = unsafe table[5 * 256 + Int(word >> 16 & 0xff)] ^ table[4 * 256 + Int(word >> 24 & 0xff)]
        let third = unsafe table[3 * 256 + Int(word >> 32 & 0xff)] ^ table[2 * 256 + Int(word >> 40 & 0xff)]
        let fourth = unsafe table[256 + Int(word >> 48 & 0xff)] ^ table[Int(word >> 56)]
        return (first ^ second) ^ (third ^ fourth)
    }
}
