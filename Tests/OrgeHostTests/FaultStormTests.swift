import OrgeJournal
import OrgeLink
import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

/// Worlds that fail anywhere, again and again, in hosts that die in other ways too.
@Suite("A world whose code fails")
struct FaultStormTests {
    /// Random clients, some of whose commands, arrivals and departures the world fails on, then or later.
    private struct Storm<W: World> {
        var random: RandomSource
        let rig: HostRig<W>
        private var joined = 0

        init(seed: UInt64) throws {
            random = RandomSource(seed: seed)
            rig = HostRig<W>(seed: seed)
            try rig.start()
            _ = rig.addEdge(id: 1)
            _ = rig.addEdge(id: 2)
        }

        mutating func step() throws {
            let edge = rig.edges[random.below(2)]
            let clients = edge.clients.indices.filter { edge.clients[$0].session != nil && edge.clients[$0].ended == nil && edge.clients[$0].ending == nil }
            if clients.count < 4 || random.chance(1, outOf: 12) { join(edge) }
            for client in clients where random.chance(1, outOf: 2) { act(edge, client) }
            if random.chance(1, outOf: 3) { rig.deliver() }
            rig.turn(after: random.chance(1, outOf: 10) ? 20_000_000_000 : 1_000_000)
            if random.chance(3, outOf: 4) { try rig.commit() }
            rig.deliver()
            if rig.machine != nil, rig.machine!.pending == nil, random.chance(1, outOf: 20) { rig.handle(.beginImage) }
            if rig.machine != nil, random.chance(1, outOf: 30) { try die() }
            if rig.failed != nil {
                try rig.recoverFromFailure(records: random.chance(1, outOf: 2), losesPower: random.chance(1, outOf: 4), seed: random.next())
            }
        }

        private mutating func join(_ edge: TestEdge) {
            joined += 1
            let kind = random.chance(1, outOf: 15) ? "bad" : "guest"
            _ = edge.join("\(kind)\(random.below(30))-\(edge.id)")
        }

        private mutating func act(_ edge: TestEdge, _ client: Int) {
            switch random.below(60) {
            case 0: edge.command(client, FragileBytes.put, FragileBytes.put(FragileBytes.poison + random.below(1_000)))
            case 1: edge.command(client, FragileBytes.plant, FragileBytes.plant(random.below(6)))
            case 2: edge.command(client, FragileBytes.quit, [0])
            case 3: edge.end(client, random.chance(1, outOf: 2) ? .left : .detached)
            case 4: edge.intent(client, TallyBytes.heading(1))
            case 5 where random.chance(1, outOf: 6): edge.command(client, FragileBytes.brew, [0])
            default: edge.command(client, FragileBytes.put, FragileBytes.put(random.below(9)))
            }
        }

        /// An end that says nothing about the world's code.
        private mutating func die() throws {
            rig.crash(losesPower: random.chance(1, outOf: 2), seed: random.next())
            try rig.start()
            if rig.failed == nil { for edge in rig.edges { rig.connect(edge) } }
        }

        mutating func settle() throws {
            for _ in 0..<60 {
                rig.deliver()
                rig.turn()
                if rig.failed != nil { try rig.recoverFromFailure(records: true) }
                try rig.commit()
                if rig.failed != nil { try rig.recoverFromFailure(records: true) }
                rig.deliver()
            }
        }
    }

    private func weather<W: World>(_: W.Type, _ seed: UInt64) throws -> HostRig<W> {
        var storm = try Storm<W>(seed: seed)
        for _ in 0..<250 { try storm.step() }
        try storm.settle()
        try checkReplay(storm.rig, seed)
        checkOutcomes(storm.rig, seed)
        return storm.rig
    }

    @Test("comes to the same state live, replayed and from an image, whatever it fails on", arguments: 1...12)
    func anything(seed: UInt64) throws {
        let rig = try weather(Fragile.self, seed)
        #expect(rig.machine!.state.faults.count > 0 || rig.failures == 0, "seed \(seed)")
    }

    @Test("so does one that suspends its systems sooner", arguments: 1...6)
    func sooner(seed: UInt64) throws { _ = try weather(FragileTwice.self, seed) }

    @Test("fails in every phase and comes through every measure in these runs")
    func coverage() throws {
        var seen: [String] = []
        for seed in 1...8 as ClosedRange<UInt64> {
            let rig = try weather(FragileTwice.self, seed)
            for fault in try Journal.inspect(rig.storage).faults() { seen.append("\(fault.amendment.phase.name) \(fault.amendment.grade.name)") }
        }
        for wanted in ["command skipped", "arrival skipped", "departure skipped", "system entitySetAside", "system systemSuspended"] {
            #expect(seen.contains(wanted), "\(wanted) never came up")
        }
    }

    /// A run from the genesis with the journal's amendments, and one from the newest image, come to the live state.
    private func checkReplay<W: World>(_ rig: HostRig<W>, _ seed: UInt64) throws {
        let live = Hashes(rig.machine!.state)
        var last = Hashes()
        var count = 0
        let journal = try Journal.inspect(rig.storage)
        count = try RecoveredHost.replay(W.self, journal) { _, _, state in last = Hashes(state) }
        #expect(last == live, "seed \(seed): replayed from the genesis")
        #expect(try count == journal.faults().count, "seed \(seed)")
        rig.crash(losesPower: true, seed: seed)
        try rig.start()
        #expect(Hashes(rig.machine!.state) == live, "seed \(seed): started again")
    }

    private func checkOutcomes<W: World>(_ rig: HostRig<W>, _ seed: UInt64) {
        for client in rig.edges.flatMap(\.clients) {
            #expect(client.outcomes.map(\.sequence) == client.outcomes.indices.map { UInt64($0 + 1) }, "seed \(seed): sequences of \(client.account)")
        }
        #expect(rig.edges.allSatisfy { edge in edge.isSettled }, "seed \(seed): unanswered commands")
    }
}

/// All hashes of a host.
struct Hashes: Equatable {
    var (state, chain, worldChain, host): (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    init() {}

    init(_ host: borrowing HostState) {
        state = host.stateHash
        chain = host.chain
        worldChain = host.worldChain
        self.host = host.hostHash
    }

    static func == (one: Hashes, other: Hashes) -> Bool {
        (one.state, one.chain, one.worldChain, one.host) == (other.state, other.chain, other.worldChain, other.host)
    }
}
