package import OrgeWorld

/// Decides from the clock when ticks begin, how late they are, and how much slower than the clock the world goes.
package struct TickPacer: Sendable {
    package let pace: Pace
    /// When the next tick of a fixed pace is due.
    package private(set) var due: UInt64
    /// Ticks that began more than half a period after they were due.
    package private(set) var lateTicks: UInt64 = 0
    /// Thousandths of a second of the world in one second of the clock, over the last second.
    package private(set) var dilationPermille: UInt16 = 1000
    private var windowStart: UInt64
    private var windowTicks: UInt64 = 0

    /// Nanoseconds from tick to tick; 0 unless the pace is fixed.
    package let period: UInt64

    private static let window: UInt64 = 1_000_000_000

    package init(_ pace: Pace, now: UInt64) {
        self.pace = pace
        period = UInt64(pace.tickMicroseconds) * 1_000
        due = now
        windowStart = now
    }

    /// The moment at which a tick may begin; nil when only inputs can make one begin.
    package var nextStart: UInt64? {
        switch pace {
        case .fixed: due
        case .onDemand: nil
        case .flatOut: 0
        }
    }

    /// Whether a tick begins now; then it counts as begun.
    /// - Parameter inputsWait: whether anything is there that a world on demand would run for.
    /// - Returns: microseconds of lateness, or nil for no tick.
    package mutating func begin(now: UInt64, inputsWait: Bool) -> UInt32? {
        switch pace {
        case .onDemand: return inputsWait ? 0 : nil
        case .flatOut: return 0
        case .fixed:
            guard now >= due else { return nil }
            let lateness = now - due
            if lateness > period / 2 { lateTicks += 1 }
            due += period
            // What is older than the ticks that may be caught up is not made good: from here on time is dilated.
            let allowance = HostLimits.catchUpTicks * period
            if now > due + allowance { due = now - allowance }
            measure(now)
            return UInt32(clamping: lateness / 1000)
        }
    }

    private mutating func measure(_ now: UInt64) {
        windowTicks += 1
        let elapsed = now - windowStart
        guard elapsed >= Self.window else { return }
        let permille = windowTicks * period * 1000 / elapsed
        // Windows end at ticks, not at seconds: within one tick of the full rate is the full rate.
        // A world that stood still is told as one that hardly moves: clients divide by it.
        dilationPermille = (windowTicks + 1) * period >= elapsed ? 1000 : max(1, UInt16(clamping: permille))
        windowStart = now
        windowTicks = 0
    }
}
