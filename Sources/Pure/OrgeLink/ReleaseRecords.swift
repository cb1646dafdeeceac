package import OrgeSchema

/// What every part of a release says of its tick.
package struct ReleaseHead: Equatable, Sendable {
    package var tick: UInt64
    /// After the tick; 0 in a release of kept outcomes whose chain the host no longer knows.
    package var chain: UInt64
    /// Milliseconds since 1970, as sealed with the tick.
    package var utcMilliseconds: UInt64
    /// One second of the clock is this many thousandths of a second of the world.
    package var dilationPermille: UInt16

    package init(tick: UInt64, chain: UInt64, utcMilliseconds: UInt64, dilationPermille: UInt16 = 1000) {
        self.tick = tick
        self.chain = chain
        self.utcMilliseconds = utcMilliseconds
        self.dilationPermille = dilationPermille
    }
}

/// Why a join was refused; the raw values are those of the client protocol's `joinRefused`.
package enum JoinRefusalReason: UInt8, Sendable, CaseIterable {
    /// The account is attached to this world by another connection.
    case accountInUse = 4
    /// By the world's own arrival code.
    case refused = 5
    /// The host has as many sessions as it accepts.
    case full = 6
}

package enum JoinAnswer: Equatable, Sendable {
    /// `nextSequence` is the one that the session's next command must bear: 1, or higher when a session is resumed.
    case joined(session: UInt64, avatar: Entity, nextSequence: UInt64, resume: ResumeAnswer = .notAsked)
    /// `code` is a refusal code (0 unless the world refused), `text` at most ``LinkLimits/textBytes`` bytes for people.
    case refused(JoinRefusalReason, code: UInt8, text: String, resume: ResumeAnswer = .notAsked)

    package var resume: ResumeAnswer {
        switch self {
        case .joined(_, _, _, let resume), .refused(_, _, _, let resume): resume
        }
    }
}

/// Why an attachment ended.
package enum EndReason: UInt8, Sendable, CaseIterable {
    /// Asked for by `leave`.
    case left = 1
    /// Asked for by `detach`.
    case detached = 2
    /// The same account attached again through another edge process.
    case replaced = 3
    /// Another attachment has resumed the session with its ticket.
    case resumedElsewhere = 4
}

package struct OutcomeRecord: BitwiseCopyable, Sendable {
    package var session: UInt64
    package var sequence: UInt64
    /// Canonical outcome: status, then what the client protocol says.
    package var bytes: Extent
}

package struct ConsumedIntent: BitwiseCopyable, Equatable, Sendable {
    package var session: UInt64
    package var number: UInt32

    package init(session: UInt64, number: UInt32) {
        self.session = session
        self.number = number
    }

    static let byteCount = 8 + 4

    func encode(to writer: inout ByteWriter) {
        writer.u64(session)
        writer.u32(number)
    }
}

extension ByteReader {
    mutating func consumedIntents() throws(DecodeError) -> ContiguousArray<ConsumedIntent> {
        var intents = ContiguousArray<ConsumedIntent>()
        for _ in 0..<(try count32(ofAtLeast: ConsumedIntent.byteCount)) { intents.append(ConsumedIntent(session: try u64(), number: try u32())) }
        return intents
    }
}

package struct ReleasedEvent: BitwiseCopyable, Sendable {
    package var kind: UInt16
    package var audience: EventAudience
    package var isReliable: Bool
    package var payload: Extent
}
