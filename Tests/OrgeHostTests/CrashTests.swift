import OrgeSimulatedDisk
import OrgeJournal
import OrgeLink
import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

@Suite("A host that dies")
struct CrashTests {
    /// Random clients on two edges, and a death at a random step of the commit, again and again.
    private struct Storm<W: World> {
        var random: RandomSource
        let rig: HostRig<W>
        var submitted = 0

        init(seed: UInt64) throws {
            random = RandomSource(seed: seed)
            rig = HostRig<W>(seed: seed)
            // Images are read a few pages at a time, between everything else.
            rig.pagesAtOnce = random.within(1...6)
            try rig.start()
            _ = rig.addEdge(id: 71)
            _ = rig.addEdge(id: 72)
        }

        mutating func step() throws {
            let edge = rig.edges[random.below(rig.edges.count)]
            let joined = edge.clients.indices.filter { edge.clients[$0].session != nil && edge.clients[$0].ended == nil && edge.clients[$0].ending == nil }
            switch random.below(15) {
            case 0: if edge.clients.count < 12 { _ = edge.join("p\(random.below(8))") }
            case 1, 2, 3, 4:
                guard !joined.isEmpty else { return }
                command(edge, joined[random.below(joined.count)])
            case 5: if let client = joined.first, random.chance(1, outOf: 4) { edge.end(client, random.chance(1, outOf: 2) ? .left : .detached) }
            case 6: if let client = joined.last { edge.intent(client, TallyBytes.heading(Int32(random.below(9)) - 4)) }
            case 7, 8: rig.deliver()
            case 9, 10: rig.turn(after: random.below(3_000_000))
            case 11: try rig.commit()
            case 12: if random.chance(1, outOf: 6) { rig.disconnect(edge); rig.connect(edge) }
            case 13: if random.chance(1, outOf: 3) { rig.handle(.beginImage) }
            default: if random.chance(1, outOf: 3) { try die() }
            }
        }

        private mutating func command(_ edge: TestEdge, _ client: Int) {
            submitted += 1
            let others = rig.edges.flatMap(\.clients).map(\.avatar).filter { !$0.isNone }
            switch random.below(4) {
            case 0: edge.command(client, TallyBytes.give, TallyBytes.give(others[random.below(others.count)], Int64(random.below(40))))
            case 1: edge.command(client, TallyBytes.step, TallyBytes.step(Int32(random.below(50))))
            default: edge.command(client, TallyBytes.add, TallyBytes.add(random.below(1000)))
            }
        }

        mutating func die() throws {
            let power = random.chance(1, outOf: 2)
            switch random.below(4) {
            case 0:
                // Between the journal and the execution.
                rig.isCutBeforeExecution = true
                rig.deliver()
                rig.turn()
            case 1:
                // Somewhere in the middle of the disk's work.
                rig.deliver()
                rig.turn()
                var plan = FaultPlan()
                plan.powerCut = rig.storage.operationCount + random.below(3)
                rig.storage.inject(plan)
                try? rig.commit()
                rig.crash(losesPower: true, seed: random.next())
                return try rig.restart()
            case 2:
                // Durable and not yet released to an edge.
                rig.deliver()
                for edge in rig.edges { rig.disconnect(edge) }
                rig.turn()
                try rig.commit()
            default: break
            }
            rig.crash(losesPower: power, seed: random.next())
            try rig.restart()
        }
    }

    @Test("whatever the step at which it dies, each command has exactly one outcome and the same history runs again", arguments: 1...60)
    func stormOfCrashes(seed: UInt64) throws { try weather(Storm<Tally>(seed: seed), seed) }

    @Test("so it is for a world that jumps over empty ticks", arguments: 1...30)
    func stormOverJumps(seed: UInt64) throws { try weather(Storm<LeapingTally>(seed: seed), seed) }

    private func weather<W: World>(_ storm: Storm<W>, _ seed: UInt64) throws {
        var storm = storm
        for _ in 0..<400 { try storm.step() }
        try storm.rig.settle()
        let rig = storm.rig
        for edge in rig.edges { #expect(edge.isSettled, "seed \(seed): unanswered commands at edge \(edge.id)") }
        try checkModel(rig, seed)
        try checkReplay(rig, seed)
        checkViews(rig, seed)
    }

    /// Each client heard of each of its commands once, in order.
    private func checkModel<W: World>(_ rig: HostRig<W>, _ seed: UInt64) throws {
        for client in rig.edges.flatMap(\.clients) {
            #expect(client.outcomes.map(\.sequence) == client.outcomes.indices.map { UInt64($0 + 1) }, "seed \(seed): sequences of \(client.account)")
            #expect(zip(client.outcomes, client.outcomes.dropFirst()).allSatisfy { $0.tick <= $1.tick })
        }
        #expect(rig.edges.flatMap(\.clients).contains { !$0.outcomes.isEmpty })
    }

    /// A run from the genesis, fed with the journal, comes to the same world, the same sessions, and to what clients were told.
    private func checkReplay<W: World>(_ rig: HostRig<W>, _ seed: UInt64) throws {
        let journal = try Journal.inspect(rig.storage)
        var state = HostState(new: WorldEngine(W.self, number: 3, seed: journal.genesis.seed))
        var records = journal.records()
        var given: [String] = []
        while let record = try records.next() {
            guard record.kind == .tick else { continue }
            let (_, executed) = try state.replay(record.body)
            for outcome in executed.outcomes { given.append("\(outcome.source.session ?? 0) \(outcome.sequence) \(executed.tick) \(outcome.bytes)") }
        }
        for client in rig.edges.flatMap(\.clients) {
            let told = client.outcomes.map { "\(client.session!) \($0.sequence) \($0.tick) \($0.bytes)" }
            #expect(given.filter { $0.hasPrefix("\(client.session ?? 0) ") }.starts(with: told), "seed \(seed): what \(client.account) was told")
        }
        #expect(state.stateHash == rig.machine!.state.stateHash, "seed \(seed)")
        #expect(state.chain == rig.machine!.state.chain, "seed \(seed)")
        #expect(state.worldChain == rig.machine!.state.worldChain, "seed \(seed)")
        #expect(state.hostHash == rig.machine!.state.hostHash, "seed \(seed)")
    }

    /// What edges hold is what the world holds, without what is the host's own.
    private func checkViews<W: World>(_ rig: HostRig<W>, _ seed: UInt64) {
        for edge in rig.edges {
            var rows: [String] = []
            for (entity, row) in edge.rows { for (component, bytes) in row { rows.append("\(entity) \(component) \(bytes)") } }
            var expected: [String] = []
            rig.machine!.state.engine.forEachVisibleRow { expected.append("\($0) \($1) \($2)") }
            #expect(rows.sorted() == expected.sorted(), "seed \(seed): the view of edge \(edge.id)")
        }
    }

    @Test("an edge that lacks the last ticks gets exactly those, one that lacks more gets an image and what it was to be told")
    func resumeOrImage() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        let anna = edge.join("anna")
        try rig.settle()
        #expect(edge.images == 1)
        rig.disconnect(edge)
        rig.connect(edge)
        edge.command(anna, TallyBytes.add, TallyBytes.add(5))
        try rig.settle()
        #expect(edge.resumed == 1 && edge.images == 1)
        edge.command(anna, TallyBytes.add, TallyBytes.add(6))
        rig.deliver()
        rig.disconnect(edge)
        for index in 0..<100 {
            let other = index == 0 ? rig.addEdge(id: 2) : rig.edges[1]
            if index == 0 {
                _ = other.join("bert")
                try rig.settle()
            }
            other.command(0, TallyBytes.step, TallyBytes.step(1))
            try rig.settle(rounds: 1)
        }
        rig.connect(edge)
        try rig.settle()
        #expect(edge.images == 2)
        #expect(edge.clients[anna].outcomes.count == 2)
        checkViews(rig, 0)
    }

    @Test("a tick that was durable and not released when the host died is released by the next host")
    func releasedByTheNext() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        let anna = edge.join("anna")
        try rig.settle()
        edge.command(anna, TallyBytes.add, TallyBytes.add(5))
        rig.deliver()
        rig.disconnect(edge)
        rig.turn()
        try rig.commit()
        rig.crash(losesPower: true, seed: 3)
        try rig.restart()
        rig.deliver()
        #expect(edge.clients[anna].outcomes.count == 1, "the hello alone brings the outcome")
        try rig.settle()
        #expect(edge.clients[anna].outcomes.count == 1)
        #expect(edge.incarnation == 2)
    }

    @Test("reliable events that an edge does not hold survive the host, once")
    func reliableEvents() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        let anna = edge.join("anna")
        let bert = edge.join("bert")
        try rig.settle()
        edge.acknowledges = false
        edge.command(anna, TallyBytes.give, TallyBytes.give(edge.clients[bert].avatar, 5))
        rig.deliver()
        rig.turn()
        let tick = edge.lastTick
        rig.disconnect(edge)
        try rig.commit()
        rig.handle(.beginImage)
        try rig.commit()
        rig.crash(losesPower: true, seed: 3)
        edge.acknowledges = true
        try rig.restart()
        try rig.settle()
        #expect(edge.images == 2)
        #expect(edge.events.map(\.tick) == [tick + 1])
        #expect(edge.clients[anna].outcomes.count == 1)
    }
}
