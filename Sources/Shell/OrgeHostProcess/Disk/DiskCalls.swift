import OrgeSystem
import Synchronization

/// Knows for how long a thread has been in its present call of the disk. At most one thread makes calls at a time: the main one while the host starts,
/// then the journal's.
final class DiskCalls: Sendable {
    /// Nanoseconds of the monotonic clock; 0: in no call.
    private let began = Atomic<UInt64>(0)
    private let reports: StartReports?
    let syncs = SyncTimes()

    /// - Parameter reports: hears of each call until it ends.
    init(_ reports: StartReports? = nil) { self.reports = reports }

    /// Makes a call, or several that belong together.
    func during<Value: ~Copyable, Failure: Error>(_ call: () throws(Failure) -> Value) throws(Failure) -> Value {
        began.store(monotonicNanoseconds(), ordering: .relaxed)
        reports?.diskCallBegan()
        defer {
            began.store(0, ordering: .relaxed)
            reports?.diskCallEnded()
        }
        return try call()
    }

    /// Nanoseconds; 0 in no call.
    func lasting(at now: UInt64) -> UInt64 {
        let began = began.load(ordering: .relaxed)
        return began == 0 || now < began ? 0 : now - began
    }
}
