import OrgeImage
import OrgeSchema

/// The kinds of state that a host keeps beside its world's. As with an engine's sections, hash, image and restoring are switches over this list.
enum HostSection: CaseIterable, Sendable {
    /// Chains, time and the number of the next session.
    case host
    /// Sessions with the outcomes that their clients have not acknowledged.
    case sessions
    /// What edges hold, and the answers kept for them.
    case edges
    /// Other worlds as sources of commands, with the outcomes that they have not acknowledged.
    case worlds
    /// Sessions that have ended, with the outcomes that their clients have not acknowledged.
    case ended
    /// Reliable events that some edge or client may not hold yet.
    case events
    /// The last starts of hosts.
    case openings
    /// What the world's faults have led to.
    case faults

    var description: ImageSection {
        switch self {
        case .host: ImageSection("host", format: 2)
        case .sessions: ImageSection("sessions", format: 5)
        case .edges: ImageSection("edges", format: 3)
        case .worlds: ImageSection("worlds", format: 3)
        case .ended: ImageSection("ended", format: 1)
        case .events: ImageSection("events", format: 2)
        case .openings: ImageSection("openings", format: 1)
        case .faults: ImageSection("faults", format: 1)
        }
    }

    /// Whether the host's hash covers the section. Starts are not covered: the same records lead to the same state however often hosts started.
    var isFolded: Bool { self != .openings }

    /// The hash of the section.
    /// - Parameter content: the hash of what it holds.
    func hash(_ content: UInt64) -> UInt64 { mix64(fold64(hash64(description.name.utf8), content)) }
}

/// The hash of a section's records, in order.
struct RecordsHash {
    private(set) var value: UInt64 = 0

    mutating func add(_ bytes: [UInt8], _ range: Range<Int>) { value = fold64(value, recordHash(bytes, range)) }
}
