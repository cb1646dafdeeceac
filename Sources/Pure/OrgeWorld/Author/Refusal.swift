package import OrgeBase

/// Why a command or an arrival was refused. It has changed nothing.
public struct Refusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kind of reason; worlds may add their own from 64 on.
    public struct Code: RawRepresentable, Equatable, Sendable {
        public var rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The request makes no sense.
        public static let invalid = Code(rawValue: 1)
        /// It names something that does not exist.
        public static let notFound = Code(rawValue: 2)
        /// The account may not do this, or not now.
        public static let notAllowed = Code(rawValue: 3)
        /// Another change came first.
        public static let conflict = Code(rawValue: 4)
        /// Too little of something: money, strength, room.
        public static let insufficient = Code(rawValue: 5)
        /// A limit of the world is reached.
        public static let full = Code(rawValue: 6)
        /// A field breaks its declared rule.
        public static let ruleBroken = Code(rawValue: 7)
        /// The world knows no such command.
        public static let unknownKind = Code(rawValue: 8)
        /// The account is already attached.
        public static let accountInUse = Code(rawValue: 9)
        /// The command is unknown to the server, or its payload is not a row of its kind.
        public static let malformed = Code(rawValue: 10)
        /// The account has applied another command with this idempotency key.
        public static let keyReused = Code(rawValue: 11)
        /// The world, or the account in it, has as many idempotency keys remembered as it may.
        public static let keysFull = Code(rawValue: 12)
        /// The world remembers no idempotency keys.
        public static let noKeys = Code(rawValue: 13)
        /// The world's code failed on it. It was not executed, and will not be.
        public static let worldFault = Code(rawValue: 14)
        /// The account is suspended, because the world's code failed on what it had sent.
        public static let suspended = Code(rawValue: 15)
        /// Commands of this kind are not executed, because the world's code failed on several of them.
        public static let kindDisabled = Code(rawValue: 16)
    }

    /// The kind of reason, for programs.
    public var code: Code
    /// The command's field at fault, or empty.
    public var field: String
    /// A message for people; both texts are cut to ``textLimit`` bytes when encoded.
    public var text: String

    /// Bytes: a sentence.
    public static let textLimit = 256

    /// - Parameters:
    ///   - code: the kind of reason.
    ///   - text: a sentence for people.
    ///   - field: the command's field at fault, or empty.
    public init(_ code: Code, _ text: String, field: String = "") {
        self.code = code
        self.field = field
        self.text = text
    }

    public var description: String { field.isEmpty ? text : "\(field): \(text)" }
}

/// The outcome of a command; only the world gives it.
package enum Outcome: Equatable, Sendable {
    /// With the canonical row of the result, empty for commands without one.
    case applied([UInt8])
    case refused(Refusal)
    /// Applied by an earlier command with the same idempotency key, in that tick and with that result; not run again.
    case repeated(tick: UInt64, result: [UInt8])

    /// The first byte of an applied command's outcome.
    static let appliedStatus: UInt8 = 0

    /// `u8 0` and the result's row; or `u8 1`, `u8` code, then field and reason, each with a `u16` length before it; or `u8 2`, `u64` tick and the
    /// result's row.
    package func encode(to writer: inout ByteWriter) {
        switch self {
        case .applied(let result):
            writer.u8(0)
            writer.bytes(result)
        case .refused(let refusal):
            writer.u8(1)
            writer.u8(refusal.code.rawValue)
            writer.shortText(refusal.field.cut(toBytes: Refusal.textLimit))
            writer.shortText(refusal.text.cut(toBytes: Refusal.textLimit))
        case .repeated(let tick, let result):
            writer.u8(2)
            writer.u64(tick)
            writer.bytes(result)
        }
    }

    /// A canonical outcome without the row of its result.
    /// - Parameter bytes: what ``encode(to:)`` wrote.
    package static func withoutResult(_ bytes: [UInt8]) -> [UInt8] {
        switch bytes.first {
        case 0: Array(bytes.prefix(1))
        case 2: Array(bytes.prefix(9))
        default: bytes
        }
    }

    /// Reads what ``encode(to:)`` wrote, to the reader's end.
    package init(reading reader: inout ByteReader) throws(DecodeError) {
        let status = try reader.u8()
        switch status {
        case 0: self = .applied(Array(try reader.bytes(reader.remaining)))
        case 1:
            let code = Refusal.Code(rawValue: try reader.u8())
            let field = try reader.shortText(limit: Refusal.textLimit)
            self = .refused(Refusal(code, try reader.shortText(limit: Refusal.textLimit), field: field))
            try reader.expectEnd()
        case 2: self = .repeated(tick: try reader.u64(), result: Array(try reader.bytes(reader.remaining)))
        default: throw DecodeError(.unknown(what: "outcome", value: UInt64(status)), at: reader.offset - 1)
        }
    }
}
