import NIOCore

/// Bounds of the edge's shell; those of its conversations are the machine's.
enum EdgeServerLimits {
    /// Bytes of a WebSocket message: a client frame has at most 16 KiB.
    static let webSocketFrameBytes = 16 * 1024
    /// How long a connection may stay HTTP: the page and its module come in milliseconds.
    static let webRequestTime = TimeAmount.seconds(10)
    /// How long to wait before connecting to a host that is not there: short against a restart (some 50 ms), long against a failed call (20 µs).
    static let linkRetry = TimeAmount.milliseconds(20)
    /// Connections waiting to be accepted while the loop is busy with a tick.
    static let backlog: Int32 = 512
    /// Bytes read from a link at once: a release of some thousand rows in one go.
    static let linkReadBytes = 256 * 1024
    /// Bytes that may wait for a host that does not read; it reads once a turn, so more means that it hangs, and the link is made anew.
    static let linkQueueBytes = 64 * 1024 * 1024
    /// How long a connection that is to be closed may take to read what was written before.
    static let closeTime = TimeAmount.seconds(1)
    /// How often the supervisor is told how the edge does.
    static let statusPeriod = TimeAmount.milliseconds(200)
}
