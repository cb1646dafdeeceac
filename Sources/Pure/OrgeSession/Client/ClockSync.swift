package import OrgeWire

/// What a client knows of the server's clock and of the tick that is running there, from pings and pongs. Times of the client are nanoseconds.
package struct ClockSync: Equatable, Sendable {
    package struct Sample: Equatable, Sendable {
        package var roundTrip: UInt64
        /// Server time minus client time, nanoseconds, wrapping.
        package var offset: UInt64
    }

    /// Samples among which the shortest round trip is looked for: 40 s at a ping every 5 s, so that a change of route is noticed.
    private static let windowCount = 8

    private var samples: [Sample] = []
    private var nextSample = 0
    /// The best one of the window.
    package private(set) var best: Sample?
    /// Thousandths of a second of the world in one second of the clock, as the last notice said.
    package var dilationPermille: UInt16 = 1000
    /// The last pong's tick, and when it was released, in nanoseconds of the server.
    package private(set) var tick: UInt64 = 0
    private var tickReleased: UInt64 = 0

    package init() {}

    /// - Parameters:
    ///   - sentAt: when the ping was sent.
    ///   - now: when the pong came.
    package mutating func note(_ pong: ServerFrame.Pong, sentAt: UInt64, now: UInt64) {
        guard now >= sentAt else { return }
        let serverNow = pong.serverMicroseconds &* 1000
        let sample = Sample(roundTrip: now - sentAt, offset: serverNow &- (sentAt + (now - sentAt) / 2))
        if samples.count < Self.windowCount { samples.append(sample) } else { samples[nextSample] = sample }
        nextSample = (nextSample + 1) % Self.windowCount
        best = samples.min { $0.roundTrip < $1.roundTrip }
        tick = pong.tick
        tickReleased = serverNow &- UInt64(pong.microsecondsIntoTick) &* 1000
    }

    /// The server's clock at the client's `now`, in nanoseconds; nil before the first pong.
    package func serverTime(at now: UInt64) -> UInt64? { best.map { now &+ $0.offset } }

    /// About where the world is at the client's `now`: the tick, and the part of it that has passed; for drawing. nil before the first pong and where
    /// ticks have no fixed length.
    package func tickPosition(at now: UInt64, tickMicroseconds: UInt32) -> (tick: UInt64, fraction: Double)? {
        guard tickMicroseconds > 0, let server = serverTime(at: now) else { return nil }
        let since = Int64(bitPattern: server &- tickReleased)
        guard since >= 0 else { return (tick, 0) }
        let passed = Double(since) / 1000 / Double(tickMicroseconds) * Double(dilationPermille) / 1000
        let whole = passed.rounded(.down)
        return (tick &+ UInt64(whole), passed - whole)
    }
}
