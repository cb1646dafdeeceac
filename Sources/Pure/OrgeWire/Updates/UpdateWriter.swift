package import OrgeSchema

/// Writes one update in `plain`, straight into the bytes to send, and splits it over as many frames as it needs.
///
/// Usage: for each entry `begin`, then `row` or `change` for each bit of its components, in ascending order; at the end `finish`. Sections and the
/// entities within a section should rise: whatever does not starts another frame.
package struct UpdateWriter: Sendable {
    private var writer: ByteWriter
    private let head: Head
    private let base: Entity
    private let limit: Int
    private var frameStart = 0
    private var flagsAt = 0
    private var flags: UInt8
    private var section = UpdateSection.changed
    /// Of the section; nil before its first entity.
    private var lastEntity: Entity?
    /// Entries written so far, all frames together.
    package private(set) var entryCount = 0

    /// What stands at the head of each frame.
    package struct Head: Sendable {
        package var tick: UInt64
        package var isReset: Bool
        package var isSized: Bool
        /// On the first frame only.
        package var consumedIntent: UInt32?

        package init(tick: UInt64, isReset: Bool = false, isSized: Bool = false, consumedIntent: UInt32? = nil) {
            self.tick = tick
            self.isReset = isReset
            self.isSized = isSized
            self.consumedIntent = consumedIntent
        }
    }

    /// - Parameters:
    ///   - base: ``idBase(ofWorld:)`` of the world that the client was told in `joined`.
    ///   - writer: what the frames are appended to; hand over the only copy, it comes back from ``finish()``.
    ///   - limit: bytes of a frame.
    package init(_ head: Head, base: Entity, appendingTo writer: ByteWriter = ByteWriter(), limit: Int = WireLimits.serverFrameBytes) {
        precondition(limit >= UpdateFrame.headBytes + 2 * UpdateFrame.entryHeadBytes, "a frame holds something")
        self.writer = consume writer
        self.head = head
        self.base = base
        self.limit = limit
        flags = (head.isReset ? UpdateFrame.resetFlag : 0) | (head.consumedIntent == nil ? 0 : UpdateFrame.intentFlag)
        openFrame()
    }

    /// Most bytes of rows that one entry can hold. Rows of an entity that are longer together go into several entries.
    package var rowCapacity: Int { limit - UpdateFrame.headBytes - UpdateFrame.entryHeadBytes }

    /// Bytes of a row of so many bytes.
    @inline(__always)
    package func rowBytes(_ count: Int) -> Int { head.isSized ? count + Varint.byteCount(UInt64(count)) : count }

    /// Starts an entry.
    /// - Parameters:
    ///   - components: not empty, except for an entity that leaves.
    ///   - byteCount: of all its rows, as ``rowBytes(_:)`` says; at most ``rowCapacity``.
    package mutating func begin(_ section: UpdateSection, _ entity: Entity, components: UInt64 = 0, byteCount: Int = 0) {
        precondition(section.hasComponents == (components != 0) && byteCount <= rowCapacity, "an entry of \(byteCount) bytes, components \(components)")
        let isBehind = section < self.section || section == self.section && lastEntity.map { $0 >= entity } ?? false
        if isBehind || writer.count - frameStart - FrameStream.sizeBytes + UpdateFrame.entryHeadBytes + byteCount > limit { nextFrame() }
        while self.section < section {
            writer.u8(0)
            self.section = UpdateSection(rawValue: self.section.rawValue + 1) ?? section
            lastEntity = nil
        }
        if let lastEntity {
            writer.varint(entity.raw - lastEntity.raw)
        } else {
            writer.varint(Varint.zigzag(Int64(bitPattern: entity.raw &- base.raw)))
        }
        lastEntity = entity
        entryCount += 1
        if section.hasComponents { writer.varint(components) }
    }

    /// A row of the open entry, or a changed row that is encoded already.
    package mutating func row(_ bytes: ArraySlice<UInt8>) {
        if head.isSized { writer.varint(UInt64(bytes.count)) }
        writer.bytes(bytes)
    }

    /// A changed row of the open entry: a mask and the row that it marks as whole.
    package mutating func change(mask: [UInt8], row: ArraySlice<UInt8>) {
        if head.isSized { writer.varint(UInt64(mask.count + row.count)) }
        writer.bytes(mask)
        writer.bytes(row)
    }

    /// Closes the last frame.
    /// - Returns: everything written, each frame after its size.
    package consuming func finish() -> ByteWriter {
        closeFrame()
        return writer
    }
}

extension UpdateWriter {
    private mutating func openFrame() {
        frameStart = writer.beginFrame(ServerFrameType.update)
        if head.isSized { flags |= UpdateFrame.sizedFlag }
        let consumed = flags & UpdateFrame.intentFlag == 0 ? nil : head.consumedIntent
        flagsAt = UpdateFrame.encodeHead(tick: head.tick, flags: flags, consumedIntent: consumed, to: &writer)
        section = .changed
        lastEntity = nil
    }

    private mutating func closeFrame() {
        writer.patchU8(at: flagsAt, flags)
        writer.endFrame(frameStart, limit: limit)
    }

    private mutating func nextFrame() {
        flags |= UpdateFrame.moreFlag
        closeFrame()
        flags = 0
        openFrame()
    }
}
