import OrgeJournal
import OrgeLink
import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

@Suite("A world that goes flat out")
struct JumpTests {
    @Test("jumps from one tick in which something is due to the next")
    func idle() throws {
        let rig = try HostRig<LeapingTally>.started()
        for _ in 0..<12 {
            #expect(rig.nextTurn == 0)
            rig.turn()
            try rig.commit()
        }
        #expect(rig.appended == [6, 10, 12, 18, 20, 24, 30, 36, 40, 42, 48, 50])
    }

    @Test("takes what waits in the very next tick, due or not, and is in one piece again after a death")
    func inputs() throws {
        let (rig, edge) = try HostRig<LeapingTally>.withEdge()
        rig.turn()
        try rig.commit()
        let anna = edge.join("anna")
        rig.deliver()
        rig.turn()
        try rig.commit()
        #expect(rig.appended == [6, 7])
        edge.command(anna, TallyBytes.add, TallyBytes.add(5))
        rig.deliver()
        rig.turn()
        rig.turn()
        try rig.commit()
        #expect(rig.appended == [6, 7, 8, 10])
        #expect(edge.clients[anna].outcomes.map(\.tick) == [8])
        let (hash, chain) = (rig.machine!.state.stateHash, rig.machine!.state.chain)
        rig.crash(losesPower: true, seed: 1)
        try rig.restart()
        let (hashAfter, chainAfter) = (rig.machine!.state.stateHash, rig.machine!.state.chain)
        #expect(hashAfter == hash && chainAfter == chain && rig.tick == 10)
        rig.deliver()
        #expect(edge.resumed == 1, "the ticks that were left out are none that an edge could lack")
        rig.turn()
        #expect(rig.tick == 12 || rig.tick == 11)
    }

    @Test("counts ticks that ran, not numbers, against what may be in flight")
    func inFlight() throws {
        let rig = try HostRig<LeapingTally>.started()
        for _ in 0..<20 { rig.turn() }
        #expect(rig.appended.count == HostLimits.ticksInFlight)
        #expect(rig.nextTurn == nil, "only the disk can let it go on")
        try rig.commit()
        #expect(rig.nextTurn == 0)
    }

    @Test("waits for inputs when nothing is ever due")
    func quiet() throws {
        let rig = try HostRig<QuietTally>.started()
        #expect(rig.nextTurn == nil)
        rig.turn()
        #expect(rig.tick == 0)
        let edge = rig.addEdge(id: 1)
        let anna = edge.join("anna")
        try rig.settle(rounds: 20)
        let tick = rig.tick
        #expect(edge.clients[anna].session != nil && tick <= 3, "one tick for the arrival, and what follows from it")
        #expect(rig.nextTurn == nil)
        rig.disconnect(edge)
        #expect(rig.nextTurn != nil, "a deadline is something to wait for")
        rig.turn(after: HostLimits.edgeGrace + HostLimits.linger)
        #expect(rig.tick == tick + 1, "the end of the edge's grace is an input")
    }

    /// One engine runs every tick, the other only those in which there is something to do.
    @Test("comes to the same state as a world that runs every tick", arguments: 1...40)
    func equivalence(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let patient = WorldEngine(LeapingTally.self, number: 3, seed: seed)
        let leaping = WorldEngine(LeapingTally.self, number: 3, seed: seed)
        var sessions: UInt64 = 0
        var sequence: UInt64 = 0
        while leaping.tick < 300 {
            let due = leaping.nextDueTick!
            var tick = due
            var inputs: [Input] = []
            if random.chance(1, outOf: 3) {
                tick = leaping.tick + 1 + random.below(due - leaping.tick)
                if sessions == 0 || random.chance(1, outOf: 6) {
                    sessions += 1
                    inputs.append(.arrive(session: sessions, .guest("p\(sessions)")))
                }
                sequence += 1
                inputs.append(.intent(session: sessions, kind: 0, payload: TallyBytes.heading(Int32(random.below(9)) - 4)))
                inputs.append(.command(session: sessions, sequence: sequence, kind: TallyBytes.step, payload: TallyBytes.step(Int32(random.below(50)))))
            }
            while patient.tick < tick - 1 { _ = patient.execute(tick: patient.tick + 1, utcMilliseconds: 0, inputs: []) }
            let expected = patient.execute(tick: tick, utcMilliseconds: tick, inputs: inputs)
            let found = leaping.execute(tick: tick, utcMilliseconds: tick, inputs: inputs)
            #expect(found.stateHash == expected.stateHash, "seed \(seed), tick \(tick)")
            #expect(found.outcomeBytes == expected.outcomeBytes && found.changes.bytes == expected.changes.bytes, "seed \(seed), tick \(tick)")
        }
        #expect(leaping.image() == patient.image())
    }
}
