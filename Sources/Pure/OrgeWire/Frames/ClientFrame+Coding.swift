package import OrgeSchema

extension ClientFrame {
    /// Appends size, type and body.
    package func encode(to writer: inout ByteWriter) {
        let frame = writer.beginFrame(type.rawValue)
        switch self {
        case .hello(let hello): hello.encode(to: &writer)
        case .login(let name): writer.shortText(name)
        case .describe(let world): writer.shortText(world)
        case .join(let join):
            writer.shortText(join.world)
            writer.u8(join.role.rawValue)
            writer.u64(join.knownSchema)
        case .command(let command):
            writer.u64(command.sequence)
            writer.u16(command.kind)
            writer.bytes(command.payload)
        case .intent(let intent):
            writer.u16(intent.kind)
            writer.bytes(intent.payload)
        case .ping(let clientTime): writer.u64(clientTime)
        case .audit(let request): writer.u32(request)
        case .leave: break
        case .kill(let token):
            precondition(token.count == WireLimits.tokenBytes, "a kill token has \(WireLimits.tokenBytes) bytes")
            writer.bytes(token)
        }
        writer.endFrame(frame, limit: WireLimits.clientFrameBytes)
    }

    /// Size, type and body in a new array.
    package var encoded: [UInt8] {
        var writer = ByteWriter()
        encode(to: &writer)
        return writer.take()
    }

    /// Reads type and body, to the reader's end.
    package init(decoding reader: inout ByteReader) throws(DecodeError) {
        let type = try reader.known(ClientFrameType.self, "frame type")
        self = try Self.body(type, &reader)
        if type != .hello { try reader.expectEnd() }
    }

    private static func body(_ type: ClientFrameType, _ reader: inout ByteReader) throws(DecodeError) -> ClientFrame {
        switch type {
        case .hello: .hello(try Hello(decoding: &reader))
        case .login: .login(name: try reader.shortText(limit: WireLimits.clientFrameBytes))
        case .describe: .describe(world: try reader.shortText(limit: WireLimits.nameBytes))
        case .join:
            .join(
                Join(world: try reader.shortText(limit: WireLimits.nameBytes), role: try reader.known(JoinRole.self, "role"), knownSchema: try reader.u64()))
        case .command: .command(Command(sequence: try reader.u64(), kind: try reader.u16(), payload: try reader.rest()))
        case .intent: .intent(Intent(kind: try reader.u16(), payload: try reader.rest()))
        case .ping: .ping(clientTime: try reader.u64())
        case .audit: .audit(request: try reader.u32())
        case .leave: .leave
        case .kill: .kill(token: Array(try reader.bytes(WireLimits.tokenBytes)))
        }
    }
}

extension ClientFrame.Hello {
    fileprivate func encode(to writer: inout ByteWriter) {
        writer.u32(Wire.magic)
        writer.u16(oldest)
        writer.u16(newest)
        writer.u8(kind.rawValue)
        writer.shortText(software.cut(toBytes: WireLimits.softwareBytes))
    }

    /// Later versions may append fields: what follows the software's name is not looked at.
    fileprivate init(decoding reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        let magic = try reader.u32()
        guard magic == Wire.magic else { throw DecodeError(.unknown(what: "magic", value: UInt64(magic)), at: start) }
        oldest = try reader.u16()
        newest = try reader.u16()
        guard 1 <= oldest, oldest <= newest else { throw DecodeError(.inconsistent("versions \(oldest) to \(newest)"), at: start + 4) }
        kind = try reader.known(ClientKind.self, "client kind")
        software = try reader.shortText(limit: WireLimits.softwareBytes)
    }
}
