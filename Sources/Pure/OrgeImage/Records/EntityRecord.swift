package import OrgeSchema

/// A record of the section `entities`: one head, then the slots, then the queue of free slots.
package enum EntityRecord: Equatable, Sendable {
    /// `u8` 0 · `u32` slots · `u64` freed · `u64` reused: how many slots have ever joined and left the queue of free slots.
    case head(slots: Int, freed: UInt64, reused: UInt64)
    /// `u8` 1 · `u16` count · `u32` each: generation of a slot, with the highest bit set while it lives. Slots follow in order.
    case slots([UInt32])
    /// `u8` 2 · `u16` count · `u32` each: the queue of free slots, the next one to be reused first.
    case free([UInt32])

    package static let format: UInt16 = 1
    /// Entries of one record.
    package static let blockCount = 1_024
    package static let aliveBit: UInt32 = 1 << 31

    package func encode(to writer: inout ByteWriter) {
        switch self {
        case .head(let slots, let freed, let reused):
            writer.u8(0)
            writer.u32(UInt32(slots))
            writer.u64(freed)
            writer.u64(reused)
        case .slots(let entries): Self.encode(1, entries, to: &writer)
        case .free(let entries): Self.encode(2, entries, to: &writer)
        }
    }

    private static func encode(_ tag: UInt8, _ entries: [UInt32], to writer: inout ByteWriter) {
        precondition((1...blockCount).contains(entries.count), "a block of \(entries.count) entries")
        writer.u8(tag)
        writer.u16(UInt16(entries.count))
        for entry in entries { writer.u32(entry) }
    }

    package init(reading reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        switch try reader.u8() {
        case 0: self = .head(slots: Int(try reader.u32()), freed: try reader.u64(), reused: try reader.u64())
        case 1: self = .slots(try Self.entries(&reader))
        case 2: self = .free(try Self.entries(&reader))
        case let tag: throw DecodeError(.unknown(what: "entity record", value: UInt64(tag)), at: start)
        }
    }

    private static func entries(_ reader: inout ByteReader) throws(DecodeError) -> [UInt32] {
        let start = reader.offset
        let count = try reader.count16(ofAtLeast: 4)
        guard (1...blockCount).contains(count) else { throw DecodeError(.overLimit(length: count, limit: blockCount), at: start) }
        var entries: [UInt32] = []
        entries.reserveCapacity(count)
        for _ in 0..<count { entries.append(try reader.u32()) }
        return entries
    }
}
