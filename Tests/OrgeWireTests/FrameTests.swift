import OrgeSchema
import OrgeWire
import Testing

@Suite struct FrameTests {
    @Test("Every frame comes back as it was sent", arguments: 0..<50 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var samples = FrameSamples(seed: seed)
        for type in ClientFrameType.allCases {
            let frame = samples.client(type)
            #expect(try decodeClient(Array(frame.encoded.dropFirst(4))) == frame, "seed \(seed)")
            #expect(frame.encoded[4] == type.rawValue)
        }
        for type in ServerFrameType.allCases {
            let frame = samples.server(type)
            #expect(try decodeServer(Array(frame.encoded.dropFirst(4))) == frame, "seed \(seed)")
            #expect(frame.encoded[4] == type.rawValue)
        }
    }

    @Test("The size in front is that of type and body")
    func size() {
        var samples = FrameSamples(seed: 1)
        for type in ServerFrameType.allCases {
            let bytes = samples.server(type).encoded
            #expect(bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) } == bytes.count - 4)
        }
    }

    @Test("A frame cut short anywhere is an error or another whole frame, never a trap", arguments: 0..<10 as Range<UInt64>)
    func truncation(seed: UInt64) {
        var samples = FrameSamples(seed: seed)
        for type in ClientFrameType.allCases {
            let whole = Array(samples.client(type).encoded.dropFirst(4))
            for end in 0..<whole.count { expectErrorOrCanonical(client: Array(whole[..<end])) }
        }
        for type in ServerFrameType.allCases {
            let whole = Array(samples.server(type).encoded.dropFirst(4))
            for end in 0..<whole.count { expectErrorOrCanonical(server: Array(whole[..<end])) }
        }
    }

    @Test("Frames of a fixed length are errors at every other length")
    func fixedLengths() {
        let frames: [ClientFrame] = [.ping(clientTime: 1), .audit(request: 2), .leave, .kill(token: Array(repeating: 7, count: 16))]
        for frame in frames {
            let whole = Array(frame.encoded.dropFirst(4))
            for end in 0..<whole.count { #expect(throws: DecodeError.self) { try decodeClient(Array(whole[..<end])) } }
            #expect(throws: DecodeError(.trailing(1), at: whole.count)) { try decodeClient(whole + [0]) }
        }
    }

    @Test("Random bytes, and frames with bytes changed, are errors or canonical frames", arguments: 0..<20 as Range<UInt64>)
    func randomBytes(seed: UInt64) {
        var samples = FrameSamples(seed: seed)
        for _ in 0..<200 {
            expectErrorOrCanonical(client: [UInt8(1 + samples.random.below(12))] + samples.bytes(upTo: 60))
            expectErrorOrCanonical(server: [UInt8(0x80 + samples.random.below(16))] + samples.bytes(upTo: 60))
            var client = Array(samples.client(samples.one(ClientFrameType.allCases)).encoded.dropFirst(4))
            client[samples.random.below(client.count)] = samples.u8()
            expectErrorOrCanonical(client: client)
            var server = Array(samples.server(samples.one(ServerFrameType.allCases)).encoded.dropFirst(4))
            server[samples.random.below(server.count)] = samples.u8()
            expectErrorOrCanonical(server: server)
        }
    }

    @Test("Of a hello of an older edition only the versions are read")
    func olderHello() throws {
        for tail in [[], [2, 0, 1, 97], [9, 9, 9]] as [[UInt8]] {
            guard case .hello(let hello) = try decodeClient([1, 0x4f, 0x52, 0x47, 0x45, 0, 1, 0, 1] + tail) else {
                Issue.record("not a hello")
                continue
            }
            #expect(hello.isOfAnotherEdition && hello.oldest == 1 && hello.newest == 1)
        }
        let later = ClientFrame.hello(ClientFrame.Hello(oldest: 1, newest: 9, kind: .tool, software: "later"))
        #expect(try decodeClient(Array(later.encoded.dropFirst(4))) == later)
        #expect(throws: DecodeError.self) { try decodeClient(Array(later.encoded.dropFirst(4)) + [0]) }
    }

    @Test("Unknown types are skipped where their range says so, and malformed elsewhere")
    func unknownTypes() throws {
        for type in 0...UInt8.max where ClientFrameType(rawValue: type) == nil {
            if (0x60...0x7f).contains(type) {
                #expect(try decodeClient([type, 1, 2]) == .skipped(type: type))
            } else {
                #expect(throws: DecodeError(.unknown(what: "frame type", value: UInt64(type)), at: 0)) { try decodeClient([type, 1, 2]) }
            }
        }
        for type in 0...UInt8.max where ServerFrameType(rawValue: type) == nil {
            if (0xe0...0xfe).contains(type) {
                #expect(try decodeServer([type, 1, 2]) == .skipped(type: type))
            } else {
                #expect(throws: DecodeError.self) { try decodeServer([type, 1, 2]) }
            }
        }
    }

    @Test("Extensions: unknown ones are kept, too many, too long, doubled and unordered ones are malformed")
    func extensions() throws {
        func login(_ tail: [UInt8]) throws -> ClientFrame { try decodeClient([2, 0, 1, 97, 0, 5] + Array("guest".utf8) + [0, 0] + tail) }
        #expect(
            try login([2, 0, 7, 0, 1, 9, 1, 0, 0, 0])
                == .login(ClientFrame.Login(name: "a", extensions: WireExtensions([.init(type: 7, bytes: [9]), .init(type: 256, bytes: [])]))))
        let most = (0..<16).flatMap { [0, UInt8($0), 0, 0] as [UInt8] }
        #expect(throws: Never.self) { try login([16] + most) }
        #expect(throws: DecodeError.self) { try login([17] + most + [0, 16, 0, 0]) }
        #expect(throws: Never.self) { try login([1, 0, 1, 2, 0] + [UInt8](repeating: 0, count: 512)) }
        #expect(throws: DecodeError.self) { try login([1, 0, 1, 2, 1] + [UInt8](repeating: 0, count: 513)) }
        for bad in [[2, 0, 1, 0, 0, 0, 1, 0, 0], [2, 0, 2, 0, 0, 0, 1, 0, 0], [1, 0, 1, 0, 1], [1], [], [0, 0]] as [[UInt8]] {
            #expect(throws: DecodeError.self) { try login(bad) }
        }
    }

    @Test("A session other than the only one, and flags that this version does not have, are malformed")
    func reservedBytes() {
        for frame in [ClientFrame.leave, .ping(clientTime: 1), .audit(request: 1)] {
            var bytes = Array(frame.encoded.dropFirst(4))
            bytes[1] = 1
            #expect(throws: DecodeError(.unknown(what: "session", value: 1), at: 1)) { try decodeClient(bytes) }
        }
        var command = Array(ClientFrame.command(ClientFrame.Command(sequence: 1, kind: 0, payload: [])).encoded.dropFirst(4))
        command[2] = 1
        #expect(throws: DecodeError(.unknown(what: "command flags", value: 1), at: 2)) { try decodeClient(command) }
    }

    @Test("Texts for people are cut at a character's end, never refused")
    func clippedTexts() throws {
        let long = String(repeating: "€", count: 200)
        let close = ServerFrame.close(Close(.malformed, long))
        guard case .close(let back) = try decodeServer(Array(close.encoded.dropFirst(4))) else {
            Issue.record("not a close frame")
            return
        }
        #expect(back.text == String(repeating: "€", count: WireLimits.reasonBytes / 3))
    }

    @Test("Names are 1 to 32 of letters, digits, underscore, hyphen and dot")
    func names() {
        for name in ["a", "ada", "A-z_0.9", String(repeating: "x", count: 32)] { #expect(isValidName(name)) }
        for name in ["", " ", "a b", "é", "a/b", "a\0", String(repeating: "x", count: 33), "a\n"] { #expect(!isValidName(name)) }
    }

    @Test("Outcomes keep code, field and reason")
    func outcomes() throws {
        for outcome in [CommandOutcome.applied(result: []), .applied(result: [1, 2, 3]), .refused(code: 5, field: "amount", reason: "too much")] {
            #expect(try CommandOutcome(decoding: outcome.encoded) == outcome)
        }
        for bytes in [[], [2], [1], [1, 5, 0, 0], [1, 5, 0, 0, 0, 0, 9]] as [[UInt8]] {
            #expect(throws: DecodeError.self) { try CommandOutcome(decoding: bytes) }
        }
    }

    /// One encoding per value: whatever decodes must encode to the same bytes. What is skipped is not read.
    private func expectErrorOrCanonical(client bytes: [UInt8]) {
        guard let frame = try? decodeClient(bytes) else { return }
        if case .skipped = frame { return }
        if case .hello(let hello) = frame, hello.isOfAnotherEdition { return }
        #expect(Array(frame.encoded.dropFirst(4)) == bytes)
    }

    private func expectErrorOrCanonical(server bytes: [UInt8]) {
        guard let frame = try? decodeServer(bytes) else { return }
        if case .skipped = frame { return }
        #expect(Array(frame.encoded.dropFirst(4)) == bytes)
    }

    @Test("The longest row that a world may have fits each frame that it goes in")
    func rowsFit() {
        let commandHead = ClientFrame.Command(sequence: 0, kind: 0, payload: []).frameBytes
        #expect(RowPlan.sizeLimit <= WireLimits.clientFrameBytes - commandHead && RowPlan.sizeLimit <= WireLimits.rowBytes)
        #expect(WorldSchema.documentLimit <= WireLimits.schemaBytes)
    }
}
