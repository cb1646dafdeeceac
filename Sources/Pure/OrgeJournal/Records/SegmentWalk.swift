internal import OrgeSchema

/// Goes through the records of one segment from its first on.
struct SegmentWalk {
    enum Step {
        case record(RecordHeader, at: Int)
        /// No whole record begins here; the header is given when it at least is whole.
        case invalid(RecordHeader?, at: Int)
    }

    let bytes: [UInt8]
    let number: UInt64
    let key: SegmentKey
    /// Where the next record begins.
    private(set) var position: Int

    init(_ bytes: [UInt8], number: UInt64, key: SegmentKey, from start: Int = SegmentHeader.byteCount) {
        position = start
        self.bytes = bytes
        self.number = number
        self.key = key
    }

    /// Steps over one record; stays where none is.
    mutating func next() throws(JournalError) -> Step {
        let start = position
        guard let header = try header(at: start) else { return .invalid(nil, at: start) }
        guard header.bodyIsValid(in: bytes, at: start) else { return .invalid(header, at: start) }
        position = start + header.recordBytes
        return .record(header, at: start)
    }

    func body(of header: RecordHeader, at position: Int) -> ArraySlice<UInt8> {
        let start = position + RecordHeader.byteCount
        return bytes[start..<start + header.bodyBytes]
    }

    /// The first whole header after `damage` that was written after the bytes there had become durable. There is none after a torn tail, since
    /// nothing is written before the group in front of it is durable; pieces of the torn group itself are no sign.
    func writtenLater(than damage: Int) throws(JournalError) -> Int? {
        var candidate = damage + RecordHeader.alignment
        while candidate + RecordHeader.byteCount <= bytes.count {
            if RecordHeader.mayBegin(bytes, at: candidate), let header = try header(at: candidate), header.groupStart > damage { return candidate }
            candidate += RecordHeader.alignment
        }
        return nil
    }

    /// Bytes from `end` to the last one that is not zero.
    func remains(from end: Int) -> Int {
        guard end < bytes.count, let last = bytes[end...].lastIndex(where: { $0 != 0 }) else { return 0 }
        return last + 1 - end
    }

    private func header(at position: Int) throws(JournalError) -> RecordHeader? {
        do throws(DecodeError) {
            return try RecordHeader(bytes, at: position, register: key.register(at: position))
        } catch {
            throw JournalFormat.error(error, in: JournalNames.segment(number))
        }
    }
}
