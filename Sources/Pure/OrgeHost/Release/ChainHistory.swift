/// Chain hashes after the last ticks, in a ring.
struct ChainHistory: Sendable {
    private var points: [(tick: UInt64, chain: UInt64)]
    /// The oldest point, once the ring is full.
    private var oldest = 0

    init(tick: UInt64, chain: UInt64) { points = [(tick, chain)] }

    /// - Precondition: ticks rise.
    mutating func append(_ tick: UInt64, _ chain: UInt64) {
        guard points.count == HostLimits.chainsKept else { return points.append((tick, chain)) }
        points[oldest] = (tick, chain)
        oldest = (oldest + 1) % points.count
    }

    /// The chain after a tick; nil when the tick was not run, or is no longer remembered.
    subscript(tick: UInt64) -> UInt64? {
        var (low, high) = (0, points.count)
        while low < high {
            let middle = (low + high) / 2
            if points[(oldest + middle) % points.count].tick < tick { low = middle + 1 } else { high = middle }
        }
        guard low < points.count else { return nil }
        let found = points[(oldest + low) % points.count]
        return found.tick == tick ? found.chain : nil
    }
}
