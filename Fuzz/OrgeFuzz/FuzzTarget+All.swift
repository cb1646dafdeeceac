import OrgeControl
import OrgeHost
import OrgeLink
import OrgeSchema
import OrgeWire

extension FuzzTarget {
    /// The table: a decoder of bytes from outside, or a machine that faces clients, is one entry here and a folder `Fuzz/corpus/NAME`.
    package static let all: [FuzzTarget] = [
        FuzzTarget("row", seeds: RowFuzz.seeds, run: RowFuzz.run),
        roundTrip(
            "schema", limit: .max, seeds: SchemaFuzz.seeds,
            decode: { bytes throws(DecodeError) in try WorldSchema(decoding: bytes) },
            encode: { schema in schema.encoded() }),
        roundTrip(
            "client-frame", limit: WireLimits.clientFrameBytes, seeds: FrameSeeds.client,
            decode: { bytes throws(DecodeError) in try whole(bytes) { reader throws(DecodeError) in try ClientFrame(decoding: &reader) } },
            encode: { frame in Array(frame.encoded.dropFirst(4)) }),
        roundTrip(
            "server-frame", limit: WireLimits.serverFrameBytes, seeds: FrameSeeds.server,
            decode: { bytes throws(DecodeError) in try whole(bytes) { reader throws(DecodeError) in try ServerFrame(decoding: &reader) } },
            encode: { frame in Array(frame.encoded.dropFirst(4)) }),
        roundTrip(
            "outcome", limit: WireLimits.serverFrameBytes / 2, seeds: FrameSeeds.outcomes,
            decode: { bytes throws(DecodeError) in try CommandOutcome(decoding: bytes) },
            encode: { outcome in outcome.encoded }),
        FuzzTarget("tick-record", seeds: RecordSeeds.all) { bytes in
            // One encoding for each record: what is accepted is what would be written.
            guard let record = accepted(bytes, { body throws(DecodeError) in try TickRecord(decoding: body) }) else { return }
            precondition(record.encoded() == bytes, "tick-record: \(record) has a second encoding")
        },
        FuzzTarget("frame-stream", seeds: FrameSeeds.streams, run: StreamFuzz.wire),
        FuzzTarget("link-stream", seeds: FrameSeeds.streams, run: StreamFuzz.link),
        FuzzTarget("edge-frame", seeds: FrameSeeds.fromEdge) { bytes in
            _ = accepted(bytes) { frame throws(DecodeError) in try EdgeFrame(decoding: frame) }
        },
        FuzzTarget("host-frame", seeds: FrameSeeds.fromHost) { bytes in
            _ = accepted(bytes) { frame throws(DecodeError) in try HostFrame(decoding: frame) }
        },
        control("child-message", ChildMessage.self, seeds: FrameSeeds.fromChild),
        control("supervisor-message", SupervisorMessage.self, seeds: FrameSeeds.fromSupervisor),
        FuzzTarget("server-session", isScript: true, seeds: ServerSessionFuzz.seeds, run: ServerSessionFuzz.run),
        FuzzTarget("client-session", isScript: true, seeds: ClientSessionFuzz.seeds, run: ClientSessionFuzz.run),
        FuzzTarget("edge", isScript: true, seeds: EdgeFuzz.seeds, run: EdgeFuzz.run),
    ]

    /// Reads a value and, from a decoder that takes a reader, nothing after it unless the decoder itself permits that.
    private static func whole<Value>(
        _ bytes: [UInt8], _ read: (inout ByteReader) throws(DecodeError) -> Value
    ) throws(DecodeError) -> Value {
        var reader = ByteReader(bytes)
        return try read(&reader)
    }

    /// The messages of one direction of the control channel, type and body.
    private static func control<Message: ControlMessage>(
        _ name: String, _: Message.Type, seeds: @escaping @Sendable () -> [[UInt8]]
    ) -> FuzzTarget {
        roundTrip(
            name, limit: ControlFrame.lengthLimit, seeds: seeds,
            decode: { bytes throws(DecodeError) in
                var reader = ByteReader(bytes)
                let message = try Message.decode(type: try reader.u8(), &reader)
                try reader.expectEnd()
                return message
            },
            encode: { message in Array(message.frame().dropFirst(4)) })
    }
}
