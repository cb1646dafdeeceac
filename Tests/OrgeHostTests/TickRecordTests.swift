import OrgeLink
import OrgeSchema
import OrgeTestSupport
import Testing

@testable import OrgeHost

@Suite("The record of a tick")
struct TickRecordTests {
    private static func record(_ inputs: [HostInput], _ random: inout RandomSource) -> TickRecord {
        TickRecord(
            tick: random.next() >> random.below(UInt64(64)), utcMilliseconds: random.next() >> random.below(UInt64(64)),
            lateMicroseconds: UInt32(truncatingIfNeeded: random.next()), chainBefore: random.next(), hashBefore: random.next(), inputs: inputs)
    }

    private static func identity(_ a: UInt64, _ b: UInt64) -> Identity {
        let name = "p\(UInt16(truncatingIfNeeded: a))"
        guard b.isMultiple(of: 2) else { return .guest(name) }
        return Identity(id: AccountID(raw: max(1, a >> 1)), name: name, roles: Roles(rawValue: UInt32(truncatingIfNeeded: b)))
    }

    /// Any of the kinds in any order, with small, close and huge numbers.
    private static func input(_ random: inout RandomSource) -> HostInput {
        func number(_ random: inout RandomSource) -> UInt64 { random.next() >> random.below(UInt64(64)) }
        let payload = (0..<random.below(40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let (a, b) = (number(&random), number(&random))
        let world = WorldSource(
            world: UInt16(truncatingIfNeeded: a) % WorldSource.worldLimit,
            timeline: random.chance(1, outOf: 2) ? 7 : random.next())
        let source = random.chance(1, outOf: 2) ? Source.session(a) : .world(world)
        switch random.below(12) {
        case 10: return .lift(Self.lift(a, b))
        case 0: return .acknowledged(source, sequence: b)
        case 1: return .released(edge: a, tick: b)
        case 2: return .leave(.init(edge: a, number: b))
        case 3: return .expire(session: a)
        case 4: return .detach(.init(edge: a, number: b))
        case 5: return .edgeGone(edge: a)
        case 6: return .join(.init(edge: a, number: b), Self.identity(a, b), takesOver: random.chance(1, outOf: 2))
        case 7: return .intent(session: a, number: UInt32(truncatingIfNeeded: b), kind: UInt16(truncatingIfNeeded: b), payload: payload)
        case 8: return .malformed(source, sequence: b)
        case 9: return .keyed(session: a, sequence: b, IdempotencyKey(high: a, low: b), kind: UInt16(truncatingIfNeeded: a), payload: payload)
        default: return .command(source, sequence: b, kind: UInt16(truncatingIfNeeded: a), payload: payload)
        }
    }

    private static func lift(_ a: UInt64, _ b: UInt64) -> FaultLift {
        let targets: [FaultLift.Target] = [
            .everything, .kind(UInt16(truncatingIfNeeded: a)), .system(UInt16(truncatingIfNeeded: a)), .account(AccountID(raw: a)),
        ]
        return b % 5 == 4 ? .otherCode : .byOperator(targets[Int(b % 5)])
    }

    @Test("survives encoding, and a damaged one is an error or is the one encoding of another record, never a trap", arguments: 1...40)
    func coding(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        let inputs = (0..<random.below(60)).map { _ in Self.input(&random) }
        let record = Self.record(inputs, &random)
        let bytes = record.encoded()
        #expect(try TickRecord(decoding: bytes) == record, "seed \(seed)")
        for _ in 0..<200 {
            var damaged = bytes
            damaged[random.below(damaged.count)] = UInt8(truncatingIfNeeded: random.next())
            if random.chance(1, outOf: 3) { damaged.removeLast(random.below(damaged.count)) }
            guard let other = try? TickRecord(decoding: damaged) else { continue }
            #expect(other.encoded() == damaged, "seed \(seed)")
        }
    }

    @Test("has the bytes that the page on formats gives")
    func goldenBytes() throws {
        let record = TickRecord(
            tick: 300, utcMilliseconds: 1_700_000_000_000, lateMicroseconds: 12, chainBefore: 0x0123_4567_89ab_cdef, hashBefore: 0xfedc_ba98_7654_3210,
            inputs: [
                .join(Attachment(edge: 2, number: 5), .guest("anna"), JoinTickets(opens: Ticket(high: 1, low: 2).hash), takesOver: false),
                .command(session: 7, sequence: 40, kind: 0, payload: [1, 2, 3]), .command(session: 6, sequence: 41, kind: 0, payload: [4]),
            ])
        let head = "06 ac02 80d095ffbc31 0c 0123456789abcdef fedcba9876543210 "
        let text =
            head + "02 0701 040a d5579b557896d0ce 00000001 0004616e6e61 " + Hex.text(SHA256.digest([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]))
            + " 00 00 00 0902 0e 50 00 03010203 01 02 00 0104"
        let golden = text.split(separator: " ").joined()
        #expect(Hex.text(record.encoded()) == golden)
    }

    @Test("names worlds as sources in two bytes each where they stay the same, and is refused with a world's number out of range")
    func worlds() throws {
        let one = WorldSource(world: 300, timeline: 0x0123_4567_89ab_cdef)
        func bytes(_ inputs: [HostInput]) -> [UInt8] {
            Array(TickRecord(tick: 1, utcMilliseconds: 0, lateMicroseconds: 0, chainBefore: 0, hashBefore: 0, inputs: inputs).encoded().dropFirst(20))
        }
        let first = bytes([.command(.world(one), sequence: 5, kind: 2, payload: [9])])
        let second = bytes([.command(.world(one), sequence: 5, kind: 2, payload: [9]), .command(.world(one), sequence: 6, kind: 2, payload: [8])])
        let text = "01 0c01 d804 deb7de9af1d9a2a302 0a 02 0109"
        #expect(Hex.text(first) == text.split(separator: " ").joined())
        #expect(Array(second.suffix(6)) == [0, 0, 2, 2, 1, 8])
        let head: [UInt8] = [TickRecord.format, 1, 0, 0] + Array(repeating: 0, count: 16)
        for (world, isRefused) in [(16_383, false), (16_384, true), (1 << 40, true)] as [(UInt64, Bool)] {
            var writer = ByteWriter()
            writer.bytes(head + [1, 13, 1])
            writer.varint(Varint.zigzag(Int64(world)))
            writer.bytes([0, 2])
            #expect(((try? TickRecord(decoding: writer.bytes)) == nil) == isRefused, "\(world)")
        }
    }

    @Test("is refused with an unknown kind of input, an empty run, two runs of one kind in a row, and counts that its bytes cannot hold")
    func badRuns() {
        let head: [UInt8] = [TickRecord.format, 1, 0, 0] + Array(repeating: 0, count: 16)
        func fault(_ runs: [UInt8]) -> DecodeError? {
            do throws(DecodeError) {
                _ = try TickRecord(decoding: head + runs)
                return nil
            } catch { return error }
        }
        #expect(fault([0]) == nil && fault([1, 4, 1, 2]) == nil)
        #expect(fault([1, 16, 1, 2]) == DecodeError(.unknown(what: "input", value: 16), at: 21))
        #expect(fault([1, 4, 0, 0]) == DecodeError(.inconsistent("an empty run"), at: 21))
        #expect(fault([2, 4, 1, 2, 4, 1, 2]) == DecodeError(.inconsistent("two runs of one kind in a row"), at: 24))
        for runs: [UInt8] in [[1, 4, 9, 2], [9, 4, 1, 2], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], [1, 4, 1, 2, 0]] {
            #expect(fault(runs) != nil, "\(runs)")
        }
    }

    @Test("costs a transfer of the Ledger at most 6 bytes beside its 12, head included: 500 clients, 5 a second, 20 ticks a second")
    func bytesPerCommand() {
        var random = RandomSource(seed: 5)
        var next = (0..<500).map { _ in UInt64(1_000 + random.below(40)) }
        var bytes = 0
        var commands = 0
        for tick in 0..<40 {
            let sources = (0..<500).filter { ($0 + tick).isMultiple(of: 4) }.sorted { mix64(UInt64($0 ^ tick << 20)) < mix64(UInt64($1 ^ tick << 20)) }
            let inputs = sources.map { source in
                defer { next[source] += 1 }
                return HostInput.command(session: UInt64(source + 1), sequence: next[source], kind: 0, payload: [UInt8](repeating: 7, count: 12))
            }
            let record = TickRecord(
                tick: 100_000 + UInt64(tick), utcMilliseconds: 1_700_000_000_000, lateMicroseconds: 80, chainBefore: random.next(),
                hashBefore: random.next(), inputs: inputs)
            bytes += record.encoded().count
            commands += inputs.count
        }
        // Format 1: 35 bytes for each command and 50 for the head, 35.4 in all.
        let each = Double(bytes) / Double(commands)
        print("a transfer takes \(each) bytes of a record")
        #expect(each <= 18, "\(each)")
    }
}
