import OrgeSystem
import Synchronization

/// What a thread reports to the main thread, in order. The bound is what the host's machine has asked of the thread and not been told yet.
final class ReportQueue<Report: Sendable>: Sendable {
    private let reports = Mutex<[Report]>([])
    /// Rings for the main thread.
    let bell: Bell

    init() throws(SystemError) { bell = try Bell() }

    func post(_ report: Report) {
        reports.withLock { $0.append(report) }
        bell.ring()
    }

    /// Removes and returns everything that was posted.
    func drain() -> [Report] {
        bell.silence()
        return reports.withLock { reports in
            defer { reports = [] }
            return reports
        }
    }
}
