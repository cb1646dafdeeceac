import OrgeLink

/// The last released ticks, bounded in number and bytes.
package struct RetainedTicks: Sendable {
    private var ticks: [HeldTick] = []
    private var bytes = 0
    /// The last tick that is not kept any more.
    package private(set) var before: UInt64
    private var chains: ChainHistory

    /// - Parameter tick: the state that the first one kept will follow.
    package init(after tick: UInt64, chain: UInt64) {
        before = tick
        chains = ChainHistory(tick: tick, chain: chain)
    }

    var isEmpty: Bool { ticks.isEmpty }

    /// The chain after a tick that was released, while it is remembered.
    func chain(after tick: UInt64) -> UInt64? { chains[tick] }

    package mutating func append(_ tick: HeldTick) {
        ticks.append(tick)
        bytes += tick.byteCount
        chains.append(tick.tick, tick.head.chain)
        var gone = 0
        while ticks.count - gone > 1 && (ticks.count - gone > HostLimits.ticksRetained || bytes > HostLimits.bytesRetained) {
            before = ticks[gone].tick
            bytes -= ticks[gone].byteCount
            gone += 1
        }
        // At once, though it moves the rest: one that lingers may be a tick of a million rows.
        if gone > 0 { ticks.removeFirst(gone) }
    }

    /// What an edge is sent of the first tick after this one; nil when there is none.
    /// - Precondition: `tick >= before`.
    mutating func frames(after tick: UInt64, to edge: UInt64, on link: UInt64, world: UInt16) -> (tick: UInt64, frames: [[UInt8]])? {
        precondition(tick >= before, "ticks after \(tick) are not kept any more")
        guard let index = ticks.lastIndex(where: { $0.tick <= tick }).map({ $0 + 1 }) ?? ticks.indices.first, index < ticks.count else { return nil }
        bytes -= ticks[index].byteCount
        let frames = ticks[index].frames(to: edge, on: link, world: world)
        bytes += ticks[index].byteCount
        return (ticks[index].tick, frames)
    }

    /// Adds an audit's answer to the newest tick.
    mutating func add(audit frames: [[UInt8]], for link: UInt64) {
        ticks[ticks.count - 1].audits.append((link, frames))
    }
}
