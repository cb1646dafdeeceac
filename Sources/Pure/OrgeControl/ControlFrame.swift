package import OrgeSchema

/// Frames on the control channel, big-endian:
///
///     offset  size  what
///          0     4  length of what follows, 1...16384
///          4     1  type of the message
///          5     …  body
///
/// Both ends are started from one build or from two of the same `formatVersion`, so nothing here is negotiated; an
/// unknown type is a fault of the peer like any other.
package enum ControlFrame {
    /// The largest message is a failure with its text (8 KiB); the rest is room to grow. A peer that says more is broken.
    package static let lengthLimit = 16_384
    /// Texts: a failure may quote the last lines of a log.
    package static let failureBytesLimit = 8_192
    /// A world's name, an address, a kind of server.
    package static let nameBytesLimit = 255

    static func framed(type: UInt8, _ body: (inout ByteWriter) -> Void) -> [UInt8] {
        var writer = ByteWriter(capacity: 96)
        writer.u32(0)
        writer.u8(type)
        body(&writer)
        precondition(writer.count - 4 <= lengthLimit, "a control message over its own limit")
        writer.patchU32(at: 0, UInt32(writer.count - 4))
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
    private var pending: [UInt8] = []

    package init() {}

    /// Takes what was read. Call ``next()`` until it gives nil before the next call: what is kept is then less than one frame.
    package mutating func receive(_ bytes: some Collection<UInt8>) {
        pending.append(contentsOf: bytes)
    }

    /// The next whole message, nil when more bytes are needed. After an error the stream is of no use any more.
    package mutating func next() throws(DecodeError) -> Message? {
        guard pending.count >= 4 else { return nil }
        var header = ByteReader(pending)
        let length = Int(try header.u32())
        guard length >= 1 else { throw DecodeError(.inconsistent("a frame without a type"), at: 0) }
        guard length <= ControlFrame.lengthLimit else { throw DecodeError(.overLimit(length: length, limit: ControlFrame.lengthLimit), at: 0) }
        guard pending.count >= 4 + length else { return nil }
        var reader = ByteReader(pending, from: 4, to: 4 + length)
        let message = try Message.decode(type: try reader.u8(), &reader)
        try reader.expectEnd()
        pending.removeFirst(4 + length)
        return message
    }
}
