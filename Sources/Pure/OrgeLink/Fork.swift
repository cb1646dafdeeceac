package import OrgeSchema

/// Where an edge's timeline left the host's.
package enum Fork: BitwiseCopyable, Equatable, Sendable {
    /// The last tick that both share.
    case after(tick: UInt64)
    /// The host no longer keeps what would show it.
    case unknown

    /// The last tick that surely belongs to both.
    package var sharedTick: UInt64 { if case .after(let tick) = self { tick } else { 0 } }

    package static func encode(_ fork: Fork?, to writer: inout ByteWriter) {
        switch fork {
        case nil: writer.u8(0)
        case .after(let tick)?:
            writer.u8(1)
            writer.u64(tick)
        case .unknown?: writer.u8(2)
        }
    }

    package static func read(_ reader: inout ByteReader) throws(DecodeError) -> Fork? {
        switch try reader.u8() {
        case 0: return nil
        case 1: return .after(tick: try reader.u64())
        case 2: return .unknown
        case let raw: throw DecodeError(.unknown(what: "fork", value: UInt64(raw)), at: reader.offset - 1)
        }
    }
}

/// A session of an edge on the host's timeline.
package struct HeldSession: BitwiseCopyable, Equatable, Sendable {
    package var attachment: UInt64
    package var session: UInt64
    package var avatar: Entity
    /// The sequence that the session's next command must have.
    package var nextSequence: UInt64

    package init(attachment: UInt64, session: UInt64, avatar: Entity, nextSequence: UInt64) {
        self.attachment = attachment
        self.session = session
        self.avatar = avatar
        self.nextSequence = nextSequence
    }
}

extension ByteReader {
    /// A sequence with which a session may go on.
    mutating func firstSequence() throws(DecodeError) -> UInt64 {
        let sequence = try u64()
        guard LinkLimits.firstSequences.contains(sequence) else {
            throw DecodeError(.unknown(what: "first sequence", value: sequence), at: offset - 8)
        }
        return sequence
    }
}
