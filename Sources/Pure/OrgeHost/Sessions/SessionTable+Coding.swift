import OrgeLink
import OrgeSchema

extension SessionTable {
    /// How many accounts the sessions have.
    static func accountCount(of sessions: [Session]) -> Int {
        var accounts = SortedMap<AccountID, UInt64>()
        for session in sessions { accounts[session.account] = session.number }
        return accounts.count
    }
}

/// `u64` number, identity, `u64` avatar, edge, attachment and tick of the attachment, `u64` events through, ticket's hash, flag and `u64` tick of
/// detachment, flag, `u32` number and `u64` tick of the last intent, window.
extension Session {
    func encode(to writer: inout ByteWriter) {
        writer.u64(number)
        identity.encode(to: &writer)
        writer.entity(avatar)
        writer.u64(attachment.edge)
        writer.u64(attachment.number)
        writer.u64(attachedAt)
        writer.u64(eventsThrough)
        ticket.encode(to: &writer)
        writer.tickIfPresent(detachedSince)
        writer.flag(lastIntent != nil)
        writer.u32(lastIntent?.number ?? 0)
        writer.u64(lastIntent?.tick ?? 0)
        window.encode(to: &writer)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        self.init(
            number: try reader.u64(), try Identity(reading: &reader), avatar: try reader.entity(),
            attachment: Attachment(edge: try reader.u64(), number: try reader.u64()), attachedAt: try reader.u64(), eventsThrough: try reader.u64(),
            ticket: try TicketHash(reading: &reader))
        if let since = try reader.tickIfPresent() { detach(at: since) }
        let start = reader.offset
        let hasIntent = try reader.flag()
        let intent = (number: try reader.u32(), tick: try reader.u64())
        guard hasIntent || intent == (0, 0) else { throw DecodeError(.inconsistent("an intent where none is said to be"), at: start) }
        if hasIntent { consume(intent.number, in: intent.tick) }
        window = try OutcomeWindow(reading: &reader)
    }
}

/// `u8` whether there is a tick, `u64` the tick, or 0.
extension ByteWriter {
    mutating func tickIfPresent(_ tick: UInt64?) {
        flag(tick != nil)
        u64(tick ?? 0)
    }
}

extension ByteReader {
    mutating func tickIfPresent() throws(DecodeError) -> UInt64? {
        let start = offset
        let isPresent = try flag()
        let tick = try u64()
        guard isPresent || tick == 0 else { throw DecodeError(.inconsistent("a tick where none is said to be"), at: start) }
        return isPresent ? tick : nil
    }
}

/// `u16` world, timeline, window.
struct WorldInboxRecord {
    let source: WorldSource
    let window: OutcomeWindow

    init(_ world: UInt16, _ inbox: WorldInbox) {
        source = WorldSource(world: world, timeline: inbox.timeline)
        window = inbox.window
    }

    func encode(to writer: inout ByteWriter) {
        source.encode(to: &writer)
        window.encode(to: &writer)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        source = try WorldSource(reading: &reader)
        window = try OutcomeWindow(reading: &reader)
    }
}

/// `u8` kind: 0 joined (session, avatar, next sequence, answer to a ticket), 1 refused (reason, code, text, answer to a ticket), 2 ended (reason).
extension AttachmentAnswer {
    func encode(to writer: inout ByteWriter) {
        switch self {
        case .join(.joined(let session, let avatar, let nextSequence, let resume)):
            writer.u8(0)
            writer.u64(session)
            writer.entity(avatar)
            writer.u64(nextSequence)
            resume.encode(to: &writer)
        case .join(.refused(let reason, let code, let text, let resume)):
            writer.u8(1)
            writer.u8(reason.rawValue)
            writer.u8(code)
            writer.shortText(text)
            resume.encode(to: &writer)
        case .ended(let reason):
            writer.u8(2)
            writer.u8(reason.rawValue)
        }
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        switch try reader.u8() {
        case 0:
            self = .join(
                .joined(
                    session: try reader.u64(), avatar: try reader.entity(), nextSequence: try reader.u64(), resume: try ResumeAnswer(reading: &reader)))
        case 1:
            guard let reason = JoinRefusalReason(rawValue: try reader.u8()) else { throw DecodeError(.inconsistent("a kept refusal"), at: start) }
            self = .join(
                .refused(
                    reason, code: try reader.u8(), text: try reader.shortText(limit: LinkLimits.textBytes), resume: try ResumeAnswer(reading: &reader)))
        case 2:
            guard let reason = EndReason(rawValue: try reader.u8()) else { throw DecodeError(.inconsistent("a kept ending"), at: start) }
            self = .ended(reason)
        case let kind: throw DecodeError(.unknown(what: "kept answer", value: UInt64(kind)), at: start)
        }
    }
}
