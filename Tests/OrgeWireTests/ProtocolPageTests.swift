import Foundation
import LedgerWorld
import OrgeSchema
import OrgeWire
import OrgeWorld
import Testing

/// The worked example of `docs/protocol.md` was written by hand from the page; here it meets the code.
@Suite struct ProtocolPageTests {
    static let ada = Entity(world: 1, generation: 1, slot: 5)
    static let bob = Entity(world: 1, generation: 1, slot: 6)

    /// The world that is shipped, as its clients see it.
    static let ledger = WorldEngine.schema(of: Ledger.self).clientView

    static func words(_ values: UInt64...) -> [UInt8] {
        var writer = ByteWriter()
        for value in values { writer.u64(value) }
        return writer.bytes
    }

    /// An entity and an amount, as a transfer and what is told of one begin.
    static func payment(_ entity: Entity, _ amount: UInt32) -> [UInt8] {
        var writer = ByteWriter()
        writer.entity(entity)
        writer.u32(amount)
        return writer.bytes
    }

    /// Ada's account comes into view.
    static var reset: [UInt8] {
        var writer = UpdateWriter(UpdateWriter.Head(tick: 41, isReset: true), base: idBase(ofWorld: 1))
        writer.begin(.entered, ada, components: 1, byteCount: 16)
        writer.row(words(ada.raw, 3000)[...])
        return writer.finish().bytes
    }

    /// Its balance falls by 250.
    static var change: [UInt8] {
        var (writer, row) = (UpdateWriter(UpdateWriter.Head(tick: 42), base: idBase(ofWorld: 1)), ByteWriter())
        _ = RowCodec(ledger.components[0].row).encodeChange(from: words(ada.raw, 3000), at: 0, to: words(ada.raw, 2750), at: 0, &row)
        writer.begin(.changed, ada, components: 1, byteCount: row.count)
        writer.row(row.bytes[...])
        return writer.finish().bytes
    }

    static var client: [(String, ClientFrame)] {
        [
            ("hello", .hello(ClientFrame.Hello(oldest: 2, newest: 2, kind: .debug, software: "demo 0.1"))),
            ("login", .login(ClientFrame.Login(name: "ada"))),
            ("join", .join(ClientFrame.Join(world: "ledger", role: .player))),
            ("command", .command(ClientFrame.Command(sequence: 1, kind: 0, payload: payment(bob, 250)))),
            ("command-refused", .command(ClientFrame.Command(sequence: 2, kind: 0, payload: payment(bob, 5_000)))),
            ("ping", .ping(clientTime: 123_456_789)),
            ("audit", .audit(request: 7)),
            ("leave", .leave),
        ]
    }

    static var server: [(String, ServerFrame)] {
        let entry = WorldEntry(name: "ledger", version: 1, state: .running, schemaHash: ledger.hash, pace: .onDemand, tickMicroseconds: 0)
        let row = AuditRow(entity: ada, component: 0, valueHash: ValueHash.of(component: 0, row: words(ada.raw, 2755)), isInner: true)
        let refused = OrgeWire.CommandOutcome.refused(code: 5, field: "", reason: "the account holds 2750 cents, not 5000")
        return [
            (
                "welcome",
                .welcome(
                    ServerFrame.Welcome(
                        version: 2, isDevelopment: false, clientFrameBytes: 16_384, serverFrameBytes: 262_144, idleMilliseconds: 60_000, software: "orge 0.1",
                        extensions: WireExtensions([Capabilities([1]).entry])))
            ),
            ("worlds", .worlds([entry])),
            ("schema", .schema(hash: ledger.hash, document: ledger.encoded())),
            (
                "joined",
                .joined(
                    ServerFrame.Joined(
                        session: 1, avatar: ada, incarnation: 1, tick: 41, tickMicroseconds: 0, firstSequence: 1,
                        credit: Credit(throughSequence: 256, throughByte: 65_536), role: .player, idBase: idBase(ofWorld: 1)))
            ),
            ("outcome-applied", .outcome(sequence: 1, tick: 42, outcome: OrgeWire.CommandOutcome.applied(result: words(2750)).encoded)),
            ("outcome-refused", .outcome(sequence: 2, tick: 43, outcome: refused.encoded)),
            ("event", .event(tick: 44, kind: 0, payload: payment(bob, 5))),
            ("credit", .credit(Credit(throughSequence: 384, throughByte: 68_736))),
            ("pong", .pong(ServerFrame.Pong(clientTime: 123_456_789, serverMicroseconds: 5_000_000, tick: 44, microsecondsIntoTick: 1500))),
            ("audit-answer", .auditAnswer(AuditAnswer(request: 7, tick: 44, rows: [row]))),
            ("notice-away", .notice(.hostAway)),
            ("notice-back", .notice(.hostBack(incarnation: 2, tick: 44))),
            ("close", .close(Close(.left))),
        ]
    }

    static var expected: [(String, [UInt8])] {
        client.map { ($0.0, $0.1.encoded) } + server.map { ($0.0, $0.1.encoded) } + [
            ("update-reset", reset), ("update", change),
        ]
    }

    static func lines() throws -> [Substring] {
        let path = String(#filePath).split(separator: "/").dropLast(3).joined(separator: "/")
        return try String(contentsOfFile: "/\(path)/docs/protocol.md", encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The page's `hex NAME` blocks, comments taken off.
    static func blocks() throws -> [(String, [UInt8])] {
        var blocks: [(String, [UInt8])] = []
        var isInside = false
        for line in try lines() {
            if line.hasPrefix("```hex ") {
                blocks.append((String(line.dropFirst(7)), []))
                isInside = true
            } else if line.hasPrefix("```") {
                isInside = false
            } else if isInside {
                let digits = line.prefix { $0 != ";" }.split(separator: " ")
                blocks[blocks.count - 1].1 += try digits.map { try #require(UInt8($0, radix: 16)) }
            }
        }
        return blocks
    }

    @Test("Each hex block of the page is what the code writes, and none is missing")
    func example() throws {
        let blocks = try Self.blocks()
        #expect(blocks.map(\.0).sorted() == Self.expected.map(\.0).sorted())
        for (name, bytes) in blocks {
            let written = try #require(Self.expected.first { $0.0 == name }).1
            #expect(bytes == written, "block \(name)")
        }
    }

    @Test("The code reads each block of the page")
    func reading() throws {
        let blocks = try Self.blocks()
        for (name, frame) in Self.client {
            let bytes = try #require(blocks.first { $0.0 == name }).1
            #expect(try decodeClient(Array(bytes.dropFirst(4))) == frame)
        }
        for (name, frame) in Self.server {
            let bytes = try #require(blocks.first { $0.0 == name }).1
            #expect(try decodeServer(Array(bytes.dropFirst(4))) == frame)
        }
    }

    @Test("The page's table of closes has each reason with its number and when to try again")
    func closes() throws {
        let rows = try Self.lines().map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
        for reason in CloseReason.allCases {
            let row = try #require(rows.first { $0.count == 5 && $0[0] == "\(reason.rawValue)" && $0[1] == "\(reason)" }, "\(reason)")
            let retry = row[3] == "never" ? Close.never : try #require(UInt32(row[3].replacing(",", with: "")), "\(reason)")
            #expect(retry == reason.retryAfterMilliseconds, "\(reason)")
        }
    }

    @Test("The value hash is the page's")
    func valueHash() {
        #expect(ValueHash.of(component: 1, row: []) == 0x0832_8707_b4eb_6e3a)
        #expect(ValueHash.of(component: 0x0102, row: [3, 4]) == 0xbe7a_5e77_5165_785d)
    }

    @Test("a frame of audit rows is as full as its limit allows")
    func fullAudit() {
        let rows = (0..<AuditAnswer.rowsPerFrame).map { AuditRow(entity: Entity(raw: UInt64($0)), component: 0, valueHash: 0, isInner: true) }
        let frame = ServerFrame.auditAnswer(AuditAnswer(request: 1, tick: 2, hasMore: true, rows: rows)).encoded
        #expect((WireLimits.serverFrameBytes - AuditRow.byteCount + 1...WireLimits.serverFrameBytes).contains(frame.count - 4))
    }
}
