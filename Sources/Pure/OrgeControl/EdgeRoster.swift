/// Which edge processes may be alive, as the supervisor knows it: it starts them, and hears of the end of each from the kernel.
///
/// An edge's id is `start << 32 | ordinal`: `start` is drawn at random by each supervisor, ordinals count its edge processes from 1. So a
/// roster also says of every edge of an earlier supervisor that it is gone: it ended with that supervisor.
package struct EdgeRoster: Equatable, Sendable {
    /// Of this supervisor; not 0.
    package var start: UInt32
    /// The ordinal of the last process that had been started. The roster says nothing about later ones.
    package var last: UInt32
    /// Ordinals of those that have not ended, ascending; at most ``edgesLimit``.
    package var alive: [UInt32]

    /// Edges of one server: one for each core of a large machine. A host takes links of twice as many (`HostLimits.edges`): those of an edge and
    /// of its successor overlap.
    package static let edgesLimit = 32

    package init(start: UInt32, last: UInt32, alive: [UInt32]) {
        self.start = start
        self.last = last
        self.alive = alive
    }

    package static func id(start: UInt32, ordinal: UInt32) -> UInt64 { UInt64(start) << 32 | UInt64(ordinal) }

    /// Whether the edge process is known to have ended. False also for one that was started after the roster was made.
    package func isGone(_ edge: UInt64) -> Bool {
        guard edge >> 32 == UInt64(start) else { return true }
        let ordinal = UInt32(truncatingIfNeeded: edge)
        return ordinal <= last && !alive.contains(ordinal)
    }
}
