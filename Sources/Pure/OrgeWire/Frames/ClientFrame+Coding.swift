package import OrgeSchema

extension ClientFrame {
    package static var byteLimit: Int { WireLimits.clientFrameBytes }

    package func encodeBody(to writer: inout ByteWriter) {
        switch self {
        case .hello(let hello): hello.encode(to: &writer)
        case .login(let login): login.encode(to: &writer)
        case .describe(let world): writer.shortText(world)
        case .join(let join):
            writer.shortText(join.world)
            writer.u8(join.role.rawValue)
            writer.u64(join.knownSchema)
            join.extensions.encode(to: &writer)
        case .command(let command): command.encode(to: &writer)
        case .intent(let intent):
            writer.u8(0)
            writer.u32(intent.number)
            writer.u16(intent.kind)
            writer.bytes(intent.payload)
        case .ping(let clientTime): writer.u64(clientTime)
        case .audit(let request): writer.u32(request)
        case .leave: break
        case .kill(let token):
            precondition(token.count == WireLimits.tokenBytes, "a kill token has \(WireLimits.tokenBytes) bytes")
            writer.bytes(token)
        case .received(let sequence): writer.u64(sequence)
        case .skipped: break
        }
    }

    /// Reads type and body, to the reader's end.
    package init(decoding reader: inout ByteReader) throws(DecodeError) {
        switch try reader.frameHead(ClientFrameType.self) {
        case .skipped(let type): self = .skipped(type: type)
        case .known(let type):
            self = try Self.body(type, &reader)
            if case .hello(let hello) = self, hello.isOfAnotherEdition { return }
            try reader.expectEnd()
        }
    }

    private static func body(_ type: ClientFrameType, _ reader: inout ByteReader) throws(DecodeError) -> ClientFrame {
        switch type {
        case .hello: .hello(try Hello(decoding: &reader))
        case .login: .login(try Login(decoding: &reader))
        case .describe: .describe(world: try reader.shortText(limit: WireLimits.nameBytes))
        case .join: .join(try Join(decoding: &reader))
        case .command: .command(try Command(decoding: &reader))
        case .intent: .intent(try Intent(decoding: &reader))
        case .ping: .ping(clientTime: try reader.u64())
        case .audit: .audit(request: try reader.u32())
        case .leave: .leave
        case .kill: .kill(token: Array(try reader.bytes(WireLimits.tokenBytes)))
        case .received: .received(through: try reader.u64())
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
        extensions.encode(to: &writer)
    }

    /// The client speaks neither this version nor a later one. What it says after its versions is not read: it is told so, in words.
    package var isOfAnotherEdition: Bool { newest < Wire.oldestVersion }

    fileprivate init(decoding reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        let magic = try reader.u32()
        guard magic == Wire.magic else { throw DecodeError(.unknown(what: "magic", value: UInt64(magic)), at: start) }
        oldest = try reader.u16()
        newest = try reader.u16()
        guard 1 <= oldest, oldest <= newest else { throw DecodeError(.inconsistent("versions \(oldest) to \(newest)"), at: start + 4) }
        guard newest >= Wire.oldestVersion else {
            (kind, software, extensions) = (.tool, "", .none)
            return
        }
        kind = try reader.known(ClientKind.self, "client kind")
        software = try reader.shortText(limit: WireLimits.softwareBytes)
        extensions = try WireExtensions(decoding: &reader)
        _ = try Capabilities(in: extensions)
    }
}

extension ClientFrame.Login {
    /// - Precondition: method and credential are within ``WireLimits``.
    fileprivate func encode(to writer: inout ByteWriter) {
        precondition(method.utf8.count <= WireLimits.methodBytes && credential.count <= WireLimits.credentialBytes, "a login over its limits")
        writer.shortText(name)
        writer.shortText(method)
        writer.u16(UInt16(credential.count))
        writer.bytes(credential)
        extensions.encode(to: &writer)
    }

    /// A name of any length that a frame holds is read: one against the grammar has a close code of its own.
    fileprivate init(decoding reader: inout ByteReader) throws(DecodeError) {
        name = try reader.shortText(limit: WireLimits.clientFrameBytes)
        method = try reader.shortText(limit: WireLimits.methodBytes)
        let start = reader.offset
        let count = Int(try reader.u16())
        guard count <= WireLimits.credentialBytes else { throw DecodeError(.overLimit(length: count, limit: WireLimits.credentialBytes), at: start) }
        credential = Array(try reader.bytes(count))
        extensions = try WireExtensions(decoding: &reader)
    }
}

extension ClientFrame.Join {
    fileprivate init(decoding reader: inout ByteReader) throws(DecodeError) {
        self.init(
            world: try reader.shortText(limit: WireLimits.nameBytes), role: try reader.known(JoinRole.self, "role"), knownSchema: try reader.u64(),
            extensions: try WireExtensions(decoding: &reader))
        try checkReturn(at: reader.offset)
    }
}

extension ClientFrame.Command {
    /// Of the flags: a key stands after the kind. Flag 1 is reserved for a tick.
    private static let keyFlag: UInt8 = 2

    fileprivate func encode(to writer: inout ByteWriter) {
        writer.u8(key == nil ? 0 : Self.keyFlag)
        writer.u64(sequence)
        writer.u16(kind)
        key?.encode(to: &writer)
        writer.bytes(payload)
    }

    fileprivate init(decoding reader: inout ByteReader) throws(DecodeError) {
        let flags = try reader.flags(allowed: Self.keyFlag, "command flags")
        self.init(
            sequence: try reader.u64(), kind: try reader.u16(), key: flags == 0 ? nil : try IdempotencyKey(reading: &reader), payload: try reader.rest())
    }
}

extension ClientFrame.Intent {
    fileprivate init(decoding reader: inout ByteReader) throws(DecodeError) {
        _ = try reader.flags(allowed: 0, "intent flags")
        self.init(number: try reader.u32(), kind: try reader.u16(), payload: try reader.rest())
    }
}
