internal import OrgeSchema

/// What is in force at a place in the log. Every record must continue it: whole bytes that contradict each other are damage too.
package struct LogPosition: Equatable, Sendable {
    /// Of the host that wrote last; 0 before the first.
    package var incarnation: UInt64 = 0
    /// The code of that host; empty before the first.
    package var codeID = ""
    /// Of the schema that this code has; 0 before the first.
    package var schemaHash: UInt64 = 0
    /// The last recorded tick; 0 before the first.
    package var tick: UInt64 = 0

    /// Takes one record.
    /// - Returns: what contradicts, or nil. The position is unchanged then.
    mutating func advance(_ record: RecordHeader, body: ArraySlice<UInt8>) -> String? {
        guard record.previousTick == tick else {
            return "the log reaches tick \(tick), and this record follows tick \(record.previousTick): records are missing"
        }
        switch record.kind {
        case .opened: return open(record, body)
        case .tick:
            guard record.tick > tick else { return "tick \(record.tick) is recorded after tick \(tick)" }
        case .skip, .amendment:
            guard record.tick <= tick else { return "tick \(record.tick) is amended before it is recorded" }
            guard body.count <= JournalLimits.amendmentBytes else { return "an amendment of \(body.count) bytes" }
        }
        guard record.incarnation == incarnation else { return "a record of incarnation \(record.incarnation) stands in incarnation \(incarnation)" }
        if record.kind == .tick { tick = record.tick }
        return nil
    }

    private mutating func open(_ record: RecordHeader, _ body: ArraySlice<UInt8>) -> String? {
        guard record.incarnation > incarnation else { return "incarnation \(record.incarnation) opens after incarnation \(incarnation)" }
        guard let opening = Opening(decoding: body) else { return "it is no opening of a host" }
        incarnation = record.incarnation
        codeID = opening.codeID
        schemaHash = opening.schemaHash
        return nil
    }
}
