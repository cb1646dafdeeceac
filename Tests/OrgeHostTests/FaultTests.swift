import OrgeControl
import OrgeJournal
import OrgeLink
import OrgeSchema
import OrgeSimulatedDisk
import OrgeWorld
import Testing

@testable import OrgeHost

/// One fault after the other: what is done about it, by whom, and that it is durable.
@Suite("Containing a fault of the world's code")
struct FaultTests {
    /// A host that has just ended in the named client's command, and two clients.
    private static func failed<W: World>(_: W.Type, seed: UInt64 = 1) throws -> (HostRig<W>, TestEdge) {
        let (rig, edge) = try HostRig<W>.withEdge(seed: seed)
        let (anna, bert) = (edge.join("anna"), edge.join("bert"))
        try rig.settle(rounds: 5)
        edge.command(bert, FragileBytes.put, FragileBytes.put(1))
        edge.command(anna, FragileBytes.put, FragileBytes.put(2))
        edge.command(anna, FragileBytes.put, FragileBytes.put(FragileBytes.poison))
        edge.command(bert, FragileBytes.put, FragileBytes.put(3))
        rig.deliver()
        rig.turn()
        #expect(rig.failed?.phase == .command && rig.failed?.sequence == 2 && rig.failed?.account == Identity.guest("anna").id)
        return (rig, edge)
    }

    private func code(_ outcome: [UInt8]) -> UInt8 { outcome[0] == 0 ? 0 : outcome[1] }

    @Test("the command is refused as a fault of the world, its account is suspended, and no other is touched")
    func command() throws {
        let (rig, edge) = try Self.failed(Fragile.self)
        try rig.recoverFromFailure(records: true)
        try rig.settle(rounds: 5)
        #expect(
            rig.failures == 1 && rig.contained?.amendment.grade == .skipInput && rig.contained?.amendment.name == "put"
                && rig.contained?.amendment.accountName == "anna")
        #expect(edge.clients[0].outcomes.map { code($0.bytes) } == [Refusal.Code.suspended.rawValue, Refusal.Code.worldFault.rawValue])
        #expect(edge.clients[1].outcomes.map { code($0.bytes) } == [0, 0])
        edge.command(0, FragileBytes.put, FragileBytes.put(1))
        try rig.settle(rounds: 5)
        #expect(code(edge.clients[0].outcomes[2].bytes) == Refusal.Code.suspended.rawValue)
        rig.turn(after: 61_000_000_000)
        edge.command(0, FragileBytes.put, FragileBytes.put(1))
        try rig.settle(rounds: 5)
        #expect(code(edge.clients[0].outcomes[3].bytes) == 0, "a minute later the account is free")
        #expect(rig.machine!.status(at: rig.now).faults == 1)
    }

    @Test("under an idempotency key it is refused like any other, and only code that does not fail applies a repetition; known keys are answered meanwhile")
    func keyed() throws {
        let (rig, edge) = try HostRig<FragileKeyed>.withEdge()
        let anna = edge.join("anna")
        try rig.settle(rounds: 5)
        let (good, bad) = (IdempotencyKey(high: 1, low: 1), IdempotencyKey(high: 1, low: 2))
        func put(_ amount: UInt64, _ key: IdempotencyKey) throws -> Outcome {
            edge.command(anna, FragileBytes.put, FragileBytes.put(amount), key: key)
            rig.deliver()
            rig.turn()
            if rig.failed != nil { try rig.recoverFromFailure(records: true) }
            try rig.settle(rounds: 4)
            var reader = ByteReader(try #require(edge.clients[anna].outcomes.last).bytes)
            return try Outcome(reading: &reader)
        }
        func refusal(_ outcome: Outcome) -> Refusal.Code? { if case .refused(let why) = outcome { why.code } else { nil } }
        guard case .applied(let first) = try put(2, good) else { throw Unexpected() }
        #expect(try refusal(put(FragileBytes.poison, bad)) == .worldFault)
        #expect(try refusal(put(FragileBytes.poison, bad)) == .suspended && rig.failures == 1)
        guard case .repeated(_, let again) = try put(2, good) else { throw Unexpected() }
        #expect(again == first, "a suspended account hears what was applied before")
        #expect(try refusal(put(3, good)) == .keyReused)
        rig.turn(after: 61_000_000_000)
        #expect(try refusal(put(FragileBytes.poison, bad)) == .worldFault && rig.failures == 2, "a refused command has used no key")
        rig.isMended = true
        rig.turn(after: 121_000_000_000)
        guard case .applied(let healed) = try put(FragileBytes.poison, bad) else { throw Unexpected() }
        guard case .repeated(_, let told) = try put(FragileBytes.poison, bad) else { throw Unexpected() }
        #expect(told == healed && rig.failures == 2)
        let live = Hashes(rig.machine!.state)
        rig.crash(losesPower: true, seed: 3)
        try rig.start()
        #expect(Hashes(rig.machine!.state) == live)
    }

    @Test("while a command's tick was not recorded each tick waits for its record, until the command has run")
    func careful() throws {
        let (rig, edge) = try Self.failed(Fragile.self)
        let tick = rig.failed!.tick
        try rig.recoverFromFailure(records: false)
        #expect(rig.contained == nil && rig.tick == tick - 1)
        guard case .unrecorded = rig.uncontained else { throw Unexpected() }
        rig.deliver()
        rig.turn()
        #expect(rig.tick == tick - 1 && rig.failed == nil, "sealed, and not executed before it is durable")
        try rig.commit()
        #expect(rig.failed?.tick == tick && rig.failures == 2)
        try rig.recoverFromFailure(records: false)
        #expect(rig.contained?.tick == tick)
        try rig.settle(rounds: 5)
        #expect(rig.failures == 2 && code(edge.clients[0].outcomes[1].bytes) == Refusal.Code.worldFault.rawValue)
    }

    @Test("care ends when the suspected command has run without harm")
    func careEnds() throws {
        let (rig, edge) = try HostRig<Fragile>.withEdge()
        let anna = edge.join("anna")
        try rig.settle(rounds: 5)
        edge.command(anna, FragileBytes.put, FragileBytes.put(1))
        let suspect = FlightEntry(phase: .command, tick: rig.tick + 1, source: .session(1), sequence: 1, kind: 0, account: Identity.guest("anna").id)
        rig.crash(losesPower: true, seed: 1)
        rig.blame = Blame(entry: suspect, cause: .signal(11))
        try rig.restart()
        rig.deliver()
        rig.turn()
        #expect(rig.machine!.care != nil && rig.machine!.pending != nil)
        try rig.settle(rounds: 3)
        #expect(rig.machine!.care == nil && edge.clients[anna].outcomes.count == 1)
    }

    @Test("a blame without proof is not followed: of a tick that others follow, of what the record does not have, of no tick")
    func withoutProof() throws {
        let (rig, edge) = try HostRig<Fragile>.withEdge()
        let anna = edge.join("anna")
        try rig.settle(rounds: 5)
        for _ in 0..<3 {
            edge.command(anna, FragileBytes.put, FragileBytes.put(1))
            try rig.settle(rounds: 3)
        }
        let tick = rig.tick
        var entry = FlightEntry(phase: .command, tick: tick - 1, source: .session(1), sequence: 2, kind: 0)
        func blamed(_ entry: FlightEntry) throws -> Uncontained? {
            rig.crash(losesPower: true, seed: 1)
            rig.blame = Blame(entry: entry, cause: .signal(4))
            try rig.restart()
            #expect(rig.contained == nil)
            return rig.uncontained
        }
        #expect(try blamed(entry) == .hasLaterTicks(tick: tick - 1))
        entry.tick = tick
        #expect(try blamed(entry) == .notInRecord(tick: tick))
        entry.phase = .start
        #expect(try blamed(entry) == .notOfATick(.start))
        #expect(try Journal.inspect(rig.storage).faults().isEmpty)
    }

    @Test("the decision survives a power cut at any step of writing it, once, with the verdict given again or lost")
    func cutAnywhere() throws {
        let reference = try Self.failed(Fragile.self).0
        try reference.recoverFromFailure(records: true)
        let hashes = Hashes(reference.machine!.state)
        var completed = false
        for operation in 0..<60 where !completed {
            for (keepsVerdict, seed) in [(true, 1), (false, 2), (true, 3)] as [(Bool, UInt64)] {
                let rig = try Self.failed(Fragile.self).0
                let blame = Blame(entry: rig.failed!, cause: .signal(4))
                _ = try rig.writer!.append(rig.uncommitted)
                rig.crash(losesPower: false, seed: 0)
                rig.blame = blame
                var plan = FaultPlan()
                plan.powerCut = operation
                rig.storage.inject(plan)
                if (try? rig.start()) != nil, !rig.storage.isDown { completed = true }
                rig.crash(losesPower: true, seed: seed &+ UInt64(operation) &* 7)
                rig.blame = keepsVerdict ? blame : nil
                try rig.start()
                // Without a verdict the world fails on it once more, unless the decision was durable.
                try rig.recoverFromFailure(records: true)
                #expect(Hashes(rig.machine!.state) == hashes, "operation \(operation)")
                #expect(try Journal.inspect(rig.storage).faults().count == 1, "operation \(operation)")
            }
        }
        #expect(completed)
    }

    @Test("a second fault in the replay adds a decision and loses none")
    func secondInReplay() throws {
        let (rig, edge) = try HostRig<FragileForAll>.withEdge()
        let clients = (0..<4).map { edge.join("p\($0)") }
        try rig.settle(rounds: 5)
        for client in clients { edge.command(client, FragileBytes.put, FragileBytes.put(FragileBytes.poison + UInt64(client))) }
        rig.deliver()
        rig.turn()
        try rig.recoverFromFailure(records: true)
        #expect(rig.failures == 3, "the third of them disables the kind")
        try rig.settle(rounds: 5)
        let codes = edge.clients.map { code($0.outcomes[0].bytes) }
        #expect(codes.sorted() == [14, 14, 14, 16])
        let faults = try Journal.inspect(rig.storage).faults()
        #expect(faults.count == 3 && Set(faults.map(\.tick)).count == 1 && faults.last?.amendment.disabling == .forAll)
    }

    @Test("an arrival and a departure that fail are done without the world, and intents are dropped")
    func comingAndGoing() throws {
        let (rig, edge) = try HostRig<Fragile>.withEdge()
        let (anna, bad) = (edge.join("anna"), edge.join("bad"))
        try rig.settle(rounds: 3)
        if rig.failed != nil { try rig.recoverFromFailure(records: true) }
        try rig.settle(rounds: 5)
        #expect(rig.contained?.amendment.phase == .arrival && edge.clients[bad].refusal == .refused && edge.clients[anna].session != nil)
        edge.command(anna, FragileBytes.quit, [0])
        try rig.settle(rounds: 3)
        let avatar = edge.clients[anna].avatar
        edge.end(anna, .left)
        rig.deliver()
        rig.turn()
        #expect(rig.failed?.phase == .departure)
        try rig.recoverFromFailure(records: true)
        try rig.settle(rounds: 5)
        #expect(rig.machine!.state.table.sessions.isEmpty && rig.machine!.state.engine.isAlive(avatar), "the avatar stays")
        #expect(rig.machine!.state.engine.presenceCount == 0)
    }

    @Test("an intent can be left out, and one session's intent is not another's")
    func intents() throws {
        let (rig, edge) = try HostRig<Fragile>.withEdge()
        let (anna, bert) = (edge.join("anna"), edge.join("bert"))
        try rig.settle(rounds: 3)
        edge.intent(anna, TallyBytes.heading(5))
        edge.intent(bert, TallyBytes.heading(6))
        rig.deliver()
        rig.isCutBeforeExecution = true
        rig.turn()
        try rig.commit()
        let tick = rig.tick + 1
        rig.crash(losesPower: true, seed: 1)
        let entry = FlightEntry(phase: .intent, tick: tick, source: .session(edge.clients[anna].session!), kind: 0, account: Identity.guest("anna").id)
        rig.blame = Blame(entry: entry, cause: .memory)
        try rig.restart()
        #expect(rig.contained?.amendment.name == "heading")
        let engine = rig.machine!.state.engine
        #expect(engine.row(edge.clients[anna].avatar, 3) == nil && engine.row(edge.clients[bert].avatar, 3) == TallyBytes.heading(6))
    }

    @Test("a planted value is contained by setting its entity aside, then by suspending the system, and the world goes on")
    func planted() throws {
        let (rig, edge) = try HostRig<FragileTwice>.withEdge()
        let clients = (0..<4).map { edge.join("p\($0)") }
        try rig.settle(rounds: 5)
        for client in clients {
            edge.command(client, FragileBytes.plant, FragileBytes.plant(2))
            for _ in 0..<8 {
                edge.command(clients[(client + 1) % 4], FragileBytes.put, FragileBytes.put(1))
                try rig.settle(rounds: 2)
                if rig.failed != nil { try rig.recoverFromFailure(records: true) }
            }
        }
        try rig.settle(rounds: 5)
        let faults = try Journal.inspect(rig.storage).faults().map(\.amendment)
        #expect(faults.map(\.grade) == [.setEntityAside, .setEntityAside, .suspendSystem])
        #expect(faults.map(\.entity) == [edge.clients[0].avatar, edge.clients[1].avatar, .none] && faults.allSatisfy { $0.name == "Burn" })
        #expect(edge.isSettled && edge.clients.allSatisfy { $0.outcomes.allSatisfy { $0.bytes[0] == 0 } }, "no client is refused anything")
        #expect(rig.machine!.state.engine.restraints.isSuspended(0))
    }

    @Test("a policy that goes no further stops the world, and each start says why")
    func stopped() throws {
        let rig = try HostRig<Brittle>.withFuse()
        #expect(rig.failed?.phase == .system)
        func saysWhy(_ error: any Error) -> Bool { "\(error)".contains("the system Burn") && "\(error)".contains("stopped") }
        #expect { try rig.recoverFromFailure(records: true) } throws: { saysWhy($0) }
        for seed in 1...2 as ClosedRange<UInt64> {
            rig.crash(losesPower: true, seed: seed)
            #expect { try rig.start() } throws: { saysWhy($0) }
        }
    }

    private struct Unexpected: Error {}
}
