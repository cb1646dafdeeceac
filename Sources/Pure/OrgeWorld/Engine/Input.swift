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
    /// A command that the host refuses: it takes its place in the sequence, and world code never sees it.
    case refused(Source, sequence: UInt64, InputRefusal)
    /// The session ends without the world's code, which failed on its end: intents are cleared, the avatar stays.
    case abandon(session: UInt64)

    package static func command(session: UInt64, sequence: UInt64, kind: UInt16, payload: [UInt8]) -> Input {
        .command(.session(session), sequence: sequence, kind: kind, payload: payload)
    }

    /// False for what concerns the source alone: world code cannot tell whether it happened.
    var isSeenByWorld: Bool {
        switch self {
        case .resume, .malformed, .refused, .command(.world, _, _, _): false
        case .arrive, .detach, .depart, .command(.session, _, _, _), .keyed, .intent, .abandon: true
        }
    }

    /// The longest payload: a row has at most 4,096 bytes in memory and no more than that on the wire.
    package static let payloadLimit = 4_096
}

/// Why a host refuses an input in the place of the world.
package enum InputRefusal: Equatable, Sendable {
    /// The world's code failed on it.
    case worldFault
    /// The account's inputs are refused until this time, in UTC milliseconds since 1970.
    case suspended(until: UInt64)
    /// Commands of this kind are refused until this time; 0: until the world has other code, or an operator allows them.
    case kindDisabled(until: UInt64)

    package var refusal: Refusal {
        switch self {
        case .worldFault: Refusal(.worldFault, "the world failed on this; it was not executed and will not be")
        case .suspended(let until):
            Refusal(.suspended, "suspended until \(utcText(milliseconds: until)), because the world failed on what this account had sent")
        case .kindDisabled(0): Refusal(.kindDisabled, "disabled until the world is mended, because the world failed on commands of this kind")
        case .kindDisabled(let until):
            Refusal(.kindDisabled, "disabled for guests until \(utcText(milliseconds: until)), because the world failed on commands of this kind")
        }
    }
}
