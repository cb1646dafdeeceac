package import OrgeSchema

/// One frame of an update. The entries stay bytes: a view takes them apart in one pass, see ``UpdateCursor``.
package struct UpdateFrame: Equatable, Sendable {
    package var tick: UInt64
    /// The update goes on in the next update frame; without it the view is complete through `tick`.
    package var hasMore: Bool
    /// The view is forgotten before this frame is applied.
    package var isReset: Bool
    package var entries: [UInt8]

    package init(tick: UInt64, hasMore: Bool = false, isReset: Bool = false, entries: [UInt8]) {
        self.tick = tick
        self.hasMore = hasMore
        self.isReset = isReset
        self.entries = entries
    }

    /// Type, tick and flags.
    package static let headBytes = 1 + 8 + 1
    /// Entity, action and the two counts.
    package static let entryHeadBytes = 8 + 1 + 1 + 1

    static let moreFlag: UInt8 = 1
    static let resetFlag: UInt8 = 2

    func encode(to writer: inout ByteWriter) {
        writer.u64(tick)
        writer.u8((hasMore ? Self.moreFlag : 0) | (isReset ? Self.resetFlag : 0))
        writer.bytes(entries)
    }

    init(decoding reader: inout ByteReader) throws(DecodeError) {
        tick = try reader.u64()
        let flags = try reader.flags(allowed: Self.moreFlag | Self.resetFlag, "update flags")
        hasMore = flags & Self.moreFlag != 0
        isReset = flags & Self.resetFlag != 0
        entries = try reader.rest()
    }
}

/// What an entry of an update does to an entity in view.
package enum UpdateAction: UInt8, Sendable {
    /// Sets the listed rows, takes the listed components away.
    case change = 0
    /// Brings the entity into view with exactly the listed rows.
    case enter = 1
    /// Takes it out of view with all its rows.
    case leave = 2
}

/// Walks through the entries of an update: an entry's head, then its removed components, then its rows, as many as the head says.
package struct UpdateCursor: Sendable {
    package struct Entry: Equatable, Sendable {
        package var entity: Entity
        package var action: UpdateAction
        package var rowCount: Int
        package var removedCount: Int
    }

    package private(set) var reader: ByteReader

    package init(_ frame: UpdateFrame) { reader = ByteReader(frame.entries) }

    /// - Returns: nil at the end of the frame.
    package mutating func nextEntry() throws(DecodeError) -> Entry? {
        guard !reader.isAtEnd else { return nil }
        let entity = try reader.entity()
        let action = try reader.known(UpdateAction.self, "update action")
        guard action != .leave else { return Entry(entity: entity, action: action, rowCount: 0, removedCount: 0) }
        let entry = Entry(entity: entity, action: action, rowCount: Int(try reader.u8()), removedCount: Int(try reader.u8()))
        guard action == .change || entry.removedCount == 0 else {
            throw DecodeError(.inconsistent("an entity enters without components"), at: reader.offset - 1)
        }
        return entry
    }

    /// A removed component, or the component of the row that follows.
    package mutating func component() throws(DecodeError) -> UInt16 { try reader.u16() }

    /// Steps over a row and checks all of it.
    /// - Returns: where it lies in the frame's entries.
    package mutating func row(_ layout: RowLayout) throws(DecodeError) -> Range<Int> {
        let start = reader.offset
        try layout.validate(&reader)
        return start..<reader.offset
    }

    /// Steps over a row that is `count` bytes long whatever is in it and may hold any bytes.
    package mutating func plainRow(_ count: Int) throws(DecodeError) -> Range<Int> {
        let start = reader.offset
        try reader.skip(count)
        return start..<reader.offset
    }
}
