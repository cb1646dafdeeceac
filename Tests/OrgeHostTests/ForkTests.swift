import OrgeLink
import OrgeSchema
import OrgeSimulatedDisk
import Testing

@testable import OrgeHost

/// A journal that lost durable records, seen by edges that hold them.
@Suite("Forks of a world's timeline")
struct ForkTests {
    @Test("an edge that holds lost ticks is told where the timelines parted, also when the host has long passed them", arguments: 1...12 as ClosedRange<UInt64>)
    func lostTail(seed: UInt64) throws {
        let rig = try HostRig<Tally>.started(seed: seed)
        let (away, here) = (rig.addEdge(id: 1), rig.addEdge(id: 2))
        let (anna, bert) = (away.join("anna"), here.join("bert"))
        try rig.settle(rounds: 4)
        var random = RandomSource(seed: seed)
        for _ in 0..<random.within(2...9) {
            away.command(anna, TallyBytes.add, TallyBytes.add(1))
            here.command(bert, TallyBytes.add, TallyBytes.add(1))
            try rig.settle(rounds: 2)
        }
        let (held, outcomes) = (away.lastTick, away.clients[anna].outcomes)
        rig.crash(losesPower: false, seed: seed)
        let left = try #require(try rig.storage.loseTail(&random), "seed \(seed)")
        try rig.start()
        // The other edge goes on, until the host has passed what was lost.
        rig.connect(here)
        try rig.settle(rounds: 2)
        #expect(here.forks == [.after(tick: left)], "seed \(seed)")
        // Nothing moves this world but its inputs: what an edge waits for comes without any.
        #expect(here.lastTick == rig.machine!.releasedTick, "seed \(seed)")
        for round in 0..<40 where rig.tick <= held + 3 {
            _ = here.join("guest-\(round)")
            try rig.settle(rounds: 2)
        }
        #expect(rig.tick > held + 3)
        rig.connect(away)
        try rig.settle(rounds: 6)
        #expect(away.forks == [.after(tick: left)], "seed \(seed): tick \(left) of \(held)")
        #expect(away.clients[anna].outcomes.elementsEqual(outcomes.filter { $0.tick <= left }) { $0.sequence == $1.sequence && $0.tick == $1.tick })
        #expect(rig.machine!.violations == 0)
        if away.clients[anna].ended == nil {
            away.command(anna, TallyBytes.add, TallyBytes.add(1))
            try rig.settle(rounds: 4)
            #expect(away.clients[anna].unanswered.isEmpty && away.clients[anna].outcomes.last!.tick > left)
        }
        #expect(rig.machine!.violations == 0)
    }

    @Test("starts that lost nothing fork nothing, whatever the edge has missed of them", arguments: [false, true])
    func faithfulStarts(stops: Bool) throws {
        let rig = try HostRig<Tally>.started()
        let (away, here) = (rig.addEdge(id: 1), rig.addEdge(id: 2))
        let anna = away.join("anna")
        let bert = here.join("bert")
        try rig.settle(rounds: 4)
        away.command(anna, TallyBytes.add, TallyBytes.add(1))
        try rig.settle(rounds: 4)
        rig.disconnect(away)
        for _ in 0..<3 {
            if stops { try stop(rig) }
            rig.crash(losesPower: true, seed: 1)
            try rig.start()
            rig.connect(here)
            here.command(bert, TallyBytes.add, TallyBytes.add(1))
            try rig.settle(rounds: 3)
        }
        rig.connect(away)
        try rig.settle(rounds: 3)
        #expect(away.forks.isEmpty && here.forks.isEmpty && away.clients[anna].outcomes.count == 1 && away.clients[anna].ended == nil)
    }

    private func stop(_ rig: HostRig<Tally>) throws {
        rig.handle(.stop)
        for _ in 0..<10 where !rig.isStopped { try rig.commit() }
        #expect(rig.isStopped)
    }

    @Test("chains are known for the last ticks, and for no others")
    func history() {
        var history = ChainHistory(tick: 3, chain: 30)
        for tick in (4...(2 * UInt64(HostLimits.chainsKept))).filter({ $0 % 3 != 0 }) { history.append(tick, tick * 10) }
        let last = 2 * UInt64(HostLimits.chainsKept)
        #expect(history[3] == nil && history[last + 1] == nil && history[last - last % 3] == nil)
        #expect(history[last] == (last % 3 == 0 ? nil : last * 10) && history[last - 1] == ((last - 1) % 3 == 0 ? nil : (last - 1) * 10))
        #expect((1...last).count { history[$0] != nil } == HostLimits.chainsKept)
        #expect((1...last).allSatisfy { history[$0] == nil || history[$0] == $0 * 10 })
    }
}
