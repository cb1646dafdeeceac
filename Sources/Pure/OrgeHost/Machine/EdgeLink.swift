import OrgeLink
import OrgeSchema

/// One connection from an edge.
struct EdgeLink: Sendable {
    /// nil until it has said hello.
    var edge: UInt64?
    /// The last batch of inputs.
    var batch: UInt64 = 0
    /// Everything released through this tick was sent.
    var sent: UInt64 = 0
    /// It holds everything through this tick.
    var acknowledged: UInt64 = 0
    /// An image, and what goes with it.
    var image: WaitingImage?

    struct WaitingImage: Sendable {
        /// It waits for this tick's release.
        let tick: UInt64
        var frames: [[UInt8]]
        /// The releases through its tick come first; otherwise it stands for them.
        var followsReleases = false
    }

    /// Sent and not acknowledged.
    private var unacknowledged: [(tick: UInt64, bytes: Int)] = []
    private(set) var unacknowledgedBytes = 0

    /// Whether more may be sent. A single tick may be larger than the bound.
    var hasRoom: Bool { unacknowledgedBytes < HostLimits.bytesUnacknowledged }

    mutating func sent(_ tick: UInt64, bytes: Int) {
        sent = tick
        unacknowledged.append((tick, bytes))
        unacknowledgedBytes += bytes
    }

    mutating func acknowledge(_ tick: UInt64) {
        acknowledged = max(acknowledged, tick)
        let gone = unacknowledged.prefix { $0.tick <= tick }
        unacknowledgedBytes -= gone.reduce(0) { $0 + $1.bytes }
        unacknowledged.removeFirst(gone.count)
    }
}
