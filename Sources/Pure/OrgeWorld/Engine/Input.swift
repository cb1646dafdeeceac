package import OrgeBase
package import OrgeSchema

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
    /// A session's is run by its avatar. One of another world is refused: world code declares nothing that it would take from there.
    case command(Source, sequence: UInt64, kind: UInt16, payload: [UInt8])
    /// A command of a session with an idempotency key: run unless its account has applied it before.
    case keyed(session: UInt64, sequence: UInt64, IdempotencyKey, kind: UInt16, payload: [UInt8])
    /// A command that could not be read: it is refused, and takes its place in the sequence.
    case malformed(Source, sequence: UInt64)
    case intent(session: UInt64, kind: UInt16, payload: [UInt8])

    package static func command(session: UInt64, sequence: UInt64, kind: UInt16, payload: [UInt8]) -> Input {
        .command(.session(session), sequence: sequence, kind: kind, payload: payload)
    }

    /// False for what concerns the source alone: world code cannot tell whether it happened.
    var isSeenByWorld: Bool {
        switch self {
        case .resume, .malformed, .command(.world, _, _, _): false
        case .arrive, .detach, .depart, .command(.session, _, _, _), .keyed, .intent: true
        }
    }

    /// The longest payload: a row has at most 4,096 bytes in memory and no more than that on the wire.
    package static let payloadLimit = 4_096
}
