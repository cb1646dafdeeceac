package import OrgeSchema

extension FrameStream {
    /// Frames from a client, over TCP.
    package static var client: FrameStream { FrameStream(limit: WireLimits.clientFrameBytes) }
    /// Frames from the server.
    package static var server: FrameStream { FrameStream(limit: WireLimits.serverFrameBytes) }
}

extension ByteReader {
    /// The bytes up to the end.
    package mutating func rest() throws(DecodeError) -> [UInt8] { Array(try bytes(remaining)) }

    /// A byte that must be one of the raw values of a closed set.
    package mutating func known<Known: RawRepresentable<UInt8>>(_: Known.Type, _ what: String) throws(DecodeError) -> Known {
        let start = offset
        let raw = try u8()
        guard let value = Known(rawValue: raw) else { throw DecodeError(.unknown(what: what, value: UInt64(raw)), at: start) }
        return value
    }

    /// A byte of flags of which only those in `allowed` may be set.
    package mutating func flags(allowed: UInt8, _ what: String) throws(DecodeError) -> UInt8 {
        let start = offset
        let raw = try u8()
        guard raw & ~allowed == 0 else { throw DecodeError(.unknown(what: what, value: UInt64(raw)), at: start) }
        return raw
    }

    /// The session that a frame belongs to. This version has one session on each connection, whose index is 0.
    package mutating func onlySession() throws(DecodeError) {
        let start = offset
        let session = try u8()
        guard session == Wire.onlySession else { throw DecodeError(.unknown(what: "session", value: UInt64(session)), at: start) }
    }
}
