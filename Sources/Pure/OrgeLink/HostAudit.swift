package import OrgeSchema

/// What a client must and may see after a tick, computed by the host from its own rows.
///
/// It follows the release of its tick at once, before the next one, so that the edge can bring the client exactly there.
package struct HostAudit: Sendable {
    package let request: UInt64
    package let tick: UInt64
    package let isLast: Bool
    /// The host has no time for it now: it is the only frame and has no rows, and the client may ask again. Of no tick in particular.
    package let isBusy: Bool
    /// Rows of ``rowBytes`` bytes in ascending order of (entity, component), as the client protocol has them:
    /// entity u64 · component u16 · value hash u64 · inner u8.
    package let rows: Extent
    /// What `rows` points into.
    package let bytes: [UInt8]

    package static let rowBytes = 8 + 2 + 8 + 1
    static let moreFlag: UInt8 = 1
    static let busyFlag: UInt8 = 2

    package var rowCount: Int { Int(rows.count) / Self.rowBytes }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        request = try reader.u64()
        tick = try reader.u64()
        let start = reader.offset
        let flags = try reader.flags(known: Self.moreFlag | Self.busyFlag)
        isLast = flags & Self.moreFlag == 0
        isBusy = flags & Self.busyFlag != 0
        guard !isBusy || (isLast && reader.isAtEnd) else { throw DecodeError(.inconsistent("an audit that is busy and has rows"), at: start) }
        guard reader.remaining % Self.rowBytes == 0 else { throw DecodeError(.trailing(reader.remaining % Self.rowBytes), at: reader.offset) }
        rows = try reader.extent(reader.remaining)
        bytes = reader.bytes
    }
}

extension HostAudit {
    /// - Parameter request: of the audit that the host has no time for.
    package static func encode(busy request: UInt64, world: UInt16) -> [UInt8] {
        var writer = beginFrame(FrameType.auditAnswer, world: world, capacity: 32)
        writer.u64(request)
        writer.u64(0)
        writer.u8(busyFlag)
        return endFrame(&writer)
    }
}

/// Writes an audit's rows and cuts them into frames on the way.
package struct HostAuditWriter: Sendable {
    private static let flagsOffset = 4 + 1 + 2 + 8 + 8
    private let world: UInt16
    private let request: UInt64
    private let tick: UInt64
    private let limit: Int
    private var writer: ByteWriter

    package init(world: UInt16, request: UInt64, tick: UInt64, limit: Int = LinkLimits.frameBytes) {
        self.world = world
        self.request = request
        self.tick = tick
        self.limit = limit
        writer = Self.begin(world, request, tick)
    }

    /// - Precondition: rows come in ascending order of (entity, component).
    /// - Returns: a frame to be sent, when the row no longer fits into it.
    package mutating func row(_ entity: Entity, _ component: UInt16, valueHash: UInt64, isInner: Bool) -> [UInt8]? {
        var full: [UInt8]?
        if writer.count - 4 + HostAudit.rowBytes > limit {
            full = end(HostAudit.moreFlag)
            writer = Self.begin(world, request, tick)
        }
        writer.entity(entity)
        writer.u16(component)
        writer.u64(valueHash)
        writer.flag(isInner)
        return full
    }

    /// - Returns: the last frame.
    package mutating func finish() -> [UInt8] { end(0) }

    private static func begin(_ world: UInt16, _ request: UInt64, _ tick: UInt64) -> ByteWriter {
        var writer = beginFrame(FrameType.auditAnswer, world: world, capacity: 4096)
        writer.u64(request)
        writer.u64(tick)
        writer.u8(0)
        return writer
    }

    private mutating func end(_ flags: UInt8) -> [UInt8] {
        writer.patchU8(at: Self.flagsOffset, flags)
        return endFrame(&writer)
    }
}
