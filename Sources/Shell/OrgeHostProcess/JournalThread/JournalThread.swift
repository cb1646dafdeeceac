import OrgeJournal
import OrgeSchema
import OrgeSystem
import Synchronization

/// Owns the journal's writer on a thread of its own: takes whatever records wait, makes them durable in one go, says so.
///
/// Records pass through a bounded mailbox.
final class JournalThread: Sendable {
    /// With nothing to write: how often to look whether another host has taken the journal. A world that is idle reports four times as often.
    private static let idleMilliseconds: Int32 = 1_000

    private let mailbox = JournalMailbox()
    /// Until the thread takes it.
    private let writer: Mutex<JournalWriter?>
    /// The tick of the newest image that was published and not yet adopted.
    private let image = Mutex<UInt64?>(nil)
    private let appended = Atomic<UInt64>(0)
    private let work: Bell
    let reports: ReportQueue<PatientWriter.Report>
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

    /// An image of a recorded tick was published: finds what it replaces.
    func adoptImage(tick: UInt64) {
        image.withLock { $0 = tick }
        work.ring()
    }

    private func loop() {
        guard let taken = writer.withLock({ $0.take() }) else { preconditionFailure("a journal's thread without a writer") }
        var writer = PatientWriter(taken)
        var isDue = false
        while true {
            // What the disk has not taken yet holds up what comes after it, in the mailbox with its bound.
            let entries = writer.hasEntries ? [] : mailbox.drain()
            let image = image.withLock { $0.take() }
            if entries.isEmpty, image == nil, !isDue {
                isDue = wait(writer.pause)
                continue
            }
            let said = writer.step(entries, image: image)
            // Before it is told, so that no listener finds less than what is durable.
            appended.store(writer.appendedBytes, ordering: .relaxed)
            for report in said {
                if case .durable(let tick) = report { flight?.durable(through: tick) }
                reports.post(report)
            }
            isDue = false
            if case .exactly = writer.pause { isDue = wait(writer.pause) }
        }
    }

    /// - Returns: whether a step is due, also without new work.
    private func wait(_ pause: PatientWriter.Pause) -> Bool {
        switch pause {
        case .untilWork: work.wait(timeoutMilliseconds: Self.idleMilliseconds)
        case .atMost(let milliseconds): work.wait(timeoutMilliseconds: milliseconds)
        case .exactly(let milliseconds): _ = waitUntilReady([], timeoutMilliseconds: milliseconds)
        }
        return true
    }
}
