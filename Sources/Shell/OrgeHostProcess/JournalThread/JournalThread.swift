import OrgeJournal
import OrgeSystem
import Synchronization

/// What the journal's thread tells the main one.
enum JournalReport: Sendable {
    case durable(through: UInt64)
    /// The image counts, and these files are not needed any more.
    case imageAdopted(tick: UInt64, FileRemoval)
    case failed(String)
}

/// Owns the journal's writer on a thread of its own: takes whatever records wait, makes them durable in one go, says so.
///
/// Records pass through a bounded mailbox.
final class JournalThread: Sendable {
    private let mailbox = JournalMailbox()
    /// Locked by the journal's thread only; the lock is what lets it be handed over.
    private let writer: Mutex<JournalWriter?>
    /// The tick of the newest image that was published and not yet adopted.
    private let image = Mutex<UInt64?>(nil)
    private let appended = Atomic<UInt64>(0)
    private let work: Bell
    let reports: ReportQueue<JournalReport>

    init(_ writer: consuming JournalWriter) throws(SystemError) {
        work = try Bell()
        reports = try ReportQueue()
        self.writer = Mutex(consume writer)
        startThread("orge-journal") { [self] in loop() }
    }

    /// Bytes of records made durable since the start.
    var appendedBytes: UInt64 { appended.load(ordering: .relaxed) }

    /// - Returns: false when there is no room now.
    func append(tick: UInt64, body: [UInt8]) -> Bool {
        switch mailbox.offer(JournalEntry(tick: tick, body: body)) {
        case .wake:
            work.ring()
            return true
        case .queued: return true
        case .full: return false
        }
    }

    /// An image of a durable tick was published: finds what it replaces.
    func adoptImage(tick: UInt64) {
        image.withLock { $0 = tick }
        work.ring()
    }

    private func loop() {
        while true {
            let entries = mailbox.drain()
            if !entries.isEmpty {
                guard let through = append(entries) else { return }
                reports.post(.durable(through: through))
            }
            let image = image.withLock { $0.take() }
            if let image {
                guard adopt(image) else { return }
            } else if entries.isEmpty {
                work.wait()
            }
        }
    }

    private func append(_ entries: [JournalEntry]) -> UInt64? {
        do throws(JournalError) {
            return try writer.withLock { writer throws(JournalError) in
                let through = try writer?.append(entries)
                appended.store(writer?.appendedBytes ?? 0, ordering: .relaxed)
                return through
            }
        } catch {
            reports.post(.failed("\(error)"))
            return nil
        }
    }

    /// - Returns: whether the writer still works.
    private func adopt(_ tick: UInt64) -> Bool {
        do throws(JournalError) {
            let removal = try writer.withLock { writer throws(JournalError) in try writer?.adoptImage(tick: tick) }
            if let removal { reports.post(.imageAdopted(tick: tick, removal)) }
            return true
        } catch {
            reports.post(.failed("\(error)"))
            return false
        }
    }
}
