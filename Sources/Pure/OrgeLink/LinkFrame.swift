/// What edge and host say to each other over a Unix socket (in memory in tests), version 6. Layouts: `docs/formats/link.md`.
///
/// A frame is `size u32 · type u8 · world u16 · body`, the size counting what follows it; all numbers big-endian. `world` is the world's number,
/// 0 in an edge's hello, which names the world in words. Frames that grow with the world
/// (release, image, audit answer) are split into parts of at most ``LinkLimits/frameBytes``, each of them whole in itself; the last one
/// says so. An edge that reads part of a release shows none of it before the last part.
///
/// The order of a conversation: the edge says ``EdgeHello``, the host answers ``HostHello`` or ``HostFrame/refusedEdge(_:)``. Then
/// * the host sends an ``LinkImage`` when the hello says that it does not resume from the edge's last tick, and after it one ``Release``
///   without changes for each tick after the edge's last one and before the image's that has outcomes, reliable events, join answers or
///   endings, and one of the image's tick in any case; then one ``Release`` for each released tick, in order. A link that is lost in between
///   may go on with releases up to the image's tick that do have changes: rows of the image are newer then;
/// * when the host's hello names a ``Fork``, the edge holds another timeline: a ``HostFrame/sessions(_:)`` frame with the edge's sessions on the host's
///   timeline precedes the image, and the edge starts the world again from these;
/// * the edge sends every join, leave, detach and command again that has no answer yet, in the order in which it first sent them, and before a
///   session's commands its last acknowledgement: a host that died may never have sealed it, and counts what it does not know of as unanswered.
package enum LinkVersion {
    package static let current: UInt16 = 6
}

/// Bounds of everything that crosses the link.
package enum LinkLimits {
    /// Size of a frame: holds the change set of some 200,000 rows, and is read within a few milliseconds.
    package static let frameBytes = 16 * 1024 * 1024
    /// One row, payload or outcome: a server frame of the client protocol holds 256 KiB, and what stands before these in it fits the rest.
    package static let pieceBytes = 255 * 1024
    /// Where a session's sequences may begin: no session counts from here to the end of 64 bits.
    package static let firstSequences: ClosedRange<UInt64> = 1...(1 << 62 - 1)
    /// A world's name, as in a schema document.
    package static let worldNameBytes = 128
    /// A reason for people: one sentence.
    package static let textBytes = 256
    /// Bytes of one session in a ``HostFrame/sessions(_:)`` frame; a host's 65,536 sessions fit into one frame.
    static let sessionBytes = 8 + 8 + 8 + 8
    /// A schema document, as OrgeSchema reads it.
    package static let documentBytes = 256 * 1024
}

/// Types below 0x80 go from edge to host.
enum FrameType {
    static let edgeHello: UInt8 = 0x01
    static let inputs: UInt8 = 0x02
    static let released: UInt8 = 0x03
    static let interest: UInt8 = 0x04
    static let hostHello: UInt8 = 0x81
    static let image: UInt8 = 0x82
    static let release: UInt8 = 0x83
    static let auditAnswer: UInt8 = 0x84
    static let refusedEdge: UInt8 = 0x85
    static let sessions: UInt8 = 0x86
}

/// Where some bytes lie in the buffer of the batch that names them.
package struct Extent: BitwiseCopyable, Equatable, Sendable {
    package var offset: UInt32
    package var count: UInt32

    package init(offset: Int, count: Int) {
        self.offset = UInt32(offset)
        self.count = UInt32(count)
    }

    package static let empty = Extent(offset: 0, count: 0)

    package var range: Range<Int> { Int(offset)..<Int(offset) + Int(count) }
}
