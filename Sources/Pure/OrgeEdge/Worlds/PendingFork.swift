import OrgeLink
import OrgeSchema

/// A host's timeline that is replacing the edge's: from the hello that says so until its image and what belongs to it have come.
struct PendingFork {
    var fork: Fork
    /// What the edge held on the timeline that it leaves; said again when the link is lost meanwhile.
    let left: (held: Timeline, rows: Timeline)
    /// The edge's sessions on the new timeline by attachment; nil until they have come.
    var sessions: SortedMap<UInt64, HeldSession>?

    /// A second fork before the first was told: what holds is what both leave.
    mutating func merge(_ other: Fork) {
        switch (fork, other) {
        case (.after(let first), .after(let second)): fork = .after(tick: min(first, second))
        case (.unknown, _), (_, .unknown): fork = .unknown
        }
        sessions = nil
    }
}
