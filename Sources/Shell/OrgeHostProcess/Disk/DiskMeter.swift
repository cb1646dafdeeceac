import OrgeControl
import OrgeSystem
import Synchronization

/// Measures from time to time what a world takes on the disk, on a thread of its own: a tick waits for no disk.
final class DiskMeter: Sendable {
    /// Milliseconds between two measurements. One looks at each file of the world once: a few, or some thousands after years of history, which
    /// take some ten milliseconds.
    private static let periodMilliseconds: Int32 = 5_000

    private let folder: Folder
    private let journal: JournalThread
    private let status: Mutex<HostDiskStatus>

    /// Measures once, and goes on in a thread.
    /// - Parameter folder: the world's.
    init(folder: String, journal: JournalThread) throws(SystemError) {
        self.folder = try Folder(folder)
        self.journal = journal
        status = Mutex(HostDiskStatus(bytes: try self.folder.allocatedBytes(), freeBytes: try self.folder.freeBytes()))
        startThread("orge-disk") { [self] in loop() }
    }

    var latest: HostDiskStatus { status.withLock { $0 } }

    private func loop() {
        var rate = HourlyRate(total: journal.appendedBytes, now: monotonicNanoseconds())
        var isTrouble = false
        while true {
            _ = waitUntilReady([], timeoutMilliseconds: Self.periodMilliseconds)
            let growth = rate.perHour(total: journal.appendedBytes, now: monotonicNanoseconds())
            do throws(SystemError) {
                let (bytes, free) = (try folder.allocatedBytes(), try folder.freeBytes())
                status.withLock { $0 = HostDiskStatus(bytes: bytes, journalBytesPerHour: growth, freeBytes: free) }
                isTrouble = false
            } catch {
                // The world goes on: it is the status that gets old. Said once, not every few seconds.
                if !isTrouble { printError("the world's use of the disk is not known any more: \(error)") }
                isTrouble = true
            }
        }
    }
}
