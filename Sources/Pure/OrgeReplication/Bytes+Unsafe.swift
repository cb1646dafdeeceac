/// Copies and comparisons of row bytes between arrays without going through slices.
enum RowBytes {
    /// Whether `count` bytes at the two places are equal.
    @inline(__always)
    static func areEqual(_ a: [UInt8], at aStart: Int, _ b: [UInt8], at bStart: Int, count: Int) -> Bool {
        precondition(aStart >= 0 && bStart >= 0 && count >= 0 && aStart + count <= a.count && bStart + count <= b.count, "bytes outside an array")
        return unsafe a.withUnsafeBytes { a in
            unsafe b.withUnsafeBytes { b in
                var index = 0
                while index + 8 <= count {
                    let left = unsafe a.loadUnaligned(fromByteOffset: aStart + index, as: UInt64.self)
                    let right = unsafe b.loadUnaligned(fromByteOffset: bStart + index, as: UInt64.self)
                    if left != right { return false }
                    index += 8
                }
                while index < count {
                    if unsafe a[aStart + index] != b[bStart + index] { return false }
                    index += 1
                }
                return true
            }
        }
    }

    @inline(__always)
    static func copy(_ source: [UInt8], at sourceStart: Int, count: Int, to target: inout [UInt8], at targetStart: Int) {
        precondition(
            sourceStart >= 0 && targetStart >= 0 && count >= 0 && sourceStart + count <= source.count && targetStart + count <= target.count,
            "bytes outside an array")
        unsafe source.withUnsafeBytes { source in
            unsafe target.withUnsafeMutableBytes { target in
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                unsafe (to + targetStart).copyMemory(from: from + sourceStart, byteCount: count)
            }
        }
    }
}
