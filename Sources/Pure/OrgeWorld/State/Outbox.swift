import OrgeSchema

/// The events emitted in a tick, as canonical bytes.
struct Outbox {
    struct Entry {
        var kind: UInt16
        var isReliable: Bool
        var audience: Audience
        var start: Int
        var end: Int
    }

    struct Mark {
        var entries: Int
        var bytes: Int
    }

    private(set) var entries: ContiguousArray<Entry> = []
    private var writer = ByteWriter()

    var mark: Mark { Mark(entries: entries.count, bytes: writer.count) }

    @inline(__always)
    mutating func append(kind: UInt16, isReliable: Bool, audience: Audience, _ write: (inout ByteWriter) -> Void) {
        let start = writer.count
        write(&writer)
        entries.append(Entry(kind: kind, isReliable: isReliable, audience: audience, start: start, end: writer.count))
    }

    mutating func truncate(to mark: Mark) {
        if entries.count > mark.entries { entries.removeLast(entries.count - mark.entries) }
        writer.truncate(to: mark.bytes)
    }

    /// Returns the bytes that the entries point into and leaves the outbox empty, with room for as much again.
    mutating func take() -> [UInt8] {
        entries.removeAll(keepingCapacity: true)
        let bytes = writer.take()
        writer = ByteWriter(capacity: bytes.count)
        return bytes
    }
}
