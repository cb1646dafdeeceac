import NIOCore
import OrgeControl
import OrgeSystem
import Synchronization

/// Tells the supervisor that watches the bots that their event loop runs.
final class LifeReports: Sendable {
    private static let period = TimeAmount.milliseconds(250)

    private let channel: Descriptor
    /// What the supervisor has had no room for.
    private let unsent = Mutex([UInt8]())

    /// - Parameter descriptor: the control channel, inherited.
    init(descriptor: Int32) throws(SystemError) {
        channel = Descriptor(owning: descriptor)
        try channel.setNonBlocking()
    }

    func start(on loop: any EventLoop) {
        loop.scheduleRepeatedTask(initialDelay: .zero, delay: Self.period) { [self] task in
            do { try report() } catch { task.cancel() }
        }
    }

    /// - Throws: when the supervisor is gone; the lifeline ends this process.
    private func report() throws(SystemError) {
        try unsent.withLock { unsent throws(SystemError) in
            if unsent.isEmpty { unsent = ChildMessage.alive.frame() }
            unsent.removeFirst(try channel.writeNow(unsent[...]))
        }
    }
}
