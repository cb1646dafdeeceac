package import OrgeSchema

/// A frame of the client protocol, of either direction.
package protocol WireFrame {
    associatedtype Kind: WireFrameType
    /// What it begins with.
    var head: WireFrameHead<Kind> { get }
    /// Bytes of the largest frame, its size not counted.
    static var byteLimit: Int { get }
    /// Appends the body, without the session's index; nothing for a skipped frame.
    func encodeBody(to writer: inout ByteWriter)
}

extension WireFrame {
    /// - Precondition: not `skipped`.
    package var type: Kind {
        guard case .known(let kind) = head else { preconditionFailure("a frame of an unknown type") }
        return kind
    }

    /// Appends size, type and body.
    /// - Precondition: lists, rows and documents are within ``WireLimits``; texts for people are cut.
    package func encode(to writer: inout ByteWriter) {
        let frame =
            switch head {
            case .known(let kind): writer.beginFrame(kind)
            case .skipped(let type): writer.beginFrame(type)
            }
        encodeBody(to: &writer)
        writer.endFrame(frame, limit: Self.byteLimit)
    }

    /// Size, type and body in a new array.
    package var encoded: [UInt8] {
        var writer = ByteWriter()
        encode(to: &writer)
        return writer.take()
    }
}

/// The first byte of a frame of one direction.
package protocol WireFrameType: RawRepresentable<UInt8> {
    /// Unknown types of this range are skipped; any other unknown type is malformed.
    static var skippable: ClosedRange<UInt8> { get }
    /// The frame belongs to a session: its body begins with the session's index.
    var hasSession: Bool { get }
}

/// What a frame begins with.
package enum WireFrameHead<Kind: WireFrameType> {
    case known(Kind)
    /// A type that this version does not know and may skip.
    case skipped(UInt8)
}

extension ByteReader {
    /// Reads the type of a frame, and the session's index where the type has one.
    mutating func frameHead<Kind: WireFrameType>(_: Kind.Type) throws(DecodeError) -> WireFrameHead<Kind> {
        let byte = try u8()
        guard let kind = Kind(rawValue: byte) else {
            guard Kind.skippable.contains(byte) else { throw DecodeError(.unknown(what: "frame type", value: UInt64(byte)), at: offset - 1) }
            return .skipped(byte)
        }
        if kind.hasSession { try onlySession() }
        return .known(kind)
    }
}

extension ByteWriter {
    /// Begins a frame: size, type, and the session's index where the type has one.
    package mutating func beginFrame(_ type: some WireFrameType) -> Int {
        let start = beginFrame(type.rawValue)
        if type.hasSession { u8(Wire.onlySession) }
        return start
    }
}
