internal import OrgeSchema

extension RecordHeader {
    /// Appends a record where the segment's byte `position` will be.
    /// - Parameter register: of the segment at that position.
    static func append(_ record: JournalRecord, previousTick: UInt64, groupStart: Int, register: UInt32, to writer: inout ByteWriter) {
        let start = writer.count
        writer.u32(0)
        writer.u32(0)
        writer.u32(UInt32(record.body.count))
        writer.u16(format)
        writer.u8(record.kind.rawValue)
        writer.u8(0)
        writer.u64(record.incarnation)
        writer.u64(record.tick)
        writer.u64(previousTick)
        writer.u32(UInt32(groupStart))
        writer.u32(0)
        writer.bytes(record.body)
        for _ in record.body.count..<recordBytes(body: record.body.count) - byteCount { writer.u8(0) }
        writer.patchU32(at: start + 4, CRC32C.checksum(writer.bytes, in: start + byteCount..<writer.count))
        writer.patchU32(at: start, CRC32C.checksum(writer.bytes, in: start + 4..<start + byteCount, from: register))
    }

    /// The header at `position`, when its checksum says that it was written there; nil for anything else.
    /// - Throws: `unknown` for a header of another format or kind: valid bytes that this code cannot read.
    init?(_ bytes: [UInt8], at position: Int, register: UInt32) throws(DecodeError) {
        guard bytes.count - position >= Self.byteCount else { return nil }
        var reader = ByteReader(bytes, from: position, to: position + Self.byteCount)
        guard try reader.u32() == CRC32C.checksum(bytes, in: position + 4..<position + Self.byteCount, from: register) else { return nil }
        bodyChecksum = try reader.u32()
        bodyBytes = Int(try reader.u32())
        let format = try reader.u16()
        guard format == Self.format else { throw JournalFormat.unknown(format, at: position + 12) }
        let kind = try reader.u8()
        guard let known = JournalRecord.Kind(rawValue: kind) else { throw DecodeError(.unknown(what: "record kind", value: UInt64(kind)), at: position + 14) }
        self.kind = known
        try reader.skip(1)
        incarnation = try reader.u64()
        tick = try reader.u64()
        previousTick = try reader.u64()
        groupStart = Int(try reader.u32())
    }

    /// Whether a header of this format may begin here: what a scan asks before it spends a checksum.
    static func mayBegin(_ bytes: [UInt8], at position: Int) -> Bool {
        bytes[position + 12] == UInt8(format >> 8) && bytes[position + 13] == UInt8(format & 0xff) && bytes[position + 14] != 0 && bytes[position + 15] == 0
    }

    /// Whether the body and its padding lie within the bytes and are what was written.
    func bodyIsValid(in bytes: [UInt8], at position: Int) -> Bool {
        guard recordBytes <= bytes.count - position else { return false }
        return bodyChecksum == CRC32C.checksum(bytes, in: position + Self.byteCount..<position + recordBytes)
    }

    func record(in bytes: [UInt8], at position: Int) -> JournalRecord {
        let start = position + Self.byteCount
        return JournalRecord(kind: kind, incarnation: incarnation, tick: tick, body: Array(bytes[start..<start + bodyBytes]))
    }
}
