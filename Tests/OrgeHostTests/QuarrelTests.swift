import OrgeControl
import OrgeLink
import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

@Suite("A few names, and many who want them")
struct QuarrelTests {
    /// Edges that stay away, come back, or are replaced by new ones, while their clients come and go under the same three names.
    private struct Quarrel<W: World> {
        var random: RandomSource
        let rig: HostRig<W>
        var nextEdge: UInt64 = 1

        init(seed: UInt64) throws {
            random = RandomSource(seed: seed)
            rig = HostRig<W>(seed: seed)
            try rig.start()
            for _ in 0..<3 { addEdge() }
        }

        private mutating func addEdge() {
            _ = rig.addEdge(id: nextEdge)
            nextEdge += 1
        }

        mutating func step() throws {
            let edge = rig.edges[random.below(rig.edges.count)]
            let open = edge.clients.indices.filter { edge.clients[$0].ended == nil && edge.clients[$0].ending == nil && edge.clients[$0].refusal == nil }
            switch random.below(20) {
            case 0...4: _ = edge.join("name \(random.below(3))")
            case 5...7: if !open.isEmpty { edge.end(open[random.below(open.count)], random.chance(1, outOf: 2) ? .left : .detached) }
            case 8, 9:
                if let client = open.last, edge.clients[client].session != nil { edge.command(client, TallyBytes.add, TallyBytes.add(random.below(100))) }
            case 10, 11: if edge.link == nil { rig.connect(edge) } else { rig.disconnect(edge) }
            case 12: if edge.link == nil, nextEdge < 30 { addEdge() }
            case 13, 14: rig.deliver()
            case 15, 16, 17:
                rig.deliver()
                rig.turn(after: random.below(60_000_000))
            case 18: try rig.commit()
            default:
                if random.chance(1, outOf: 3) { tellWhoLives() }
                if random.chance(1, outOf: 4) { rig.turn(after: random.below(6_000_000_000)) }
            }
        }

        /// Now and then of an edge that is only away that it is dead.
        private mutating func tellWhoLives() {
            let alive = rig.edges.map { UInt32($0.id) }.filter { _ in !random.chance(1, outOf: 4) }
            rig.handle(.edges(EdgeRoster(start: 0, last: UInt32(nextEdge - 1), alive: alive)))
        }

        /// All edges are back; then each name has one client at most, and that one can play.
        func check() throws {
            for edge in rig.edges where edge.link == nil { rig.connect(edge) }
            try rig.settle()
            var players: [String] = []
            for edge in rig.edges {
                for client in edge.clients.indices where edge.clients[client].session != nil && edge.clients[client].ended == nil {
                    players.append(edge.clients[client].account)
                    #expect(rig.machine!.state.engine.isAlive(edge.clients[client].avatar))
                    edge.command(client, TallyBytes.add, TallyBytes.add(1))
                }
            }
            #expect(players.sorted() == SortedMap(players).keys.map { $0 }, "a name is in the hands of two: \(players)")
            try rig.settle()
            #expect(rig.edges.allSatisfy { $0.isSettled })
        }
    }

    private static func quarrel<W: World>(_ world: W.Type, _ seed: UInt64) throws {
        var quarrel = try Quarrel<W>(seed: seed)
        for _ in 0..<400 { try quarrel.step() }
        try quarrel.check()
        try quarrel.rig.commit()
        let hash = quarrel.rig.machine!.state.stateHash
        let sessions = quarrel.rig.machine!.state.hostHash
        quarrel.rig.crash(losesPower: true, seed: seed)
        try quarrel.rig.start()
        #expect(quarrel.rig.machine!.state.stateHash == hash)
        #expect(quarrel.rig.machine!.state.hostHash == sessions)
    }

    @Test("a name has one client, whatever its edges do", arguments: 0..<12 as Range<UInt64>)
    func onDemand(seed: UInt64) throws { try Self.quarrel(Tally.self, seed) }

    @Test("a name has one client, whatever its edges do, at a steady pace", arguments: 0..<12 as Range<UInt64>)
    func steady(seed: UInt64) throws { try Self.quarrel(SteadyTally.self, seed) }
}

extension SortedMap where Key == String, Value == Bool {
    fileprivate init(_ keys: [String]) {
        self.init()
        for key in keys { self[key] = true }
    }
}
