package import OrgeSchema

/// What may change a world from outside, in the order in which a batch was sealed.
package enum Input: Equatable, Sendable {
    /// An account enters as a session and gets its avatar.
    case arrive(session: UInt64, account: String)
    /// A session that was detached goes on under a new number, with the avatar that it had.
    case resume(session: UInt64, from: UInt64)
    /// The connection is lost: intents are cleared, the avatar stays.
    case detach(session: UInt64)
    /// The session ends.
    case depart(session: UInt64)
    case command(session: UInt64, sequence: UInt64, kind: UInt16, payload: [UInt8])
    case intent(session: UInt64, kind: UInt16, payload: [UInt8])

    /// The longest payload: a row has at most 4,096 bytes in memory and no more than that on the wire.
    package static let payloadLimit = 4_096
    package static let accountLimit = 32

    private enum Tag {
        static let arrive: UInt8 = 1
        static let resume: UInt8 = 2
        static let detach: UInt8 = 3
        static let depart: UInt8 = 4
        static let command: UInt8 = 5
        static let intent: UInt8 = 6
    }

    package func encode(to writer: inout ByteWriter) {
        switch self {
        case .arrive(let session, let account):
            writer.u8(Tag.arrive)
            writer.u64(session)
            writer.shortText(account)
        case .resume(let session, let old):
            writer.u8(Tag.resume)
            writer.u64(session)
            writer.u64(old)
        case .detach(let session):
            writer.u8(Tag.detach)
            writer.u64(session)
        case .depart(let session):
            writer.u8(Tag.depart)
            writer.u64(session)
        case .command(let session, let sequence, let kind, let payload):
            writer.u8(Tag.command)
            writer.u64(session)
            writer.u64(sequence)
            writer.u16(kind)
            writer.u16(UInt16(payload.count))
            writer.bytes(payload)
        case .intent(let session, let kind, let payload):
            writer.u8(Tag.intent)
            writer.u64(session)
            writer.u16(kind)
            writer.u16(UInt16(payload.count))
            writer.bytes(payload)
        }
    }

    package init(reading reader: inout ByteReader) throws(DecodeError) {
        let tag = try reader.u8()
        let session = try reader.u64()
        switch tag {
        case Tag.arrive: self = .arrive(session: session, account: try reader.shortText(limit: Self.accountLimit))
        case Tag.resume: self = .resume(session: session, from: try reader.u64())
        case Tag.detach: self = .detach(session: session)
        case Tag.depart: self = .depart(session: session)
        case Tag.command:
            self = .command(session: session, sequence: try reader.u64(), kind: try reader.u16(), payload: try Self.payload(&reader))
        case Tag.intent: self = .intent(session: session, kind: try reader.u16(), payload: try Self.payload(&reader))
        default: throw DecodeError(.unknown(what: "input", value: UInt64(tag)), at: reader.offset - 9)
        }
    }

    private static func payload(_ reader: inout ByteReader) throws(DecodeError) -> [UInt8] {
        let start = reader.offset
        let count = Int(try reader.u16())
        guard count <= payloadLimit else { throw DecodeError(.overLimit(length: count, limit: payloadLimit), at: start) }
        return Array(try reader.bytes(count))
    }
}
