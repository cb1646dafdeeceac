package import OrgeSchema

/// How updates are written. Client and server agree on one in hello and welcome; each has one writer and one reader, and the rows that come out are the same.
package enum UpdateEncoding: UInt8, CaseIterable, Sendable {
    /// Byte-aligned: varints, field masks, differences of integers.
    case plain = 1
}

/// One frame of an update. The entries stay bytes: a view reads them in one pass, see ``UpdateCursor``.
package struct UpdateFrame: Equatable, Sendable {
    package var tick: UInt64
    /// The update goes on in the next update frame; without it the view is complete through `tick`.
    package var hasMore: Bool
    /// The view is emptied before this frame is applied.
    package var isReset: Bool
    /// Each row stands after its length, so that a receiver can skip components that it does not know.
    package var isSized: Bool
    /// The number of the last intent of this client that the world has consumed; nil where it is the same as in the update before.
    package var consumedIntent: UInt32?
    package var entries: [UInt8]

    package init(tick: UInt64, hasMore: Bool = false, isReset: Bool = false, isSized: Bool = false, consumedIntent: UInt32? = nil, entries: [UInt8]) {
        self.tick = tick
        self.hasMore = hasMore
        self.isReset = isReset
        self.isSized = isSized
        self.consumedIntent = consumedIntent
        self.entries = entries
    }

    /// Type, session, flags, and the longest tick and intent number.
    package static let headBytes = 1 + 1 + 1 + Varint.byteLimit + 5
    /// The longest entity difference and component mask, and the terminators of empty sections before them.
    package static let entryHeadBytes = 2 * Varint.byteLimit + UpdateSection.allCases.count

    static let moreFlag: UInt8 = 1
    static let resetFlag: UInt8 = 2
    static let sizedFlag: UInt8 = 4
    static let intentFlag: UInt8 = 8

    func encode(to writer: inout ByteWriter) {
        Self.encodeHead(tick: tick, flags: flags, consumedIntent: consumedIntent, to: &writer)
        writer.bytes(entries)
    }

    var flags: UInt8 {
        (hasMore ? Self.moreFlag : 0) | (isReset ? Self.resetFlag : 0) | (isSized ? Self.sizedFlag : 0) | (consumedIntent == nil ? 0 : Self.intentFlag)
    }

    /// - Returns: where the flags are.
    @discardableResult
    static func encodeHead(tick: UInt64, flags: UInt8, consumedIntent: UInt32?, to writer: inout ByteWriter) -> Int {
        let flagsAt = writer.count
        writer.u8(flags)
        writer.varint(tick)
        if let consumedIntent { writer.varint(UInt64(consumedIntent)) }
        return flagsAt
    }

    init(decoding reader: inout ByteReader) throws(DecodeError) {
        let flags = try reader.flags(allowed: Self.moreFlag | Self.resetFlag | Self.sizedFlag | Self.intentFlag, "update flags")
        tick = try reader.varint()
        hasMore = flags & Self.moreFlag != 0
        isReset = flags & Self.resetFlag != 0
        isSized = flags & Self.sizedFlag != 0
        consumedIntent = flags & Self.intentFlag == 0 ? nil : try reader.varint32()
        entries = try reader.rest()
    }
}

/// The four parts of an update's frame, in this order. Each lists entities in ascending order and ends with a zero, the last one with the frame.
package enum UpdateSection: UInt8, CaseIterable, Comparable, Sendable {
    /// Entities in view: rows of theirs that changed.
    case changed
    /// Entities in view: components that are no longer shown.
    case removed
    /// Entities that come into view, with whole rows.
    case entered
    /// Entities that go out of view.
    case left

    package static func < (a: UpdateSection, b: UpdateSection) -> Bool { a.rawValue < b.rawValue }

    var hasComponents: Bool { self != .left }
}

/// The id from which the first one of each section differs. A client mostly sees entities of its own world, whose ids are a little above it; it is the id
/// of none itself (generation 0), so no difference is zero.
package func idBase(ofWorld number: UInt16) -> Entity { Entity(raw: Entity(world: number, generation: 1, slot: 0).raw - 1) }

/// A row's component as a bit of an entry's mask: the i-th component of the schema document that is not server-only.
package func updateComponents(_ schema: WorldSchema) -> [WorldSchema.Component] { schema.components.filter { $0.visibility != .server } }
