import OrgeHost
import Synchronization

/// How many syncs the journal's files had, and how long they took. For any thread.
final class SyncTimes: Sendable {
    private struct State {
        var count: UInt64 = 0
        var times = TickHistogram()
    }

    private let state = Mutex(State())

    /// - Parameter now: nanoseconds of the monotonic clock, when the sync returned.
    func record(_ nanoseconds: UInt64, at now: UInt64) {
        state.withLock { state in
            state.count += 1
            state.times.record(nanoseconds, at: now)
        }
    }

    func summary(at now: UInt64) -> (count: UInt64, times: TickHistogram.Summary) { state.withLock { ($0.count, $0.times.summary(at: now)) } }
}
