package import OrgeSchema

/// What the world says that a client must or may see after one tick.
package struct AuditAnswer: Equatable, Sendable {
    package var request: UInt32
    package var tick: UInt64
    /// The answer goes on in the next frame.
    package var hasMore: Bool
    /// The world has no time for it now: no rows follow, and the client may ask again.
    package var isBusy: Bool
    /// Ascending by entity and component, over all frames of the answer.
    package var rows: [AuditRow]

    package init(request: UInt32, tick: UInt64, hasMore: Bool = false, isBusy: Bool = false, rows: [AuditRow] = []) {
        self.request = request
        self.tick = tick
        self.hasMore = hasMore
        self.isBusy = isBusy
        self.rows = rows
    }

    package static let moreFlag: UInt8 = 1
    package static let busyFlag: UInt8 = 2
    /// Type, request, tick and flags.
    static let headBytes = 1 + 4 + 8 + 1
    package static let rowsPerFrame = (WireLimits.serverFrameBytes - headBytes) / AuditRow.byteCount

    func encode(to writer: inout ByteWriter) {
        writer.u32(request)
        writer.u64(tick)
        writer.u8((hasMore ? Self.moreFlag : 0) | (isBusy ? Self.busyFlag : 0))
        for row in rows {
            writer.entity(row.entity)
            writer.u16(row.component)
            writer.u64(row.valueHash)
            writer.flag(row.isInner)
        }
    }

    init(decoding reader: inout ByteReader) throws(DecodeError) {
        request = try reader.u32()
        tick = try reader.u64()
        let start = reader.offset
        let flags = try reader.flags(allowed: Self.moreFlag | Self.busyFlag, "audit flags")
        hasMore = flags & Self.moreFlag != 0
        isBusy = flags & Self.busyFlag != 0
        guard !isBusy || (!hasMore && reader.isAtEnd) else { throw DecodeError(.inconsistent("an audit answer that is busy and has rows"), at: start) }
        rows = []
        rows.reserveCapacity(reader.remaining / AuditRow.byteCount)
        while !reader.isAtEnd {
            rows.append(
                AuditRow(entity: try reader.entity(), component: try reader.u16(), valueHash: try reader.u64(), isInner: try reader.flag()))
        }
    }
}

package struct AuditRow: Equatable, Sendable {
    package var entity: Entity
    package var component: UInt16
    /// A `ValueHash`.
    package var valueHash: UInt64
    /// Must be in view; the others only may.
    package var isInner: Bool

    package static let byteCount = 8 + 2 + 8 + 1

    package init(entity: Entity, component: UInt16, valueHash: UInt64, isInner: Bool) {
        self.entity = entity
        self.component = component
        self.valueHash = valueHash
        self.isInner = isInner
    }
}
