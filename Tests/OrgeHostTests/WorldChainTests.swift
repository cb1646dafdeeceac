import OrgeLink
import OrgeSchema
import OrgeWorld
import OrgeWorldTesting
import Testing

@testable import OrgeHost

/// Equal runs have equal world chains, whatever edges their clients used and whatever host ran them.
@Suite("The world's chain")
struct WorldChainTests {
    private struct End: Equatable {
        var stateHash: UInt64
        var worldChain: UInt64
        var chain: UInt64
    }

    private static let players = ["anna", "bert", "cleo", "dora", "emil", "fred"]

    /// One script. Client number n uses edge `edges[n]`, and attachments of each edge are numbered against the order of the names when `reversed`.
    private static func play<W: World>(
        _ world: W.Type, edges: [UInt64], isReversed: Bool = false, codeID: String = "1", utc: UInt64 = 0, restarts: Bool = false, amount: UInt64 = 1
    ) throws -> End {
        let rig = HostRig<W>()
        rig.utc += utc
        try rig.start(codeID: codeID)
        var known = SortedMap<UInt64, TestEdge>()
        for id in edges where known[id] == nil { known[id] = rig.addEdge(id: id) }
        try round(rig)
        var clients = [(edge: TestEdge, index: Int)?](repeating: nil, count: players.count)
        for player in isReversed ? Array(players.indices.reversed()) : Array(players.indices) {
            let edge = known[edges[player]]!
            clients[player] = (edge, edge.join(players[player]))
        }
        try round(rig)
        for step in 0..<12 {
            for (player, client) in clients.enumerated() where step < 9 || player > 2 {
                guard let client else { continue }
                let avatar = client.edge.clients[client.index].avatar
                client.edge.command(client.index, TallyBytes.add, TallyBytes.add(amount + UInt64(step)))
                if step.isMultiple(of: 3) { client.edge.command(client.index, TallyBytes.give, TallyBytes.give(avatar, 2)) }
                if (step + player).isMultiple(of: 4) { client.edge.intent(client.index, TallyBytes.heading(Int32(player + 1))) }
            }
            try round(rig)
            if step == 5, restarts {
                rig.crash(losesPower: true, seed: 3)
                try rig.start(codeID: codeID)
                for edge in rig.edges { rig.connect(edge) }
            }
            // Three go at once: through one edge in one order, through two in another.
            if step == 8 {
                for client in clients[0...2] { client!.edge.end(client!.index, .left) }
                try round(rig)
            }
        }
        return End(stateHash: rig.machine!.state.stateHash, worldChain: rig.machine!.state.worldChain, chain: rig.machine!.state.chain)
    }

    /// What waits is sealed in one tick, then edges acknowledge it.
    private static func round<W: World>(_ rig: HostRig<W>) throws {
        rig.deliver()
        rig.turn(after: 50_000_000)
        try rig.commit()
        rig.deliver()
    }

    private static func checkArrangements<W: World>(of world: W.Type) throws {
        let alone = try play(world, edges: [1, 1, 1, 1, 1, 1])
        let others = [
            try play(world, edges: [9, 2, 9, 2, 9, 2]), try play(world, edges: [1, 1, 1, 1, 1, 1], isReversed: true),
            try play(world, edges: [7, 7, 3, 3, 5, 5], isReversed: true, codeID: "99", utc: 86_400_000),
        ]
        for other in others {
            #expect(other.stateHash == alone.stateHash && other.worldChain == alone.worldChain)
            #expect(other.chain != alone.chain, "the record chain does name edges")
        }
        #expect(try play(world, edges: [1, 1, 1, 1, 1, 1], amount: 2).worldChain != alone.worldChain)
    }

    @Test("is the same through one edge, two or three, on other builds and at other times; the record chain is not")
    func arrangements() throws {
        try Self.checkArrangements(of: Tally.self)
        try Self.checkArrangements(of: SteadyTally.self)
    }

    @Test("is the same after a crash and a replay")
    func replay() throws {
        let whole = try Self.play(Tally.self, edges: [1, 2, 1, 2, 1, 2])
        let restarted = try Self.play(Tally.self, edges: [1, 2, 1, 2, 1, 2], restarts: true)
        #expect(restarted.worldChain == whole.worldChain && restarted.stateHash == whole.stateHash)
    }

    @Test("depends on the time in a world that declares that it reads it, and in no other")
    func time() throws {
        let edges: [UInt64] = [1, 1, 1, 1, 1, 1]
        #expect(try Self.play(Dated.self, edges: edges).worldChain == Self.play(Dated.self, edges: edges).worldChain)
        #expect(try Self.play(Dated.self, edges: edges).worldChain != Self.play(Dated.self, edges: edges, utc: 1_000).worldChain)
        #expect(try Self.play(Tally.self, edges: edges).worldChain == Self.play(Tally.self, edges: edges, utc: 1_000).worldChain)
        expectSound(Dated.self, seeds: 1...1, ticks: 60)
    }

    @Test("changes with each input, with their order and with the tick, and not with a tick in which nothing happens")
    func folding() {
        func chain(_ tick: UInt64 = 5, utc: UInt64? = nil, after: UInt64 = 2, _ fill: (inout WorldChain.Inputs) -> Void) -> UInt64 {
            var inputs = WorldChain.Inputs()
            fill(&inputs)
            return WorldChain.advanced(77, tick: tick, utc: utc, inputs, before: 1, after: after)
        }
        let (a, b) = (Entity(raw: 3), Entity(raw: 4))
        let chains = [
            chain { $0.command(a, 1, [1]) }, chain { $0.command(b, 1, [1]) }, chain { $0.command(a, 2, [1]) }, chain { $0.command(a, 1, [1, 0]) },
            chain { $0.intent(a, 1, [1]) }, chain(6) { $0.command(a, 1, [1]) }, chain(utc: 9) { $0.command(a, 1, [1]) },
            chain(after: 1) { $0.command(a, 1, [1]) }, chain { $0.depart(a) }, chain { $0.detach(a) },
            chain { $0.arrive(.guest("a")) }, chain { $0.arrive(.guest("b")) }, chain { $0.arrive(Identity(id: AccountID(raw: 1), name: "a")) },
            chain { $0.arrive(Identity(id: AccountID(raw: 1), name: "b")) }, chain { $0.arrive(Identity(id: AccountID(raw: 2), name: "a")) },
            chain { $0.arrive(Identity(id: AccountID(raw: 1), name: "a", roles: Roles(rawValue: 4))) },
            chain {
                $0.depart(a); $0.depart(b)
            },
            chain {
                $0.depart(b); $0.depart(a)
            }, chain { _ in }, chain(after: 1) { _ in },
        ]
        #expect(Set(chains).count == chains.count)
        #expect(chain(after: 1) { _ in } == 77)
    }
}

/// Stamps what it does with the time.
private enum Dated: World {
    static let name = "tally"
    static let pace = Pace.onDemand
    static let readsUTC = true
    @PartsBuilder static var parts: Parts { Tally.parts }
    static func start(_ turn: inout Turn) { Tally.start(&turn) }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        let avatar = try Tally.arrive(identity, &turn)
        try turn.set(avatar, Hidden(value: turn.utcMilliseconds))
        return avatar
    }
}
