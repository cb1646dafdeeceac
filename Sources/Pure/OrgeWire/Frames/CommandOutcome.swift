package import OrgeSchema

/// What became of a command, as the world said it: the tail of an outcome frame, after sequence and tick.
package enum CommandOutcome: Equatable, Sendable {
    /// A canonical row of the command's result fields.
    case applied(result: [UInt8])
    /// `code`: 1 to 63 the framework's, 64 and above the world's own. Field and reason may be empty.
    case refused(code: UInt8, field: String, reason: String)

    /// An earlier command of this account with the same idempotency key was applied, in that tick and with that result; this one was not run.
    case repeated(tick: UInt64, result: [UInt8])

    /// Whether the command's effect is in the world, by this command or by the one that it repeats.
    package var isApplied: Bool {
        switch self {
        case .applied, .repeated: true
        case .refused: false
        }
    }

    private enum Status: UInt8 {
        case applied
        case refused
        case repeated
    }

    package func encode(to writer: inout ByteWriter) {
        switch self {
        case .applied(let result):
            writer.u8(Status.applied.rawValue)
            writer.bytes(result)
        case .refused(let code, let field, let reason):
            writer.u8(Status.refused.rawValue)
            writer.u8(code)
            writer.shortText(field.cut(toBytes: WireLimits.reasonBytes))
            writer.shortText(reason.cut(toBytes: WireLimits.reasonBytes))
        case .repeated(let tick, let result):
            writer.u8(Status.repeated.rawValue)
            writer.u64(tick)
            writer.bytes(result)
        }
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        encode(to: &writer)
        return writer.take()
    }

    package init(decoding bytes: [UInt8]) throws(DecodeError) {
        var reader = ByteReader(bytes)
        switch try reader.known(Status.self, "outcome") {
        case .applied: self = .applied(result: try reader.rest())
        case .refused:
            self = .refused(
                code: try reader.u8(), field: try reader.shortText(limit: WireLimits.reasonBytes), reason: try reader.shortText(limit: WireLimits.reasonBytes))
        case .repeated: self = .repeated(tick: try reader.u64(), result: try reader.rest())
        }
        try reader.expectEnd()
    }
}
