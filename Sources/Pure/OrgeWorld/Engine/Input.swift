package import OrgeBase

/// An input to a world. A tick's inputs are applied in the order in which they were sealed.
package enum Input: Equatable, Sendable {
    /// An account enters as a session and gets its avatar.
    case arrive(session: UInt64, Identity)
    /// A detached session continues under a new number, with its avatar.
    case resume(session: UInt64, from: UInt64)
    /// The connection is lost: intents are cleared, the avatar stays.
    case detach(session: UInt64)
    /// The session ends.
    case depart(session: UInt64)
    case command(session: UInt64, sequence: UInt64, kind: UInt16, payload: [UInt8])
    /// A command that the edge could not read: it is refused, and takes its place in the sequence.
    case malformed(session: UInt64, sequence: UInt64)
    case intent(session: UInt64, kind: UInt16, payload: [UInt8])

    /// False for what concerns the session alone: world code cannot tell whether it happened.
    var isSeenByWorld: Bool {
        switch self {
        case .resume, .malformed: false
        case .arrive, .detach, .depart, .command, .intent: true
        }
    }

    /// The longest payload: a row has at most 4,096 bytes in memory and no more than that on the wire.
    package static let payloadLimit = 4_096
}
