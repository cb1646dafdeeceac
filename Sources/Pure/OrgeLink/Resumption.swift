package import OrgeSchema

/// What a join says of tickets.
package struct JoinTickets: BitwiseCopyable, Equatable, Sendable {
    /// Of the session that the join opens, if it opens one.
    package var opens: TicketHash
    /// The session that the client wants back.
    package var resume: ResumeRequest?

    package static let none = JoinTickets(opens: .none)

    package init(opens: TicketHash, resume: ResumeRequest? = nil) {
        self.opens = opens
        self.resume = resume
    }
}

/// A client's claim to a session of an earlier connection.
package struct ResumeRequest: BitwiseCopyable, Equatable, Sendable {
    package var session: UInt64
    /// The hash of the ticket that the client has shown.
    package var proof: TicketHash
    /// The client has the outcomes through this sequence.
    package var acknowledged: UInt64
    /// The last incarnation that the client was told, and the highest tick that it has seen of it.
    package var incarnation: UInt32
    package var tick: UInt64
    /// Every reliable event of ticks through this one has come to the client.
    package var eventsThrough: UInt64

    package init(session: UInt64, proof: TicketHash, acknowledged: UInt64, incarnation: UInt32, tick: UInt64, eventsThrough: UInt64) {
        self.session = session
        self.proof = proof
        self.acknowledged = acknowledged
        self.incarnation = incarnation
        self.tick = tick
        self.eventsThrough = eventsThrough
    }

    static let byteCount = 8 + TicketHash.byteCount + 8 + 4 + 8 + 8
}

/// What became of a ``ResumeRequest``.
package enum ResumeAnswer: BitwiseCopyable, Equatable, Sendable {
    case notAsked
    /// No session that is known has this number, ticket and account.
    case unknown
    /// The session has ended. Outcomes of sequences from `oldest` through `through` are remembered, and come as ``Recalled`` entries of the same release.
    case ended(session: UInt64, oldest: UInt64, through: UInt64)
    /// The attachment has the session.
    case resumed(Resumed)

    /// How a session goes on.
    package struct Resumed: BitwiseCopyable, Equatable, Sendable {
        /// Outcomes of sequences from here on come as ``Recalled`` entries of the same release, up to the next sequence.
        package var oldest: UInt64
        /// The last intent of the session that the world has consumed, by the client's number; 0: none.
        package var lastIntent: UInt32
        /// Reliable events that are no longer kept, for whichever client; ``eventsUnknown``: it is not known how many.
        package var lostEvents: UInt32
        /// The world's timeline left the one that the client saw.
        package var fork: Fork?

        package static let eventsUnknown = UInt32.max

        package init(oldest: UInt64, lastIntent: UInt32, lostEvents: UInt32, fork: Fork? = nil) {
            self.oldest = oldest
            self.lastIntent = lastIntent
            self.lostEvents = lostEvents
            self.fork = fork
        }
    }
}

/// An outcome or event of an earlier tick, for one attachment that resumes a session.
package struct Recalled: BitwiseCopyable, Sendable {
    package enum Kind: BitwiseCopyable, Equatable, Sendable {
        case outcome(sequence: UInt64)
        /// Reliable; the edge judges whether the attachment's avatar is in the audience now.
        case event(kind: UInt16, EventAudience)
    }

    package var attachment: UInt64
    /// Of the outcome or event.
    package var tick: UInt64
    package var kind: Kind
    /// Canonical outcome, or the event's row.
    package var bytes: Extent
}

// MARK: Coding

/// `ticket bytes(32) · u8` 0, or 1 and the request.
extension JoinTickets {
    package func encode(to writer: inout ByteWriter) {
        opens.encode(to: &writer)
        writer.flag(resume != nil)
        resume?.encode(to: &writer)
    }

    package init(reading reader: inout ByteReader) throws(DecodeError) {
        opens = try TicketHash(reading: &reader)
        resume = try reader.flag() ? try ResumeRequest(reading: &reader) : nil
    }
}

/// `session u64 · proof bytes(32) · acknowledged u64 · incarnation u32 · tick u64 · events through u64`.
extension ResumeRequest {
    package func encode(to writer: inout ByteWriter) {
        writer.u64(session)
        proof.encode(to: &writer)
        writer.u64(acknowledged)
        writer.u32(incarnation)
        writer.u64(tick)
        writer.u64(eventsThrough)
    }

    package init(reading reader: inout ByteReader) throws(DecodeError) {
        self.init(
            session: try reader.u64(), proof: try TicketHash(reading: &reader), acknowledged: try reader.u64(), incarnation: try reader.u32(),
            tick: try reader.u64(), eventsThrough: try reader.u64())
    }
}

/// `u8` 0 not asked, 1 unknown, 2 ended (session, oldest, through: `u64`), 3 resumed (oldest `u64` · last intent `u32` · lost events `u32` · fork).
extension ResumeAnswer {
    package static let byteLimit = 1 + 8 + 8 + 8

    package func encode(to writer: inout ByteWriter) {
        switch self {
        case .notAsked: writer.u8(0)
        case .unknown: writer.u8(1)
        case .ended(let session, let oldest, let through):
            writer.u8(2)
            writer.u64(session)
            writer.u64(oldest)
            writer.u64(through)
        case .resumed(let resumed):
            writer.u8(3)
            writer.u64(resumed.oldest)
            writer.u32(resumed.lastIntent)
            writer.u32(resumed.lostEvents)
            Fork.encode(resumed.fork, to: &writer)
        }
    }

    package init(reading reader: inout ByteReader) throws(DecodeError) {
        switch try reader.u8() {
        case 0: self = .notAsked
        case 1: self = .unknown
        case 2: self = .ended(session: try reader.u64(), oldest: try reader.u64(), through: try reader.u64())
        case 3:
            self = .resumed(
                Resumed(oldest: try reader.firstSequence(), lastIntent: try reader.u32(), lostEvents: try reader.u32(), fork: try Fork.read(&reader)))
        case let raw: throw DecodeError(.unknown(what: "answer to a ticket", value: UInt64(raw)), at: reader.offset - 1)
        }
    }
}

/// `attachment u64 · tick u64 · u8` 0 (sequence `u64`) or 1 (kind `u16` · audience), then the bytes after their `u32` length.
extension Recalled {
    static let headByteLimit = 8 + 8 + 1 + 2 + EventAudience.byteLimit + 4

    static func encode(_ attachment: UInt64, _ tick: UInt64, _ kind: Kind, to writer: inout ByteWriter) {
        writer.u64(attachment)
        writer.u64(tick)
        switch kind {
        case .outcome(let sequence):
            writer.u8(0)
            writer.u64(sequence)
        case .event(let kind, let audience):
            writer.u8(1)
            writer.u16(kind)
            audience.encode(to: &writer)
        }
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        attachment = try reader.u64()
        tick = try reader.u64()
        switch try reader.u8() {
        case 0: kind = .outcome(sequence: try reader.u64())
        case 1: kind = .event(kind: try reader.u16(), try EventAudience(reading: &reader))
        case let raw: throw DecodeError(.unknown(what: "recalled entry", value: UInt64(raw)), at: reader.offset - 1)
        }
        bytes = try reader.piece()
    }
}
