package import OrgeSchema

/// Writes a release element by element and cuts it into frames on the way, so that rows are copied once, from a tick's changes into the frame.
///
/// A release may be written by several writers: what all edges are sent by one, what one edge is sent by another. A part is whole in itself,
/// and an edge applies a tick when it has the part that is marked as the last.
package struct ReleaseWriter: Sendable {
    /// The sections of a part, in order.
    private enum Section: Int {
        case joins, ended, removed, unset, set, outcomes, events, consumed, recalled

        static let count = 9
    }

    /// The counts of all sections, and that of the extensions.
    private static let countsBytes = Section.count * 4 + 1
    private static let flagsOffset = 4 + 1 + 2 + 8 + 8 + 8 + 2

    private let head: ReleaseHead
    private let world: UInt16
    private let limit: Int
    private var frames: [[UInt8]] = []
    private var writer: ByteWriter
    /// The section that is being written: how many elements it has, and where its count stands.
    private var section = 0
    private var elementCount: UInt32 = 0
    private var countOffset: Int
    /// Whether the frame holds an element: the first one is written however large it is.
    private var isFrameEmpty = true

    /// - Parameters:
    ///   - capacity: bytes that are expected.
    ///   - limit: of a frame; smaller than the default only in tests. One element may exceed it.
    package init(_ head: ReleaseHead, world: UInt16, capacity: Int = 256, limit: Int = LinkLimits.frameBytes) {
        self.head = head
        self.world = world
        self.limit = limit
        writer = Self.begin(head, world, capacity: min(limit, capacity))
        countOffset = writer.count
        writer.u32(0)
    }

    /// Whether nothing was written yet.
    package var isEmpty: Bool { frames.isEmpty && isFrameEmpty }

    /// Ends the release, or what this writer has of it.
    /// - Parameter isLast: false when parts of another writer follow.
    package mutating func finish(isLast: Bool) -> [[UInt8]] {
        endFrame(more: !isLast)
        return frames
    }

    /// Makes room for an element of a section.
    /// - Precondition: no element of a later section was written.
    @inline(__always)
    private mutating func element(_ next: Section, bytes: Int) {
        if !isFrameEmpty, writer.count - 4 + bytes + Self.countsBytes > limit { beginNextFrame() }
        if next.rawValue != section { advance(to: next.rawValue) }
        elementCount += 1
        isFrameEmpty = false
    }

    private mutating func advance(to next: Int) {
        precondition(next >= section, "a release's sections have an order")
        while section < next {
            writer.patchU32(at: countOffset, elementCount)
            section += 1
            elementCount = 0
            countOffset = writer.count
            writer.u32(0)
        }
    }

    private mutating func beginNextFrame() {
        endFrame(more: true)
        writer = Self.begin(head, world, capacity: limit)
        section = 0
        countOffset = writer.count
        writer.u32(0)
        isFrameEmpty = true
    }

    private static func begin(_ head: ReleaseHead, _ world: UInt16, capacity: Int) -> ByteWriter {
        var writer = beginFrame(FrameType.release, world: world, capacity: capacity)
        writer.u64(head.tick)
        writer.u64(head.chain)
        writer.u64(head.utcMilliseconds)
        writer.u16(head.dilationPermille)
        writer.u8(0)
        return writer
    }

    private mutating func endFrame(more: Bool) {
        advance(to: Section.count - 1)
        writer.patchU32(at: countOffset, elementCount)
        elementCount = 0
        writer.u8(0)
        if more { writer.patchU8(at: Self.flagsOffset, Release.moreFlag) }
        frames.append(OrgeLink.endFrame(&writer))
    }
}

// MARK: Elements, in the order of their sections

extension ReleaseWriter {
    package mutating func join(_ attachment: UInt64, _ answer: JoinAnswer) {
        element(.joins, bytes: 8 + answer.byteCount)
        writer.u64(attachment)
        answer.encode(to: &writer)
    }

    package mutating func ended(_ attachment: UInt64, _ reason: EndReason) {
        element(.ended, bytes: 8 + 1)
        writer.u64(attachment)
        writer.u8(reason.rawValue)
    }

    package mutating func removed(_ entity: Entity) {
        element(.removed, bytes: 8)
        writer.entity(entity)
    }

    package mutating func unset(_ entity: Entity, _ component: UInt16) {
        element(.unset, bytes: 8 + 2)
        writer.entity(entity)
        writer.u16(component)
    }

    package mutating func set(_ entity: Entity, _ component: UInt16, row: ArraySlice<UInt8>) {
        element(.set, bytes: LinkImage.rowHeaderBytes + row.count)
        writer.entity(entity)
        writer.u16(component)
        piece(row)
    }

    package mutating func outcome(session: UInt64, sequence: UInt64, _ outcome: ArraySlice<UInt8>) {
        element(.outcomes, bytes: 8 + 8 + 4 + outcome.count)
        writer.u64(session)
        writer.u64(sequence)
        piece(outcome)
    }

    package mutating func event(_ kind: UInt16, to audience: EventAudience, isReliable: Bool, payload: ArraySlice<UInt8>) {
        element(.events, bytes: 2 + EventAudience.byteLimit + 1 + 4 + payload.count)
        writer.u16(kind)
        audience.encode(to: &writer)
        writer.flag(isReliable)
        piece(payload)
    }

    package mutating func consumed(_ intent: ConsumedIntent) {
        element(.consumed, bytes: ConsumedIntent.byteCount)
        intent.encode(to: &writer)
    }

    package mutating func recalled(_ attachment: UInt64, _ tick: UInt64, _ kind: Recalled.Kind, _ bytes: ArraySlice<UInt8>) {
        element(.recalled, bytes: Recalled.headByteLimit + bytes.count)
        Recalled.encode(attachment, tick, kind, to: &writer)
        piece(bytes)
    }

    private mutating func piece(_ bytes: ArraySlice<UInt8>) {
        precondition(bytes.count <= LinkLimits.pieceBytes, "a piece over its limit")
        writer.blob(bytes)
    }
}

extension JoinAnswer {
    /// Bytes of the encoded answer.
    fileprivate var byteCount: Int {
        switch self {
        case .joined: 1 + 8 + 8 + 8 + ResumeAnswer.byteLimit
        case .refused(_, _, let text, _): 1 + 1 + 2 + text.utf8.count + ResumeAnswer.byteLimit
        }
    }

    fileprivate func encode(to writer: inout ByteWriter) {
        switch self {
        case .joined(let session, let avatar, let nextSequence, let resume):
            writer.u8(0)
            writer.u64(session)
            writer.entity(avatar)
            writer.u64(nextSequence)
            resume.encode(to: &writer)
        case .refused(let reason, let code, let text, let resume):
            precondition(text.utf8.count <= LinkLimits.textBytes, "a text over its limit")
            writer.u8(reason.rawValue)
            writer.u8(code)
            writer.shortText(text)
            resume.encode(to: &writer)
        }
    }
}
