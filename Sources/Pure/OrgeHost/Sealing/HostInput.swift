package import OrgeSchema

/// One connection's hold on a session: a number that its edge process never uses twice.
package struct Attachment: Comparable, Sendable {
    package var edge: UInt64
    package var number: UInt64

    package init(edge: UInt64, number: UInt64) {
        self.edge = edge
        self.number = number
    }

    package static func < (a: Attachment, b: Attachment) -> Bool { (a.edge, a.number) < (b.edge, b.number) }
}

/// One thing that the host seals into a tick: what the journal holds, and what alone changes the session table and the world.
///
/// The order of the cases is the order inside a tick.
package enum HostInput: Equatable, Sendable {
    /// The session's client has been sent all outcomes through `sequence`: they need not be kept.
    case acknowledged(session: UInt64, sequence: UInt64)
    /// The edge holds everything released through `tick`: answers and events up to there need not be kept for it.
    case released(edge: UInt64, tick: UInt64)
    /// The client said that it goes.
    case leave(Attachment)
    /// Nobody took the session up again for the time of the linger: a decision of the host's clock.
    case expire(session: UInt64)
    /// The client's connection is lost.
    case detach(Attachment)
    /// The edge's process has ended, or it did not come back in time: all its sessions are detached. A decision of the supervisor or the clock.
    case edgeGone(edge: UInt64)
    /// A client wants to be in the world under this name. `takesOver`: when the account is attached, then through another edge whose process has
    /// ended, as the supervisor says, so that the first newcomer may have it.
    case join(Attachment, account: String, takesOver: Bool)
    /// `number` is the client's own count of its intents.
    case intent(session: UInt64, number: UInt32, kind: UInt16, payload: [UInt8])
    case command(session: UInt64, sequence: UInt64, kind: UInt16, payload: [UInt8])
    /// A command that the edge could not read; sealed among the session's commands, and refused.
    case malformed(session: UInt64, sequence: UInt64)
}

/// Layout: `tag u8`, then the fields in order, numbers big-endian; account `text`; payload `u32` length and bytes.
extension HostInput {
    private enum Tag: UInt8 {
        case acknowledged = 1
        case released, leave, expire, detach, edgeGone, join, intent, command, malformed
    }

    /// Fewest bytes of an input.
    static let minBytes = 9

    package func encode(to writer: inout ByteWriter) {
        switch self {
        case .acknowledged(let session, let sequence): encode(.acknowledged, session, sequence, to: &writer)
        case .released(let edge, let tick): encode(.released, edge, tick, to: &writer)
        case .leave(let attachment): encode(.leave, attachment.edge, attachment.number, to: &writer)
        case .expire(let session): encode(.expire, session, to: &writer)
        case .detach(let attachment): encode(.detach, attachment.edge, attachment.number, to: &writer)
        case .edgeGone(let edge): encode(.edgeGone, edge, to: &writer)
        case .join(let attachment, let account, let takesOver):
            encode(.join, attachment.edge, attachment.number, to: &writer)
            writer.shortText(account)
            writer.flag(takesOver)
        case .malformed(let session, let sequence): encode(.malformed, session, sequence, to: &writer)
        case .intent(let session, let number, let kind, let payload):
            encode(.intent, session, to: &writer)
            writer.u32(number)
            writer.u16(kind)
            writer.blob(payload)
        case .command(let session, let sequence, let kind, let payload):
            encode(.command, session, sequence, to: &writer)
            writer.u16(kind)
            writer.blob(payload)
        }
    }

    private func encode(_ tag: Tag, _ number: UInt64, to writer: inout ByteWriter) {
        writer.u8(tag.rawValue)
        writer.u64(number)
    }

    private func encode(_ tag: Tag, _ first: UInt64, _ second: UInt64, to writer: inout ByteWriter) {
        writer.u8(tag.rawValue)
        writer.u64(first)
        writer.u64(second)
    }

    package init(reading reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        let raw = try reader.u8()
        guard let tag = Tag(rawValue: raw) else { throw DecodeError(.unknown(what: "input", value: UInt64(raw)), at: start) }
        let number = try reader.u64()
        switch tag {
        case .acknowledged: self = .acknowledged(session: number, sequence: try reader.u64())
        case .released: self = .released(edge: number, tick: try reader.u64())
        case .leave: self = .leave(Attachment(edge: number, number: try reader.u64()))
        case .expire: self = .expire(session: number)
        case .detach: self = .detach(Attachment(edge: number, number: try reader.u64()))
        case .edgeGone: self = .edgeGone(edge: number)
        case .join:
            let attachment = Attachment(edge: number, number: try reader.u64())
            self = .join(attachment, account: try reader.shortText(limit: HostLimits.accountBytes), takesOver: try reader.flag())
        case .intent:
            self = .intent(
                session: number, number: try reader.u32(), kind: try reader.u16(), payload: try reader.blob(limit: HostLimits.payloadBytes))
        case .malformed: self = .malformed(session: number, sequence: try reader.u64())
        case .command:
            self = .command(
                session: number, sequence: try reader.u64(), kind: try reader.u16(), payload: try reader.blob(limit: HostLimits.payloadBytes))
        }
    }
}
