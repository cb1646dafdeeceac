package import OrgeSchema

/// Writes one update straight into the bytes to send, and splits it over as many frames as it needs.
///
/// Usage: per entity `begin`, then `remove` for components that went, then `row` for each row; or `leave`; at the end `finish`.
package struct UpdateWriter: Sendable {
    private var writer: ByteWriter
    private let tick: UInt64
    private let limit: Int
    private var frameStart = 0
    private var flags: UInt8
    private var entry: OpenEntry?
    /// Entries written so far, all frames together, continued ones counted again.
    package private(set) var entryCount = 0
    package private(set) var rowCount = 0

    private struct OpenEntry {
        var start: Int
        var entity: Entity
        var action: UpdateAction
        var rowCount: UInt8 = 0
        var removedCount: UInt8 = 0
    }

    /// - Parameters:
    ///   - writer: what the frames are appended to; hand over the only copy, it comes back from ``finish()``.
    ///   - limit: bytes of a frame.
    package init(tick: UInt64, isReset: Bool, appendingTo writer: ByteWriter = ByteWriter(), limit: Int = WireLimits.serverFrameBytes) {
        precondition(limit >= UpdateFrame.headBytes + 2 * UpdateFrame.entryHeadBytes, "a frame holds something")
        self.writer = consume writer
        self.tick = tick
        self.limit = limit
        flags = isReset ? UpdateFrame.resetFlag : 0
        openFrame()
    }

    /// Starts the entry of an entity that changed or came into view.
    package mutating func begin(_ entity: Entity, _ action: UpdateAction) {
        precondition(action != .leave, "an entity leaves without rows")
        closeEntry()
        makeRoom(UpdateFrame.entryHeadBytes)
        openEntry(entity, action)
    }

    package mutating func leave(_ entity: Entity) {
        closeEntry()
        makeRoom(9)
        writer.entity(entity)
        writer.u8(UpdateAction.leave.rawValue)
        entryCount += 1
    }

    /// A component that the open entry's entity no longer shows.
    /// - Precondition: before the first row of the entry.
    package mutating func remove(_ component: UInt16) {
        makeRoomInEntry(2, isFull: entry?.removedCount == .max)
        guard var open = entry, open.action == .change, open.rowCount == 0 else { preconditionFailure("a component is removed before the rows of a change") }
        open.removedCount += 1
        entry = open
        writer.u16(component)
    }

    /// A row of the open entry's entity.
    /// - Precondition: the row is at most ``WireLimits/rowBytes`` long.
    package mutating func row(_ component: UInt16, _ bytes: ArraySlice<UInt8>) {
        prepareRow(component, count: bytes.count)
        writer.bytes(bytes)
    }

    package mutating func row(_ component: UInt16, _ bytes: [UInt8]) {
        prepareRow(component, count: bytes.count)
        writer.bytes(bytes)
    }

    /// Closes the last frame.
    /// - Returns: everything written, each frame after its size.
    package consuming func finish() -> ByteWriter {
        closeEntry()
        closeFrame()
        return writer
    }

    private mutating func prepareRow(_ component: UInt16, count: Int) {
        makeRoomInEntry(2 + count, isFull: entry?.rowCount == .max)
        guard entry != nil else { preconditionFailure("a row belongs to an entry") }
        entry?.rowCount += 1
        rowCount += 1
        writer.u16(component)
    }
}

extension UpdateWriter {
    private mutating func openFrame() {
        frameStart = writer.beginFrame(ServerFrameType.update.rawValue)
        writer.u64(tick)
        writer.u8(flags)
    }

    private mutating func closeFrame() {
        // The flags follow the tick's last byte; the two are written over together.
        writer.patchU16(at: frameStart + 12, UInt16(truncatingIfNeeded: tick & 0xff) << 8 | UInt16(flags))
        writer.endFrame(frameStart, limit: limit)
    }

    private mutating func openEntry(_ entity: Entity, _ action: UpdateAction) {
        entry = OpenEntry(start: writer.count, entity: entity, action: action)
        writer.entity(entity)
        writer.u8(action.rawValue)
        writer.u16(0)
        entryCount += 1
    }

    private mutating func closeEntry() {
        guard let open = entry else { return }
        writer.patchU16(at: open.start + 9, UInt16(open.rowCount) << 8 | UInt16(open.removedCount))
        entry = nil
    }

    /// Room for `count` more bytes of the open entry; goes on with the same entity in another entry when a count of this one is used up.
    private mutating func makeRoomInEntry(_ count: Int, isFull: Bool) {
        guard isFull, let open = entry else { return makeRoom(count) }
        closeEntry()
        makeRoom(UpdateFrame.entryHeadBytes + count)
        openEntry(open.entity, .change)
    }

    /// Goes on in a new frame when `count` more bytes do not fit this one.
    private mutating func makeRoom(_ count: Int) {
        guard writer.count - frameStart - 4 + count > limit else { return }
        precondition(UpdateFrame.headBytes + count + (entry == nil ? 0 : UpdateFrame.entryHeadBytes) <= limit, "a row longer than a frame")
        let open = entry
        let isUntouched = open.map { $0.rowCount == 0 && $0.removedCount == 0 } ?? false
        if let open, isUntouched {
            writer.truncate(to: open.start)
            entry = nil
        }
        closeEntry()
        flags |= UpdateFrame.moreFlag
        closeFrame()
        flags = 0
        openFrame()
        if let open { openEntry(open.entity, isUntouched ? open.action : .change) }
    }
}
