import OrgeJournal
import OrgeLink
import OrgeSchema
import OrgeTestSupport
import OrgeWorld
import Testing

@testable import OrgeHost

/// The bodies of amendments, and journals whose amendments are wrong.
@Suite("Amendments of a tick")
struct AmendmentTests {
    private static func skip(_ recordHash: UInt64 = 1) -> FaultAmendment {
        var amendment = FaultAmendment(.skipInput, .command, .signal(4), recordHash: recordHash, utcMilliseconds: 1_700_000_000_000, code: 2)
        amendment.source = .session(7)
        amendment.sequence = 40
        amendment.kind = 3
        amendment.name = "transfer"
        amendment.account = AccountID(raw: 5)
        amendment.accountName = "anna"
        amendment.strikes = 3
        amendment.suspendedUntil = 1_700_000_240_000
        amendment.disabling = .forAll
        return amendment
    }

    @Test("has the bytes that the page on formats gives")
    func golden() {
        let text =
            "01 01 06 04 0123456789abcdef 80d095ffbc31 0000000000000002 010000000000000007 28 0003 0008 7472616e73666572 "
            + "0000000000000005 0004 616e6e61 0000 0000000000000000 03 80a3a4ffbc31 02 00"
        #expect(Hex.text(Self.skip(0x0123_4567_89ab_cdef).encoded()) == text.split(separator: " ").joined())
    }

    @Test("survives encoding, and a damaged one is an error or another one, never a trap", arguments: 1...60)
    func coding(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        var amendment = Self.skip(random.next())
        switch random.below(5) {
        case 0:
            amendment.phase = .arrival
            amendment.disabling = .none
        case 1:
            amendment.phase = .departure
            amendment.disabling = .none
        case 2:
            amendment = FaultAmendment(.setEntityAside, .system, .memory, recordHash: 3, utcMilliseconds: 4, code: 5)
            amendment.entity = Entity(raw: random.next() | 1)
        case 3: amendment = FaultAmendment(.stopWorld, .system, .processorTime, recordHash: 3, utcMilliseconds: 4, code: 5)
        default: amendment.source = .world(WorldSource(world: 5, timeline: random.next()))
        }
        let entry = amendment.entry(tick: 9)
        let kind: JournalRecord.Kind = entry.kind == .skip ? .skip : .amendment
        #expect(entry.body.count <= JournalLimits.amendmentBytes)
        #expect(try FaultAmendment(JournalRecord(kind: kind, incarnation: 1, tick: 9, body: entry.body)) == amendment, "seed \(seed)")
        for _ in 0..<200 {
            var damaged = entry.body
            damaged[random.below(damaged.count)] = UInt8(truncatingIfNeeded: random.next())
            if random.chance(1, outOf: 3) { damaged.removeLast(random.below(damaged.count)) }
            guard let other = try? FaultAmendment(JournalRecord(kind: kind, incarnation: 1, tick: 9, body: damaged)) else { continue }
            #expect(other.encoded() == damaged, "seed \(seed)")
        }
    }

    /// A host that has run a few ticks and ended.
    private static func ended() throws -> (HostRig<Fragile>, last: [UInt8]) {
        let (rig, edge) = try HostRig<Fragile>.withEdge()
        let anna = edge.join("anna")
        try rig.settle(rounds: 5)
        for _ in 0..<3 {
            edge.command(anna, FragileBytes.put, FragileBytes.put(1))
            try rig.settle(rounds: 3)
        }
        var records = try Journal.inspect(rig.storage).records()
        var last: [UInt8] = []
        while let record = try records.next() { if record.kind == .tick { last = record.body } }
        return (rig, last)
    }

    private static func amendment(of record: [UInt8], _ change: (inout FaultAmendment) -> Void = { _ in }) throws -> FaultAmendment {
        let tick = try TickRecord(decoding: record)
        var amendment = FaultAmendment(.skipInput, .command, .signal(4), recordHash: recordHash(record), utcMilliseconds: tick.utcMilliseconds, code: 1)
        amendment.source = .session(1)
        amendment.sequence = 3
        change(&amendment)
        return amendment
    }

    private enum Wrong: CaseIterable, CustomStringConvertible {
        case otherRecord, otherTime, notThere, doubled, withoutRecord, earlierTick, noAmendment

        var description: String {
            switch self {
            case .otherRecord, .otherTime: "made for another record"
            case .notThere: "which does not have it"
            case .doubled: "twice"
            case .withoutRecord: "amended before it is recorded"
            case .earlierTick: "made for another record"
            case .noAmendment: "cannot be read"
            }
        }
    }

    @Test("that are wrong end a start and a replay in words", arguments: Wrong.allCases)
    private func wrong(_ wrong: Wrong) throws {
        let (rig, last) = try Self.ended()
        let tick = rig.tick
        func write(_ amendment: FaultAmendment, tick: UInt64) throws { try rig.writer!.append([amendment.entry(tick: tick)]) }
        switch wrong {
        case .otherRecord: try write(try Self.amendment(of: last) { $0.recordHash ^= 1 }, tick: tick)
        case .otherTime: try write(try Self.amendment(of: last) { $0.utcMilliseconds += 1 }, tick: tick)
        case .notThere: try write(try Self.amendment(of: last) { $0.sequence = 99 }, tick: tick)
        case .doubled: for _ in 0..<2 { try write(try Self.amendment(of: last), tick: tick) }
        case .earlierTick: try write(try Self.amendment(of: last), tick: tick - 1)
        case .withoutRecord: return try withoutRecord(rig, try Self.amendment(of: last), after: tick)
        case .noAmendment: try rig.writer!.append([JournalEntry(.skip, tick: tick, body: [1, 2, 3])])
        }
        rig.crash(losesPower: true, seed: 1)
        #expect { try rig.start() } throws: { "\($0)".contains(wrong.description) }
        #expect { try RecoveredHost.replay(Fragile.self, try Journal.inspect(rig.storage)) { _, _, _ in } } throws: { "\($0)".contains(wrong.description) }
    }

    /// A writer takes no amendment of a tick to come, and recovery refuses one; what is left is one that meets another record.
    private func withoutRecord(_ rig: HostRig<Fragile>, _ amendment: FaultAmendment, after tick: UInt64) throws {
        let fault = RecordedFault(tick: tick, amendment: amendment, body: amendment.encoded())
        var state = HostState(new: WorldEngine(Fragile.self, number: 3, seed: 1))
        let record = state.seal(tick: 1, utcMilliseconds: 1, lateMicroseconds: 0, inputs: [])
        #expect(throws: ReplayFailure.amendsOther(tick: 1)) { _ = try state.replay(record.encoded(), amendments: [fault]) }
    }

    @Test("change the outcome, the chain, and what comes after; without them the records after are refused")
    func chain() throws {
        let (rig, last) = try Self.ended()
        let plain = Hashes(rig.machine!.state)
        try rig.writer!.append([try Self.amendment(of: last).entry(tick: rig.tick)])
        rig.crash(losesPower: true, seed: 1)
        // Without the edge of before, which has been released what is amended here.
        try rig.start()
        let amended = Hashes(rig.machine!.state)
        #expect(amended.state != plain.state && amended.chain != plain.chain && amended.worldChain != plain.worldChain && amended.host != plain.host)
        rig.edges = []
        _ = rig.addEdge(id: 5).join("bert")
        try rig.settle(rounds: 3)
        let journal = try Journal.inspect(rig.storage)
        var state = HostState(new: WorldEngine(Fragile.self, number: 3, seed: journal.genesis.seed))
        var records = journal.records()
        #expect(throws: ReplayFailure.self) {
            while let record = try records.next() { if record.kind == .tick { _ = try state.replay(record.body) } }
        }
    }

    @Test("name what failed without what was said")
    func words() {
        #expect(Self.skip().what == "command 40 (transfer) of session 7")
    }
}
