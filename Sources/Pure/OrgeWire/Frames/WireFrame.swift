package import OrgeSchema

/// A frame of the client protocol, of either direction.
package protocol WireFrame {
    /// Appends size, type and body.
    func encode(to writer: inout ByteWriter)
}

extension WireFrame {
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
enum WireFrameHead<Kind: WireFrameType> {
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
