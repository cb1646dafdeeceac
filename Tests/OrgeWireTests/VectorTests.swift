import OrgeSchema
import OrgeTestSupport
import OrgeWire
import Testing

/// ``GoldenVectors`` of numbers and frames.
@Suite("Golden vectors")
struct VectorTests {
    struct Varints: Codable, Equatable {
        struct Good: Codable, Equatable {
            var value: String
            var bytes: String
        }

        var good: [Good]
        var malformed: [String]
    }

    struct Frames: Codable, Equatable {
        struct Frame: Codable, Equatable {
            var name: String
            /// Type and body.
            var frame: String
            /// Its fields in the order of the page, the session's index left out: numbers in decimal, texts as they are, bytes in hexadecimal.
            var fields: [String]
        }

        struct Malformed: Codable, Equatable {
            var why: String
            var frame: String
        }

        var client: [Frame]
        var server: [Frame]
        var skippedServer: [String]
        var malformedServer: [Malformed]
    }

    @Test("varints.json")
    func varints() throws {
        let values: [UInt64] = [0, 1, 127, 128, 300, 16_383, 16_384, 1 << 32, 1 << 53, 1 << 63 - 1, 1 << 63, .max]
        let good = values.map { Varints.Good(value: "\($0)", bytes: Hex.text(UpdateTests.varint($0))) }
        let malformed = ["", "80", "8000", "ff00", "ffffffffffffffffff02", "80808080808080808080", "ffffffffffffffffffff01"]
        for bytes in malformed {
            var reader = ByteReader(Hex.bytes(bytes))
            #expect(throws: DecodeError.self) { _ = try reader.varint() }
        }
        let content = Varints(good: good, malformed: malformed)
        #expect(try GoldenVectors.stored("varints", writing: content) == content, "\(GoldenVectors.remedy)")
    }

    // MARK: Frames

    private static let ticket = Ticket(high: 0xc0c1_c2c3_c4c5_c6c7, low: 0xc8c9_cacb_cccd_cecf)
    private static let ticketText = "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
    private static let claim = Resume(
        session: 9, ticket: ticket, acknowledged: 11, incarnation: 3, tick: 41, eventsThrough: 40, eventsAfter: 2, viewTick: 39, updates: 7)

    /// joined of session 9 with its ticket, and what is said of it.
    private static func resumed(_ resumption: Resumption, _ said: [String]) -> (ServerFrame, [String]) {
        let joined = ServerFrame.Joined(
            session: 9, avatar: Entity(world: 1, generation: 1, slot: 5), incarnation: 3, tick: 41, tickMicroseconds: 50_000, firstSequence: 12,
            credit: Credit(throughSequence: 267, throughByte: 65_536), role: .player, idBase: idBase(ofWorld: 1),
            extensions: WireExtensions([ticket.entry, resumption.entry]))
        let fields = ["9", "1125899973951493", "3", "41", "50000", "12", "267", "65536", "1", "1125899973951487"]
        return (.joined(joined), fields + [ticketText] + said)
    }

    static let clientFrames: [(ClientFrame, [String])] = [
        (.hello(.init(oldest: 2, newest: 2, kind: .debug, software: "demo 0.1")), ["1330792261", "2", "2", "2", "demo 0.1"]),
        (.login(.init(name: "ada")), ["ada", "guest", ""]), (.describe(world: "ledger"), ["ledger"]),
        (.join(.init(world: "ledger", role: .player, knownSchema: 0xc162_b893_aa5d_0ac5)), ["ledger", "1", "13934903141395663557"]),
        (.join(.init(world: "meadow", role: .monitor)), ["meadow", "2", "0"]),
        (
            .join(.init(world: "ledger", role: .player, resume: claim)), ["ledger", "1", "0", "9", ticketText, "11", "3", "41", "40", "2", "39", "7"]
        ), (.received(through: 267), ["267"]),
        (.command(.init(sequence: 1, kind: 3, payload: [1, 2, 3])), ["0", "1", "3", "010203"]),
        (.command(.init(sequence: 1 << 62, kind: 0xffff, payload: [])), ["0", "4611686018427387904", "65535", ""]),
        (
            .command(.init(sequence: 2, kind: 3, key: IdempotencyKey(high: 0x0001_0203_0405_0607, low: 0x0809_0a0b_0c0d_0e0f), payload: [1, 2, 3])),
            ["2", "2", "3", "000102030405060708090a0b0c0d0e0f", "010203"]
        ),
        (.intent(.init(number: 7, kind: 1, payload: [0x9c, 100])), ["0", "7", "1", "9c64"]), (.ping(clientTime: 123_456_789), ["123456789"]),
        (.audit(request: 7), ["7"]), (.leave, []), (.kill(token: Array(0..<16)), ["000102030405060708090a0b0c0d0e0f"]),
    ]

    static let serverFrames: [(ServerFrame, [String])] = [
        (
            .welcome(
                .init(
                    version: 2, isDevelopment: true, clientFrameBytes: 16_384, serverFrameBytes: 262_144, idleMilliseconds: 60_000, software: "orge 0.1",
                    extensions: WireExtensions([Capabilities([1]).entry, .init(type: 700, bytes: [1, 2, 3])]))),
            ["2", "1", "16384", "262144", "60000", "orge 0.1"]
        ),
        (.schema(hash: 1, document: [0xaa, 0xbb]), ["1", "aabb"]),
        (
            .joined(
                .init(
                    session: 9, avatar: Entity(world: 1, generation: 1, slot: 5), incarnation: 3, tick: 41, tickMicroseconds: 50_000, firstSequence: 12,
                    credit: Credit(throughSequence: 267, throughByte: 65_536), role: .player, idBase: idBase(ofWorld: 1))),
            ["9", "1125899973951493", "3", "41", "50000", "12", "267", "65536", "1", "1125899973951487"]
        ),
        (.joinRefused(.init(.refused, refusal: 64, retryAfterMilliseconds: Close.never, "not today")), ["5", "64", "4294967295", "not today"]),
        (.joinRefused(.init(.full, retryAfterMilliseconds: 2_000, "")), ["6", "0", "2000", ""]),
        resumed(.resumed(.init(oldest: 12, lastIntent: 4, lostEvents: .max)), ["1", "0", "12", "4", "4294967295", "0"]),
        resumed(.resumed(.init(fork: .after(tick: 30), oldest: 5)), ["1", "6", "5", "0", "0", "30"]),
        resumed(.resumed(.init(fork: .unknown, oldest: 5)), ["1", "2", "5", "0", "0", "0"]), resumed(.ended(oldest: 3, through: 11), ["2", "3", "11"]),
        resumed(.unknown, ["3"]), (.recalled(sequence: 7, tick: 40, outcome: CommandOutcome.applied(result: [1, 2]).encoded), ["7", "40", "0", "0102"]),
        (.outcome(sequence: 1, tick: 42, outcome: CommandOutcome.applied(result: [1, 2]).encoded), ["1", "42", "0", "0102"]),
        (
            .outcome(sequence: 2, tick: 43, outcome: CommandOutcome.refused(code: 7, field: "amount", reason: "über 5000").encoded),
            ["2", "43", "1", "7", "amount", "über 5000"]
        ),
        (.outcome(sequence: 3, tick: 44, outcome: CommandOutcome.repeated(tick: 42, result: [1, 2]).encoded), ["3", "44", "2", "42", "0102"]),
        (.event(tick: 44, kind: 2, payload: [5]), ["44", "2", "05"]), (.credit(Credit(throughSequence: 384, throughByte: 68_736)), ["384", "68736"]),
        (
            .pong(.init(clientTime: 123_456_789, serverMicroseconds: .max, tick: 44, microsecondsIntoTick: 1500)),
            ["123456789", "18446744073709551615", "44", "1500"]
        ),
        (.notice(.hostAway), ["1"]), (.notice(.hostBack(incarnation: 2, tick: 44)), ["2", "2", "44"]), (.notice(.dilated(permille: 900)), ["3", "900"]),
        (.notice(.stopping(withinMilliseconds: 1_000, text: "bye")), ["4", "1000", "bye"]), (.notice(.viewed(ticksDue: 70)), ["5", "70"]),
        (.close(Close(.loginRefused, "log in with guest")), ["18", "4294967295", "log in with guest"]), (.close(Close(.left)), ["1", "0", ""]),
    ]

    @Test("frames.json")
    func frames() throws {
        func vector(_ type: String, _ encoded: [UInt8], _ fields: [String]) -> Frames.Frame {
            Frames.Frame(name: type, frame: Hex.text(encoded.dropFirst(4)), fields: fields)
        }
        let client = Self.clientFrames.map { vector("\($0.0.type)", $0.0.encoded, $0.1) }
        let server = Self.serverFrames.map { vector("\($0.0.type)", $0.0.encoded, $0.1) }
        for (frame, vector) in zip(Self.clientFrames, client) { #expect(try decodeClient(Hex.bytes(vector.frame)) == frame.0) }
        for (frame, vector) in zip(Self.serverFrames, server) { #expect(try decodeServer(Hex.bytes(vector.frame)) == frame.0) }
        let skipped = ["e0", "e7010203", "fe00"]
        for frame in skipped { if case .skipped = try decodeServer(Hex.bytes(frame)) {} else { Issue.record("\(frame) is not skipped") } }
        let malformed = [
            ("a type that is not defined", "8e00"), ("a client's type", "0100"), ("another session", "89010000000000000001000000000000ffff"),
            ("a byte too many", "89000000000000000001000000000000ffff00"), ("cut", "89000000000000000001000000000000ff"),
            ("an outcome with a status that is not defined", "87000000000000000001000000000000000103"),
            ("a repetition whose tick is cut", "870000000000000000010000000000000001020000000000002a"),
            ("extensions that do not rise", "8100020000004000000400000000ea600001610200020000" + "00020000"),
            ("more extensions than 16", "8100020000004000000400000000ea6000016111" + (1...17).map { "00" + Hex.text([UInt8($0)]) + "0000" }.joined()),
            ("a text that is not UTF-8", "ff0001000000000002c328"), ("a text over its limit", "ff0001000000000101" + String(repeating: "61", count: 257)),
        ].map { Frames.Malformed(why: $0.0, frame: $0.1) }
        for one in malformed {
            #expect(throws: DecodeError.self, "\(one.why)") {
                let frame = try decodeServer(Hex.bytes(one.frame))
                if case .outcome(_, _, let outcome) = frame { _ = try CommandOutcome(decoding: outcome) }
            }
        }
        let content = Frames(client: client, server: server, skippedServer: skipped, malformedServer: malformed)
        #expect(try GoldenVectors.stored("frames", writing: content) == content, "\(GoldenVectors.remedy)")
    }
}
