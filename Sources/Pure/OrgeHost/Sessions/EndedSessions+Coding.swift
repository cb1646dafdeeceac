import OrgeLink
import OrgeSchema

/// `u64` number, account, ticket's hash, `u64` UTC ms, window.
extension EndedSession: SourceRecord {
    func encode(to writer: inout ByteWriter) {
        writer.u64(number)
        writer.u64(account.raw)
        ticket.encode(to: &writer)
        writer.u64(utcMilliseconds)
        window.encode(to: &writer)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        number = try reader.u64()
        account = AccountID(raw: try reader.u64())
        ticket = try TicketHash(reading: &reader)
        utcMilliseconds = try reader.u64()
        window = try OutcomeWindow(reading: &reader)
    }
}
