import OrgeSimulatedDisk
import Synchronization

@testable import OrgeJournal

/// A host that stands still just before it names a file, while something else happens on its disk.
final class StoppingStorage: ForwardingStorage {
    let base: any JournalStorage
    private let meanwhile = Mutex<(@Sendable () throws(JournalError) -> Void)?>(nil)

    init(_ base: any JournalStorage) { self.base = base }

    /// Once.
    func beforeLink(_ body: @escaping @Sendable () throws(JournalError) -> Void) { meanwhile.withLock { $0 = body } }

    func link(_ file: StorageFile, as path: StoragePath) throws(JournalError) {
        let body = meanwhile.withLock { $0.take() }
        try body?()
        try base.link(file, as: path)
    }
}
