import OrgeLink
import OrgeSchema

/// What one step of a host released to its edge.
struct TickNews {
    /// The tick that ran; nil where the pace wanted none.
    var record: (tick: UInt64, body: [UInt8])?
    private(set) var joins: [(attachment: UInt64, answer: JoinAnswer)] = []
    private(set) var ended: [(attachment: UInt64, reason: EndReason)] = []
    private(set) var outcomes: [(session: UInt64, sequence: UInt64, bytes: [UInt8])] = []
    private(set) var events: [(kind: UInt16, audience: EventAudience, row: [UInt8])] = []

    mutating func add(_ release: Release) {
        joins += release.joins
        ended += release.ended
        outcomes += release.outcomes.map { ($0.session, $0.sequence, Array(release.piece($0.bytes))) }
        events += release.events.map { ($0.kind, $0.audience, Array(release.piece($0.payload))) }
    }
}
