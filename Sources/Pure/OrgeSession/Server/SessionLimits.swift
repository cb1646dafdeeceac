/// How long the server waits and how much it takes. Times are nanoseconds.
package enum SessionLimits {
    package static let second: UInt64 = 1_000_000_000

    /// From connection to login: a connection that says nothing costs a descriptor.
    package static let handshake = 5 * second
    /// Without a whole frame: then the peer is gone, or not worth a slot.
    package static let idle = 60 * second
    /// From `leave` to `close`, whatever is still unanswered: a world that is away must not hold a connection.
    package static let leaving = 5 * second
    /// From the notice that the server stops to `close`, for a client whose commands are not all answered: the time that the notice names.
    package static let stopping = 1 * second

    /// Frames of a world that its timeline's change took from the client, which may still be on their way when the client hears of it: a window of
    /// commands and some seconds of intents. They are ignored; more of them are not expected.
    package static let lateFrames = 1_024
    /// Commands without an outcome: 2,560 a second at 100 ms round trip; bounds the host's session table.
    package static let commandWindow: UInt64 = 256
    /// Bytes of command frames without an outcome: what the edge keeps to send again, per client.
    package static let byteWindow: UInt64 = 64 * 1024

    /// Outcomes after which a client says that they have come: some receipts for each window, so that the server keeps few that it need not.
    package static let receiptInterval: UInt64 = 64
    /// Malformed commands in a row, the last of which closes the connection. The others are refused: a client with an older schema may have one command
    /// that the world no longer knows, one that cannot write rows at all should not go on.
    package static let malformedCommands = 3

    /// Clock samples need no more.
    package static let ping = Rate(perSecond: 10, burst: 20)
    /// Twice a fast display.
    package static let intent = Rate(perSecond: 240, burst: 480)
    /// Each audit walks what the client sees.
    package static let audit = Rate(perSecond: 1, burst: 4)
    /// Describe and join reach the world.
    package static let choice = Rate(perSecond: 1, burst: 8)

    /// A client pings this often, for its clock and against the idle limit.
    package static let clientPing = 5 * second
    /// Entities that a client keeps in view at most; a server that sends more is broken.
    package static let viewEntities = 1 << 20
    /// Rows of one audit answer that a client takes.
    package static let auditRows = 1 << 22
}

/// A bucket of `burst` tokens, full at first, filled at `perSecond`.
package struct Rate: Equatable, Sendable {
    package var interval: UInt64
    package var tolerance: UInt64

    package init(perSecond: UInt64, burst: UInt64) {
        precondition(perSecond > 0 && burst > 0, "a rate that lets something through")
        interval = SessionLimits.second / perSecond
        tolerance = (burst - 1) * interval
    }
}

/// How far one peer has used up a ``Rate``: eight bytes (the generic cell rate algorithm).
package struct RateMeter: Equatable, Sendable {
    private var expected: UInt64 = 0

    package init() {}

    /// Consumes one token.
    /// - Returns: false when there is none.
    package mutating func consume(_ rate: Rate, now: UInt64) -> Bool {
        let arrival = max(expected, now)
        guard arrival - now <= rate.tolerance else { return false }
        expected = arrival + rate.interval
        return true
    }
}
