import OrgeJournal
import OrgeSchema
import OrgeSystem
import Synchronization

/// What the journal's thread tells the main one.
enum JournalReport: Sendable {
    case durable(through: UInt64)
    /// The disk is full: what was handed over is tried again until there is room.
    case noRoom(String)
    case roomIsBack
    /// The image counts, and these files are not needed any more.
    case imageAdopted(tick: UInt64, FileRemoval)
    case failed(String)
}

/// Owns the journal's writer on a thread of its own: takes whatever records wait, makes them durable in one go, says so.
///
/// Records pass through a bounded mailbox.
final class JournalThread: Sendable {
    /// Between two attempts on a full disk: soon enough for people, rare enough to cost nothing.
    private static let retryMilliseconds: Int32 = 250

    private let mailbox = JournalMailbox()
    /// Locked by the journal's thread only; the lock is what lets it be handed over.
    private let writer: Mutex<JournalWriter?>
    /// The tick of the newest image that was published and not yet adopted.
    private let image = Mutex<UInt64?>(nil)
    private let appended = Atomic<UInt64>(0)
    private let work: Bell
    let reports: ReportQueue<JournalReport>
    /// Says what is durable to the handler of signals.
    private let flight: FlightSlot?

    /// - Parameter flight: of the thread that runs world code, which it outlives; nil for none.
    init(_ writer: consuming JournalWriter, flight: FlightSlot? = nil) throws(SystemError) {
        self.flight = flight
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
        case .wake: work.ring()
        case .queued: break
        case .full: return false
        }
        flight?.handed(over: tick)
        return true
    }

    /// An image of a durable tick was published: finds what it replaces.
    func adoptImage(tick: UInt64) {
        image.withLock { $0 = tick }
        work.ring()
    }

    private func loop() {
        var entries: [JournalEntry] = []
        var isFull = false
        while true {
            if entries.isEmpty { entries = mailbox.drain() }
            let isIdle = entries.isEmpty
            if !isIdle { guard append(&entries, &isFull) else { return } }
            // Also while the disk is full: what an image replaces is what frees room.
            let image = image.withLock { $0.take() }
            if let image {
                guard adopt(image) else { return }
            } else if isFull {
                work.wait(timeoutMilliseconds: Self.retryMilliseconds)
            } else if isIdle {
                work.wait()
            }
        }
    }

    /// Appends what there is room for; what there is none for stays in `entries`.
    /// - Returns: whether the writer still works.
    private func append(_ entries: inout [JournalEntry], _ isFull: inout Bool) -> Bool {
        do throws(JournalError) {
            let result = try writer.withLock { writer throws(JournalError) in
                let result = try writer?.append(entries)
                appended.store(writer?.appendedBytes ?? 0, ordering: .relaxed)
                return result
            }
            guard let result else { preconditionFailure("a journal's thread without a writer") }
            flight?.durable(through: result.durableThrough)
            reports.post(.durable(through: result.durableThrough))
            switch result {
            case .durable:
                entries = []
                if isFull { reports.post(.roomIsBack) }
                isFull = false
            case .noRoom(let first, _, let why):
                entries.removeFirst(first)
                if !isFull { reports.post(.noRoom("\(why)")) }
                isFull = true
            }
            return true
        } catch {
            reports.post(.failed("\(error)"))
            return false
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
