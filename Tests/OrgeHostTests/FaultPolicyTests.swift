import OrgeControl
import OrgeJournal
import OrgeLink
import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

/// Strikes, suspended accounts and disabled kinds.
@Suite("What a world's faults lead to")
struct FaultPolicyTests {
    /// Twenty accounts, each sending its own command that the world fails on whenever it has an outcome, for a minute; and five honest ones.
    private static func siege<W: World>(_: W.Type, seed: UInt64) throws -> (HostRig<W>, TestEdge) {
        let (rig, edge) = try HostRig<W>.withEdge(seed: seed)
        var random = RandomSource(seed: seed)
        let hostile = (0..<20).map { edge.join("hostile\($0)") }
        let honest = (0..<5).map { edge.join("honest\($0)") }
        try rig.settle(rounds: 5)
        // Just before suspensions and bans of a minute end.
        for _ in 0..<590 {
            for client in hostile where edge.clients[client].unanswered.isEmpty {
                edge.command(client, FragileBytes.put, FragileBytes.put(FragileBytes.poison + UInt64(client) * 1_000 + random.below(900)))
            }
            for client in honest where edge.clients[client].unanswered.isEmpty { edge.command(client, FragileBytes.quit, [0]) }
            rig.deliver()
            rig.turn(after: 100_000_000)
            if rig.failed != nil { try rig.recoverFromFailure(records: true) }
            try rig.commit()
        }
        return (rig, edge)
    }

    private func codes(_ edge: TestEdge, _ prefix: String) -> Set<UInt8> {
        Set(edge.clients.filter { $0.account.hasPrefix(prefix) }.flatMap(\.outcomes).map { $0.bytes[0] == 0 ? 0 : $0.bytes[1] })
    }

    @Test("twenty accounts that count, at it for a minute, end the world three times at most; then the kind is disabled", arguments: 1...5)
    func accounts(seed: UInt64) throws {
        let (rig, edge) = try Self.siege(FragileForAll.self, seed: seed)
        #expect(rig.failures <= 3, "seed \(seed)")
        #expect(codes(edge, "hostile").isSubset(of: [14, 15, 16]) && codes(edge, "hostile").contains(16))
        #expect(codes(edge, "honest") == [0])
        let known = AccountID(raw: 7)
        #expect(rig.machine!.state.faults.refusal(of: known, kind: FragileBytes.put, at: rig.utc) == .kindDisabled(until: 0))
    }

    @Test("twenty guests at it are suspended or refused for a minute, and the kind lives", arguments: 1...5)
    func guests(seed: UInt64) throws {
        let (rig, edge) = try Self.siege(Fragile.self, seed: seed)
        #expect(rig.failures <= 3, "seed \(seed)")
        #expect(codes(edge, "hostile").isSubset(of: [14, 15, 16]))
        #expect(codes(edge, "honest") == [0])
        let faults = rig.machine!.state.faults
        #expect(faults.refusal(of: AccountID(raw: 7), kind: FragileBytes.put, at: rig.utc) == nil, "known accounts keep it")
        for fault in try Journal.inspect(rig.storage).faults() {
            #expect(fault.amendment.suspendedUntil == fault.amendment.utcMilliseconds + 60_000)
            #expect(fault.amendment.disabling != .forAll)
        }
    }

    private static func amendment(
        _ ledger: FaultLedger, _ account: AccountID, kind: UInt16 = 0, at utc: UInt64, _ policy: FaultPolicy = FaultPolicy()
    ) -> FaultAmendment {
        let record = TickRecord(tick: 1, utcMilliseconds: utc, lateMicroseconds: 0, chainBefore: 0, hashBefore: 0, inputs: [])
        let entry = FlightEntry(phase: .command, tick: 1, source: .session(1), sequence: 1, kind: kind, account: account)
        return ledger.verdict(
            on: Blame(entry: entry, cause: .signal(4)), record, body: [], AccusedWorld(policy: policy, code: 9, name: "Put", accountName: "p"))
    }

    @Test("each strike of an account within the counting time doubles its suspension, up to an hour")
    func doubling() {
        var ledger = FaultLedger()
        var utc: UInt64 = 1_700_000_000_000
        var seconds: [UInt64] = []
        for _ in 0..<9 {
            let amendment = Self.amendment(ledger, AccountID(raw: 5), at: utc)
            seconds.append((amendment.suspendedUntil - utc) / 1_000)
            ledger.apply(amendment, tick: 1)
            utc += 1_000
        }
        #expect(seconds == [60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600])
        #expect(Self.amendment(ledger, AccountID(raw: 5), at: utc + 600_000).strikes == 1, "earlier strikes do not count any more")
    }

    @Test("a kind is disabled for guests for a minute, then for two; never by known accounts' strikes with other kinds")
    func guestsAlone() {
        var ledger = FaultLedger()
        var utc: UInt64 = 1_700_000_000_000
        var until: [UInt64] = []
        for index in 0..<4 {
            let amendment = Self.amendment(ledger, Identity.guest("g\(index)").id, at: utc)
            if case .forGuests(let time) = amendment.disabling { until.append((time - utc) / 1_000) }
            ledger.apply(amendment, tick: 1)
            utc += 1_000
        }
        #expect(until == [60, 120])
        for index in 0..<6 {
            let amendment = Self.amendment(ledger, AccountID(raw: UInt64(index / 2 + 1)), kind: UInt16(index % 2 + 1), at: utc)
            #expect((amendment.disabling == .forAll) == (index >= 4), "\(index)")
            ledger.apply(amendment, tick: 1)
        }
        #expect(ledger.refusal(of: Identity.guest("x").id, kind: 0, at: utc) != nil && ledger.refusal(of: AccountID(raw: 99), kind: 0, at: utc) == nil)
        #expect(ledger.refusal(of: AccountID(raw: 99), kind: 1, at: utc) == .kindDisabled(until: 0))
        ledger.lift(.otherCode)
        #expect(!ledger.hasRestraints && ledger.refusal(of: AccountID(raw: 99), kind: 1, at: utc) == nil)
    }

    @Test("other code lifts what does not run, in its first tick, by a record of the journal")
    func otherCode() throws {
        let rig = try HostRig<FragileTwice>.withFuse()
        try rig.recoverFromFailure(records: true)
        #expect(!rig.machine!.state.engine.restraints.isEmpty)
        rig.handle(.stop)
        for _ in 0..<5 where !rig.isStopped { try rig.commit() }
        #expect(rig.isStopped)
        rig.crash(losesPower: false, seed: 0)
        rig.isMended = true
        try rig.start(codeID: "beef")
        #expect(!rig.machine!.state.engine.restraints.isEmpty, "nothing is lifted without a record")
        rig.turn()
        try rig.commit()
        #expect(rig.machine!.state.engine.restraints.isEmpty && !rig.machine!.state.faults.hasRestraints)
        let live = Hashes(rig.machine!.state)
        rig.crash(losesPower: true, seed: 1)
        try rig.start(codeID: "beef")
        #expect(Hashes(rig.machine!.state) == live && rig.machine!.lifts.isEmpty, "it is lifted once")
    }

    @Test("the ledger survives its encoding, and a damaged one is refused or another one", arguments: 1...30)
    func coding(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        var ledger = FaultLedger()
        for index in 0..<random.below(80) {
            var amendment = Self.amendment(ledger, AccountID(raw: random.below(20) + 1), kind: UInt16(random.below(4)), at: 1_000_000 + UInt64(index) * 50_000)
            if random.chance(1, outOf: 3) {
                amendment.phase = .system
                amendment.grade = [.setEntityAside, .suspendSystem, .stopWorld][random.below(3)]
                amendment.system = UInt16(random.below(5))
                amendment.entity = Entity(raw: random.next() | 1)
            }
            ledger.apply(amendment, tick: UInt64(index))
        }
        var writer = ByteWriter()
        ledger.encode(to: &writer)
        let bytes = writer.take()
        var reader = ByteReader(bytes)
        #expect(try FaultLedger(reading: &reader) == ledger, "seed \(seed)")
        for _ in 0..<300 {
            var damaged = bytes
            damaged[random.below(damaged.count)] = UInt8(truncatingIfNeeded: random.next())
            var reader = ByteReader(damaged)
            guard let other = try? FaultLedger(reading: &reader) else { continue }
            var again = ByteWriter()
            other.encode(to: &again)
            #expect(again.take() == damaged.prefix(reader.offset).map { $0 }, "seed \(seed)")
        }
    }
}
