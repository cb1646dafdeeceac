internal import OrgeSchema

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
