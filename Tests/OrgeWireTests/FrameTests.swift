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

    @Test("A hello may be longer than this version knows")
    func longHello() throws {
        let hello = ClientFrame.hello(ClientFrame.Hello(oldest: 1, newest: 9, kind: .tool, software: "later"))
        #expect(try decodeClient(Array(hello.encoded.dropFirst(4)) + [1, 2, 3]) == hello)
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

    /// One encoding per value: whatever decodes must encode to the same bytes. A hello may have a tail.
    private func expectErrorOrCanonical(client bytes: [UInt8]) {
        guard let frame = try? decodeClient(bytes) else { return }
        let again = Array(frame.encoded.dropFirst(4))
        #expect(frame.type == .hello ? bytes.starts(with: again) : bytes == again)
    }

    private func expectErrorOrCanonical(server bytes: [UInt8]) {
        guard let frame = try? decodeServer(bytes) else { return }
        #expect(Array(frame.encoded.dropFirst(4)) == bytes)
    }

    @Test("The longest row that a world may have fits each frame that it goes in")
    func rowsFit() {
        let commandHead = ClientFrame.Command(sequence: 0, kind: 0, payload: []).frameBytes
        #expect(RowPlan.sizeLimit <= WireLimits.clientFrameBytes - commandHead && RowPlan.sizeLimit <= WireLimits.rowBytes)
        #expect(WorldSchema.documentLimit <= WireLimits.schemaBytes)
    }
}
