import OrgeControl
import OrgeSystem
import Synchronization

/// The reports of a host that starts, until its loop reports: sent by the main thread from its own work, so that they stop when it hangs.
final class StartReports: Sendable {
    /// Nanoseconds between two reports of progress, as between those of the loop.
    private static let period: UInt64 = 250_000_000

    private let control: ControlLink
    private let nextReport = Atomic<UInt64>(0)
    private let hasEnded = Atomic<Bool>(false)

    init(_ control: ControlLink) { self.control = control }

    /// The start has got further: one more record was replayed.
    func progress() {
        let now = monotonicNanoseconds()
        guard now >= nextReport.load(ordering: .relaxed) else { return }
        send(.alive, at: now)
    }

    /// Announces a call of the disk: only the kernel knows how long it will take.
    func diskCallBegan() { send(.inStorage, at: monotonicNanoseconds()) }
    func diskCallEnded() { send(.alive, at: monotonicNanoseconds()) }

    /// The start is over, or this is another thread's storage from now on.
    func end() { hasEnded.store(true, ordering: .relaxed) }

    private func send(_ message: ChildMessage, at now: UInt64) {
        if hasEnded.load(ordering: .relaxed) { return }
        nextReport.store(now + Self.period, ordering: .relaxed)
        control.offer(message)
    }
}
