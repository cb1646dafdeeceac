/// Copies `source[range]` over as many bytes of `target` from `offset` on: one row of an update, thousands of times a second, without the detour over
/// slices.
func copyBytes(_ source: [UInt8], _ range: Range<Int>, to target: inout [UInt8], at offset: Int) {
    precondition(range.lowerBound >= 0 && range.upperBound <= source.count, "a copy from outside the source")
    precondition(offset >= 0 && offset + range.count <= target.count, "a copy to outside the target")
    guard !range.isEmpty else { return }
    // SAFETY: both ranges were checked above, and two arrays never overlap.
    unsafe source.withUnsafeBytes { from in
        unsafe target.withUnsafeMutableBytes { to in
            unsafe (to.baseAddress! + offset).copyMemory(from: from.baseAddress! + range.lowerBound, byteCount: range.count)
        }
    }
}
