internal import COrgeSystem

/// The allocator's memory. Glibc keeps what is freed for the next allocation, and after a burst that can be most of a process.
package struct Heap: Sendable {
    /// The most bytes in use since memory was last given back.
    private var peakBytes = 0

    /// A burst of fewer bytes than this is not worth the call.
    private static let leastBytes = 4 << 20

    package init() {}

    /// Gives free pages back to the system when a burst is over: when less than half of the most bytes in use is in use now. To be called now and then.
    /// - Returns: whether it did.
    @discardableResult
    package mutating func trimAfterBurst() -> Bool {
        let used = Int(clamping: orge_heap_bytes())
        peakBytes = max(peakBytes, used)
        guard peakBytes - used > max(Self.leastBytes, used) else { return false }
        peakBytes = used
        orge_heap_trim()
        return true
    }
}
