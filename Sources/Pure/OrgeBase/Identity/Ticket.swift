/// The 128 random bits with which a client resumes its session. Edge and client keep them in memory; hosts, journals and images have only their ``TicketHash``.
///
/// Its description hides it, so that no log shows one.
public struct Ticket: BitwiseCopyable, Hashable, Sendable, CustomStringConvertible {
    public static let byteCount = 16

    private let high: UInt64
    private let low: UInt64

    /// - Parameter high: and `low`: from the system's source of random numbers.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public var description: String { "a ticket" }

    /// What stands for it where it must not be read: its SHA-256.
    public var hash: TicketHash {
        var writer = ByteWriter()
        encode(to: &writer)
        var reader = ByteReader(SHA256.digest(writer.bytes))
        guard let hash = try? TicketHash(reading: &reader) else { preconditionFailure("a digest has \(SHA256.digestBytes) bytes") }
        return hash
    }
}

/// The SHA-256 of a ``Ticket``.
public struct TicketHash: BitwiseCopyable, Hashable, Sendable {
    public static let byteCount = SHA256.digestBytes

    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// That of no ticket: nothing resumes a session that has it.
    public static let none = TicketHash((0, 0, 0, 0))

    private init(_ words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    public static func == (a: TicketHash, b: TicketHash) -> Bool { a.words == b.words }

    public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

    /// Whether a ticket with this hash is the one that `self` was made of.
    public func admits(_ proof: TicketHash) -> Bool { self != .none && self == proof }
}

/// 16 bytes, big-endian.
extension Ticket {
    public func encode(to writer: inout ByteWriter) {
        writer.u64(high)
        writer.u64(low)
    }

    public init(reading reader: inout ByteReader) throws(DecodeError) { self.init(high: try reader.u64(), low: try reader.u64()) }
}

/// 32 bytes.
extension TicketHash {
    public func encode(to writer: inout ByteWriter) {
        writer.u64(words.0)
        writer.u64(words.1)
        writer.u64(words.2)
        writer.u64(words.3)
    }

    public init(reading reader: inout ByteReader) throws(DecodeError) {
        self.init((try reader.u64(), try reader.u64(), try reader.u64(), try reader.u64()))
    }
}
