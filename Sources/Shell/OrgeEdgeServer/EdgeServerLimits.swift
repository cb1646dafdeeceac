import NIOCore

/// Bounds of the edge's shell; those of its conversations are the machine's.
enum EdgeServerLimits {
    /// Bytes of a WebSocket message: a client frame has at most 16 KiB.
    static let webSocketFrameBytes = 16 * 1024
    /// How long to wait before connecting to a host that is not there: short against a restart (some 50 ms), long against a failed call (20 µs).
    static let linkRetry = TimeAmount.milliseconds(20)
    /// The same after a host broke the link's rules or refused this edge: it will most likely do so again, and each time is a line in the log.
    static let linkFaultPause = TimeAmount.milliseconds(500)
    /// Connections waiting to be accepted while the loop is busy with a tick, and how many it accepts before it reads again.
    static let backlog: Int32 = 512
    static let acceptsPerTurn: UInt = 16
    /// How long nothing is accepted when the system has no descriptor or memory left for it; asking again at once would be a busy loop.
    static let acceptPause = TimeAmount.milliseconds(100)
    /// Descriptors kept back for what is not a client: the links and the control channel, the loop's own, a log.
    static func reservedDescriptors(worlds: Int) -> Int { 32 + 2 * worlds }
    /// Bytes read from a link at once: a release of some thousand rows in one go.
    static let linkReadBytes = 256 * 1024
    /// Bytes that may wait for a host that does not read; it reads once a turn, so more means that it hangs, and the edge reconnects.
    static let linkQueueBytes = 64 * 1024 * 1024
    /// Bytes that the kernel accepts for a client beyond what the client's side has room for. Without a bound it accepts up to 4 MiB, which a client
    /// that reads slowly would all have to read before it sees what the world is like now. Enough to keep a fast line busy between two turns.
    static let unsentBytes: ChannelOptions.Types.SocketOption.Value = 32 * 1024
    /// How long a connection that is to be closed may read nothing of what was written before, how long it may take in all (as an update may, which is
    /// the most that there is to read), and how many may wait like this at a time: further ones are cut off, or a flood of them would use up all
    /// descriptors.
    static let closeTime = TimeAmount.seconds(1)
    static let drainTime = TimeAmount.seconds(10)
    static let closingConnections = 1_024
    /// How often it is looked whether a burst is over, and its memory can go back to the system: seldom, because each takes up to a millisecond.
    static let trimPeriod = TimeAmount.seconds(2)
    /// How often the supervisor is told how the edge does.
    static let statusPeriod = TimeAmount.milliseconds(200)
}
