internal import COrgeSystem

/// The allocator's memory. Glibc keeps what is freed for the next allocation, and after a burst that can be most of a process.
package struct Heap: Sendable {
    /// The most bytes in use since memory was last given back.
    private var peakBytes = 0
    /// The bytes in use when memory was last given back; 0 before.
    private var trimmedBytes = 0

    /// A burst of fewer bytes than this is not worth the call.
    private static let leastBytes = 4 << 20

    package init() {}

    /// Gives free pages back to the system when a burst is over: when less than half of the most bytes in use is in use now. And again when an eighth of
    /// what was left has gone: a few bytes that outlive a burst hold the pages around them. To be called now and then.
    /// - Returns: whether it did.
    @discardableResult
    package mutating func trimAfterBurst() -> Bool {
        let used = Int(clamping: orge_heap_bytes())
        peakBytes = max(peakBytes, used)
        guard peakBytes - used > max(Self.leastBytes, used) || used < trimmedBytes / 8 * 7 else { return false }
        (peakBytes, trimmedBytes) = (used, used)
        orge_heap_trim()
        return true
    }
}
