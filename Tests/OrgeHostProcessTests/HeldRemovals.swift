import Glibc
import OrgeJournal
import OrgeSimulatedDisk
import Synchronization

/// A simulated disk on which every removal waits until it is let through, as that of a large file may take long.
final class HeldRemovals: ForwardingStorage {
    let disk = SimulatedStorage(seed: 1)
    var base: any JournalStorage { disk }
    private let isOpen = Mutex(false)
    /// Removals that have begun.
    let begun = Atomic<Int>(0)

    func letThrough() { isOpen.withLock { $0 = true } }

    func remove(_ path: StoragePath) throws(JournalError) {
        begun.add(1, ordering: .sequentiallyConsistent)
        while !isOpen.withLock({ $0 }) { _ = usleep(200) }
        try disk.remove(path)
    }
}
