import COrgeSystem
import Glibc

/// Memory that a process shares with its children: zeros at first, of a size that never changes. It survives each child that maps it.
@safe package final class SharedMemory: Sendable {
    /// For a child to inherit.
    package let descriptor: Descriptor
    package let byteCount: Int
    // SAFETY: mapped until deinit; whoever reads and writes it does so by atomic words.
    package nonisolated(unsafe) let base: UnsafeMutableRawPointer

    package convenience init(byteCount: Int) throws(SystemError) {
        try self.init(mapping: Descriptor(owning: try checked(orge_memory_create(byteCount), "make memory to share")), byteCount: byteCount)
    }

    /// Maps what another process has made.
    /// - Throws: when the descriptor names something smaller, or nothing that can be mapped.
    package init(mapping descriptor: consuming Descriptor, byteCount: Int) throws(SystemError) {
        self.descriptor = descriptor
        self.byteCount = byteCount
        var memory: UnsafeMutableRawPointer?
        _ = try checked(unsafe orge_memory_map(self.descriptor.number, byteCount, &memory), "map shared memory")
        guard let memory = unsafe memory else { preconditionFailure("a mapping without an address") }
        unsafe base = memory
    }

    deinit { unsafe orge_memory_unmap(base, byteCount) }
}

/// The system's number of the calling thread.
package func currentThread() -> UInt32 { orge_thread_id() }

/// Processor time that one thread of a process has used, in nanoseconds.
/// - Throws: also when the thread is gone.
package func processorTime(ofThread thread: UInt32, process pid: Int32) throws(SystemError) -> UInt64 {
    var nanoseconds: UInt64 = 0
    _ = try checked(unsafe orge_thread_time(pid, thread, &nanoseconds), "measure thread \(thread) of process \(pid)")
    return nanoseconds
}

/// Lets other processes run first.
package func lowerPriority(ofProcess pid: Int32) throws(SystemError) { _ = try checked(orge_lower_priority(pid, 10), "lower the priority of process \(pid)") }

/// Notes signals that mean a bug in this process in four atomic words of memory that outlives it; see `orge_traps_watch`.
/// - Precondition: called once, by the thread whose stack may overflow; the words stay valid until the process ends.
package func watchTraps(words: UnsafeMutableRawPointer) throws(SystemError) {
    // The smallest that the system allows is 2 KiB and grows with the processor's registers; the runtime's own handler may run on it too.
    let stackBytes = 65_536
    let stack = UnsafeMutableRawPointer.allocate(byteCount: stackBytes, alignment: 16)
    let words = unsafe words.assumingMemoryBound(to: UInt64.self)
    _ = try checked(unsafe orge_traps_watch(words, stack, stackBytes), "watch for traps")
}
