import OrgeLink
import OrgeSchema

/// Comparing an edge's timeline with the journal's.
///
/// A fork happens only where a host starts: it goes on from what it recovered, and ticks beyond that, released by an earlier incarnation, are lost.
extension HostMachine {
    /// Where the edge's timeline left this one; nil when it did not.
    func fork(of hello: EdgeHello) -> Fork? {
        let forks = [hello.held, hello.rows].compactMap { fork(of: $0) }
        guard let first = forks.first, !forks.contains(.unknown) else { return forks.first.map { _ in .unknown } }
        return forks.reduce(first) { $1.sharedTick < $0.sharedTick ? $1 : $0 }
    }

    /// Where a point left this timeline; nil when it lies on it.
    func fork(of point: Timeline) -> Fork? {
        if point.tick == 0 || isShared(point) { return nil }
        guard point.incarnation <= settings.incarnation, knowsStarts(after: point.incarnation) else { return .unknown }
        // An incarnation that the journal lost is given again: then the start of its successor is where the two parted.
        let starts = state.openings.filter { $0.incarnation > point.incarnation || $0.incarnation == settings.incarnation }
        guard let tick = starts.map(\.tick).min(), tick < point.tick else { return .unknown }
        return .after(tick: tick)
    }

    private func isShared(_ point: Timeline) -> Bool {
        guard point.tick <= releasedTick else { return false }
        if point.chain != 0, let chain = retained.chain(after: point.tick) { return chain == point.chain }
        guard point.incarnation <= settings.incarnation, knowsStarts(after: point.incarnation) else { return false }
        return state.openings.allSatisfy { $0.incarnation <= point.incarnation || $0.tick >= point.tick }
    }

    private func knowsStarts(after incarnation: UInt32) -> Bool { state.openings.first.map { $0.incarnation <= incarnation + 1 } ?? false }
}
