import OrgeSchema

/// Events of a tick, as canonical bytes, until the tick is released.
struct Outbox {
    struct Record {
        var kind: UInt16
        var isReliable: Bool
        var audience: Audience
        var start: Int
        var end: Int
    }

    struct Mark {
        var records: Int
        var bytes: Int
    }

    private(set) var records: ContiguousArray<Record> = []
    private var writer = ByteWriter()

    var mark: Mark { Mark(records: records.count, bytes: writer.count) }

    @inline(__always)
    mutating func append(kind: UInt16, isReliable: Bool, audience: Audience, _ write: (inout ByteWriter) -> Void) {
        let start = writer.count
        write(&writer)
        records.append(Record(kind: kind, isReliable: isReliable, audience: audience, start: start, end: writer.count))
    }

    mutating func truncate(to mark: Mark) {
        if records.count > mark.records { records.removeLast(records.count - mark.records) }
        writer.truncate(to: mark.bytes)
    }

    /// Empties itself, keeping room for as much again.
    /// - Returns: the bytes that the records point into.
    mutating func take() -> [UInt8] {
        records.removeAll(keepingCapacity: true)
        let bytes = writer.take()
        writer = ByteWriter(capacity: bytes.count)
        return bytes
    }
}
