package import OrgeSchema

/// One row: the canonical bytes of a component of an entity, lying in the batch's buffer.
package struct RowRecord: BitwiseCopyable, Sendable {
    package var entity: Entity
    package var component: UInt16
    package var bytes: Extent
}

/// The name of a row.
package struct RowKey: BitwiseCopyable, Equatable, Sendable {
    package var entity: Entity
    package var component: UInt16

    package init(entity: Entity, component: UInt16) {
        self.entity = entity
        self.component = component
    }
}

/// Full image of everything that the edge is sent. What it does not name the edge does not hold afterwards.
package struct LinkImage: Sendable {
    package let tick: UInt64
    /// After `tick`.
    package let chain: UInt64
    /// Everything the edge holds of this world is measured against the parts from the one with `isFirst` to the one with `isLast`.
    package let isFirst: Bool
    package let isLast: Bool
    /// It is of all of the world, and not of what the edge's clients can see only.
    package let isWhole: Bool
    package let rows: ContiguousArray<RowRecord>
    /// The last intents of the edge's sessions that the rows reflect and the edge may not know of, by the client's number.
    package let consumed: ContiguousArray<ConsumedIntent>
    /// What the rows' extents point into.
    package let bytes: [UInt8]

    static let moreFlag: UInt8 = 1
    static let firstFlag: UInt8 = 2
    static let wholeFlag: UInt8 = 4
    static let rowHeaderBytes = 8 + 2 + 4

    init(reading reader: inout ByteReader) throws(DecodeError) {
        tick = try reader.u64()
        chain = try reader.u64()
        let flags = try reader.flags(known: Self.moreFlag | Self.firstFlag | Self.wholeFlag)
        isFirst = flags & Self.firstFlag != 0
        isLast = flags & Self.moreFlag == 0
        isWhole = flags & Self.wholeFlag != 0
        rows = try reader.rows()
        consumed = try reader.consumedIntents()
        bytes = reader.bytes
    }
}

/// Writes an image row by row and cuts it into frames on the way, so that a host never holds it twice.
package struct LinkImageWriter: Sendable {
    private static let flagsOffset = 4 + 1 + 2 + 8 + 8
    private static let countOffset = flagsOffset + 1
    private let world: UInt16
    private let tick: UInt64
    private let chain: UInt64
    private let isWhole: Bool
    private let limit: Int
    private var writer: ByteWriter
    private var count = 0
    /// Of the frame that is being written: they follow its rows.
    private var intents = ContiguousArray<ConsumedIntent>()
    private var isFirst = true

    /// - Parameter limit: size of a frame; smaller than the default only in tests.
    package init(world: UInt16, tick: UInt64, chain: UInt64, isWhole: Bool = true, limit: Int = LinkLimits.frameBytes) {
        self.world = world
        self.tick = tick
        self.chain = chain
        self.isWhole = isWhole
        self.limit = limit
        writer = Self.begin(world, tick, chain)
    }

    /// - Returns: a frame to be sent, when the row no longer fits into it.
    package mutating func set(_ entity: Entity, _ component: UInt16, row: ArraySlice<UInt8>) -> [UInt8]? {
        precondition(row.count <= LinkLimits.pieceBytes, "a row over its limit")
        let full = makeRoom(LinkImage.rowHeaderBytes + row.count)
        count += 1
        writer.entity(entity)
        writer.u16(component)
        writer.blob(row)
        return full
    }

    /// - Returns: a frame to be sent, when the intent no longer fits into it.
    package mutating func consumed(_ intent: ConsumedIntent) -> [UInt8]? {
        let full = makeRoom(ConsumedIntent.byteCount)
        intents.append(intent)
        return full
    }

    private mutating func makeRoom(_ byteCount: Int) -> [UInt8]? {
        let size = writer.count - 4 + 4 + intents.count * ConsumedIntent.byteCount
        guard count + intents.count > 0, size + byteCount > limit else { return nil }
        defer { writer = Self.begin(world, tick, chain) }
        return end(more: true)
    }

    /// - Returns: the last frame.
    package mutating func finish() -> [UInt8] { end(more: false) }

    private static func begin(_ world: UInt16, _ tick: UInt64, _ chain: UInt64) -> ByteWriter {
        var writer = beginFrame(FrameType.image, world: world, capacity: 64 * 1024)
        writer.u64(tick)
        writer.u64(chain)
        writer.u8(0)
        writer.u32(0)
        return writer
    }

    private mutating func end(more: Bool) -> [UInt8] {
        writer.u32(UInt32(intents.count))
        for intent in intents { intent.encode(to: &writer) }
        intents.removeAll(keepingCapacity: true)
        writer.patchU32(at: Self.countOffset, UInt32(count))
        let flags = (more ? LinkImage.moreFlag : 0) | (isFirst ? LinkImage.firstFlag : 0) | (isWhole ? LinkImage.wholeFlag : 0)
        writer.patchU8(at: Self.flagsOffset, flags)
        count = 0
        isFirst = false
        return endFrame(&writer)
    }
}

extension ByteReader {
    mutating func rows() throws(DecodeError) -> ContiguousArray<RowRecord> {
        let count = try count32(ofAtLeast: LinkImage.rowHeaderBytes)
        var rows = ContiguousArray<RowRecord>()
        rows.reserveCapacity(count)
        for _ in 0..<count { rows.append(RowRecord(entity: try entity(), component: try u16(), bytes: try piece())) }
        return rows
    }
}
