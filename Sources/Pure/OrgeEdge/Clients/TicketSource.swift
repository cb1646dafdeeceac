import OrgeSchema

/// Draws tickets: the n-th is the first half of the SHA-256 of a secret and n. Without the secret one ticket tells nothing about another.
struct TicketSource {
    /// 128 bits: as hard to guess as a ticket.
    static let secretBytes = 16

    private let secret: [UInt8]
    private var count: UInt64 = 0

    init(secret: [UInt8]) {
        precondition(secret.count >= Self.secretBytes, "a secret of \(secret.count) bytes")
        self.secret = secret
    }

    mutating func draw() -> Ticket {
        count += 1
        var writer = ByteWriter()
        writer.bytes(secret)
        writer.u64(count)
        var reader = ByteReader(SHA256.digest(writer.bytes))
        guard let ticket = try? Ticket(reading: &reader) else { preconditionFailure("a digest shorter than a ticket") }
        return ticket
    }
}
