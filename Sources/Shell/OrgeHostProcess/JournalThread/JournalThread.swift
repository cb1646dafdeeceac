import OrgeImage
import OrgeJournal
import OrgeSystem
import Synchronization

/// What the journal's thread tells the main one.
enum JournalReport: Sendable {
    case durable(through: UInt64)
    case imageWritten(tick: UInt64)
    case imageFailed(String)
    case failed(String)
}

/// Owns the journal's writer on a thread of its own: takes whatever records wait, makes them durable in one go, says so.
///
/// Records pass through a bounded mailbox. Images wait until the log is durable through their tick; there is at most one.
final class JournalThread: Sendable {
    private struct Shared {
        var images: [(tick: UInt64, image: MemoryImage)] = []
        var reports: [JournalReport] = []
    }

    private let mailbox = JournalMailbox()
    /// Locked by the journal's thread only; the lock is what lets it be handed over.
    private let writer: Mutex<JournalWriter?>
    private let shared = Mutex(Shared())
    private let work: Bell
    /// Rings for the main thread.
    let news: Bell

    init(_ writer: consuming JournalWriter) throws(SystemError) {
        work = try Bell()
        news = try Bell()
        self.writer = Mutex(consume writer)
        startThread("orge-journal") { [self] in loop() }
    }

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

    func writeImage(tick: UInt64, _ image: MemoryImage) {
        shared.withLock { $0.images.append((tick, image)) }
        work.ring()
    }

    func takeReports() -> [JournalReport] {
        news.silence()
        return shared.withLock { shared in
            defer { shared.reports = [] }
            return shared.reports
        }
    }

    private func loop() {
        var durable: UInt64 = writer.withLock { $0?.durableThrough ?? 0 }
        while true {
            let entries = mailbox.takeAll()
            if !entries.isEmpty {
                guard let through = append(entries) else { return }
                durable = through
                report(.durable(through: through))
            }
            let image = shared.withLock { shared in
                shared.images.first.map { $0.tick <= durable } == true ? shared.images.removeFirst() : nil
            }
            if let image { write(image) } else if entries.isEmpty { work.wait() }
        }
    }

    private func append(_ entries: [JournalEntry]) -> UInt64? {
        do throws(JournalError) {
            return try writer.withLock { writer throws(JournalError) in try writer?.append(entries) }
        } catch {
            report(.failed("\(error)"))
            return nil
        }
    }

    private func write(_ image: (tick: UInt64, image: MemoryImage)) {
        do throws(JournalError) {
            try writer.withLock { writer throws(JournalError) in try writer?.writeImage(tick: image.tick, image.image) }
            report(.imageWritten(tick: image.tick))
        } catch {
            report(.imageFailed("\(error)"))
        }
    }

    private func report(_ report: JournalReport) {
        shared.withLock { $0.reports.append(report) }
        news.ring()
    }
}
