package import OrgeSchema

/// Frames on the control channel, big-endian:
///
///     offset  size  what
///          0     4  length of what follows, 1...16384
///          4     1  type of the message
///          5     …  body
///
/// Both ends speak one ``formatVersion``, so nothing here is negotiated: the supervisor states its own on the child's command line, and a child of
/// another version refuses to start. An unknown type is a fault of the peer like any other.
package enum ControlFrame {
    /// 2: every child reports that it lives. 3: hosts say when the disk is full. 4: and when it fails, count faults, and say when no other start is of use.
    /// 5: and when another host has their journal; an operator lifts measures against faults. Version 1 was not stated.
    package static let formatVersion: UInt16 = 5
    /// The largest message is a failure with its text (8 KiB); the rest is room to grow. A peer that says more is broken.
    package static let lengthLimit = 16_384
    /// Texts: a failure may quote the last lines of a log.
    package static let failureBytesLimit = 8_192
    /// A world's name, an address, a kind of server.
    package static let nameBytesLimit = 255

    /// Why a child cannot be run by this supervisor; nil when it can.
    /// - Parameter version: of the supervisor; nil: it states none.
    package static func refusal(ofSupervisor version: UInt16?) -> String? {
        guard version != formatVersion else { return nil }
        let theirs = version.map { "version \($0)" } ?? "a version that it does not state"
        return
            "this executable speaks version \(formatVersion) of the control channel, and the `orge serve` that started it \(theirs); build both with one Orge"
    }

    static func framed(type: UInt8, _ body: (inout ByteWriter) -> Void) -> [UInt8] {
        var writer = ByteWriter(capacity: 96)
        let frame = writer.beginFrame(type)
        body(&writer)
        writer.endFrame(frame, limit: lengthLimit)
        return writer.take()
    }
}

/// A message with its bytes. Both directions conform, so that one channel type serves parent and child.
package protocol ControlMessage: Equatable, Sendable {
    /// The whole frame. Texts over their limit are cut.
    func frame() -> [UInt8]
    /// The message of one type and its body; the reader ends where the frame does.
    static func decode(type: UInt8, _ reader: inout ByteReader) throws(DecodeError) -> Self
}

/// Finds messages in a stream of bytes that come in any pieces.
package struct ControlStream<Message: ControlMessage>: Sendable {
    private var frames = FrameStream(limit: ControlFrame.lengthLimit)

    package init() {}

    package mutating func append(_ bytes: some Collection<UInt8>) { frames.append(bytes) }

    /// The next whole message, nil when more bytes are needed. After an error the stream is of no use any more.
    package mutating func next() throws(DecodeError) -> Message? {
        guard var reader = try frames.nextReader() else { return nil }
        let message = try Message.decode(type: try reader.u8(), &reader)
        try reader.expectEnd()
        return message
    }
}
