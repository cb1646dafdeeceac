package import OrgeSchema

enum InputTag {
    static let join: UInt8 = 1
    static let leave: UInt8 = 2
    static let detach: UInt8 = 3
    static let command: UInt8 = 4
    static let intent: UInt8 = 5
    static let acknowledge: UInt8 = 6
    static let audit: UInt8 = 7
    static let malformed: UInt8 = 8
    static let keyedCommand: UInt8 = 10
    // 9 is reserved for a command of another world: world u16 · timeline · sequence.
}

/// One thing that an edge asks of a world. Extents point into the batch's bytes.
package enum LinkInput: Equatable, Sendable {
    /// `attachment` is a number that this edge process never uses twice. Sent again after a lost link: the host answers the same
    /// (edge, attachment) with the same session.
    /// Indirect: a batch is mostly commands, and each would take the room of a join.
    indirect case join(attachment: UInt64, Identity, JoinTickets = .none)
    /// On purpose: the avatar departs at once. Answered by an ending in a release; sent again until then.
    case leave(attachment: UInt64)
    /// The connection was lost: the avatar lingers. Answered like a leave.
    case detach(attachment: UInt64)
    /// Answered by exactly one outcome in a release; sent again until then. Sequences of a session have no gap.
    case command(session: UInt64, sequence: UInt64, kind: UInt16, payload: Extent)
    /// A command with an idempotency key; otherwise as one without.
    case keyedCommand(session: UInt64, sequence: UInt64, IdempotencyKey, kind: UInt16, payload: Extent)
    /// A command that is unknown or whose payload is no row of its kind: it takes its place in the sequence, and the host refuses it.
    case malformed(session: UInt64, sequence: UInt64)
    /// Latest wins; never answered, never sent again. `number` is the client's; releases say which one was consumed.
    case intent(session: UInt64, number: UInt32, kind: UInt16, payload: Extent)
    /// The client has all outcomes through this sequence: the host may forget them.
    case acknowledge(session: UInt64, through: UInt64)
    /// `request` is a number of the edge; session 0 asks for a monitor. Sent again until answered.
    case audit(request: UInt64, session: UInt64)
}

extension LinkInput {
    init(reading reader: inout ByteReader) throws(DecodeError) {
        switch try reader.u8() {
        case InputTag.join:
            let attachment = try reader.u64()
            self = .join(attachment: attachment, try Identity(reading: &reader), try JoinTickets(reading: &reader))
        case InputTag.leave: self = .leave(attachment: try reader.u64())
        case InputTag.detach: self = .detach(attachment: try reader.u64())
        case InputTag.command:
            self = .command(session: try reader.u64(), sequence: try reader.u64(), kind: try reader.u16(), payload: try reader.piece())
        case InputTag.keyedCommand:
            self = .keyedCommand(
                session: try reader.u64(), sequence: try reader.u64(), try IdempotencyKey(reading: &reader), kind: try reader.u16(),
                payload: try reader.piece())
        case InputTag.malformed: self = .malformed(session: try reader.u64(), sequence: try reader.u64())
        case InputTag.intent:
            self = .intent(session: try reader.u64(), number: try reader.u32(), kind: try reader.u16(), payload: try reader.piece())
        case InputTag.acknowledge: self = .acknowledge(session: try reader.u64(), through: try reader.u64())
        case InputTag.audit: self = .audit(request: try reader.u64(), session: try reader.u64())
        case let tag: throw DecodeError(.unknown(what: "link input", value: UInt64(tag)), at: reader.offset - 1)
        }
    }
}
