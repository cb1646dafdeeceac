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

/// The world's state at the change from one schema to another: the decision that ends the one and begins the other.
package struct MigratedState: Equatable, Sendable {
    /// State hash under the schema before.
    package var before: UInt64
    /// State hash of what it became.
    package var after: UInt64

    package init(before: UInt64, after: UInt64) {
        self.before = before
        self.after = after
    }
}

/// The body of an `opened` record: `u64` hash of the schema · migrated `u8` (0 or 1; then `u64` state hash before, `u64` after) · the code id.
struct Opening: Equatable {
    var schemaHash: UInt64
    var codeID: String
    /// Nil: the host found the state under its own schema.
    var migrated: MigratedState?

    /// Bytes before the code id, without those of a migration.
    private static let headBytes = 9

    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.u64(schemaHash)
        writer.flag(migrated != nil)
        if let migrated {
            writer.u64(migrated.before)
            writer.u64(migrated.after)
        }
        writer.bytes(codeID.utf8)
        return writer.take()
    }
}

extension Opening {
    init?(decoding body: ArraySlice<UInt8>) {
        var reader = ByteReader(Array(body))
        do throws(DecodeError) {
            schemaHash = try reader.u64()
            migrated = try reader.flag() ? MigratedState(before: try reader.u64(), after: try reader.u64()) : nil
            let code = try reader.bytes(reader.end - reader.offset)
            guard (1...JournalLimits.codeIDBytes).contains(code.count), let text = String(validating: code, as: UTF8.self) else { return nil }
            codeID = text
        } catch {
            return nil
        }
    }
}
