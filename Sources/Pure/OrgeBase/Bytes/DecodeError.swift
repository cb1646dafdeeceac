/// Why untrusted bytes could not be decoded.
///
/// The set is closed, so decoders use typed throws. A reader of a peer's bytes reports it as the peer's fault; a reader of our own files
/// reports it as corruption.
public struct DecodeError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Code: Equatable, Sendable {
        /// The value needs `need` bytes and `have` are left.
        case truncated(need: Int, have: Int)
        /// A Bool that is neither 0 nor 1. Loading it would be undefined behaviour.
        case invalidBool(UInt8)
        /// No case has this raw value.
        case invalidChoice(Int64)
        /// The stated count of a text or list exceeds the capacity of its type.
        case countOverCapacity(count: Int, capacity: Int)
        case invalidUTF8
        /// A NaN other than the canonical one.
        case notCanonical
        /// A length over the reader's limit.
        case overLimit(length: Int, limit: Int)
        /// Bytes are left after the value.
        case trailing(Int)
        /// A tag, kind, version or flag that this reader does not know.
        case unknown(what: String, value: UInt64)
        /// Well-formed values that contradict each other.
        case inconsistent(String)
    }

    public var code: Code
    /// Bytes from the start of the message.
    public var offset: Int

    @inlinable public init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }

    public var description: String {
        let what =
            switch code {
            case .truncated(let need, let have): "needs \(need) bytes, has \(have)"
            case .invalidBool(let byte): "Bool of \(byte)"
            case .invalidChoice(let raw): "no case has the raw value \(raw)"
            case .countOverCapacity(let count, let capacity): "count \(count) over capacity \(capacity)"
            case .invalidUTF8: "text is not UTF-8"
            case .notCanonical: "NaN is not in canonical form"
            case .overLimit(let length, let limit): "length \(length) over limit \(limit)"
            case .trailing(let count): "\(count) bytes too many"
            case .unknown(let what, let value): "unknown \(what) \(value)"
            case .inconsistent(let what): what
            }
        return "\(what) at byte \(offset)"
    }
}
