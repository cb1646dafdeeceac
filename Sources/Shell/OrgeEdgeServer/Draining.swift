import NIOCore
import OrgeSystem

/// Closes a connection after what was written to it has left: bytes that drain extend the time.
enum Draining {
    /// The peer has ``EdgeServerLimits/closeTime`` to read something, again and again, and ``EdgeServerLimits/drainTime`` in all; once nothing is left,
    /// one more `closeTime` to close its half.
    static func closeWhenDone(_ channel: any Channel, rounds: Int64 = EdgeServerLimits.drainTime.nanoseconds / EdgeServerLimits.closeTime.nanoseconds) {
        let before = unreadBytes(channel)
        channel.eventLoop.scheduleTask(in: EdgeServerLimits.closeTime) {
            guard channel.isActive else { return }
            guard rounds > 1, before > 0, unreadBytes(channel) < before else { return channel.close(promise: nil) }
            closeWhenDone(channel, rounds: rounds - 1)
        }
    }

    /// Bytes that this process or the kernel holds for the peer.
    private static func unreadBytes(_ channel: any Channel) -> Int {
        let buffered = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        let pipeline = channel.pipeline.syncOperations
        let unacknowledged = try? pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { SocketQueue.unacknowledgedBytes(of: $0) }
        return buffered + (unacknowledged ?? 0)
    }
}
