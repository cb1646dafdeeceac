import OrgeControl
import OrgeSchema
import OrgeSupervisor
import Testing

/// Random children, deaths and requests; every rule that holds whatever happens.
@Suite("Supervisor: random lives") struct SupervisorSweepTests {
    @Test("Whatever children do, no child runs twice, no ended process is signalled, and a stop always ends", arguments: 0..<500)
    func sweep(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let worlds = (0..<(1 + random.below(4 as Int))).map { "w\($0)" }
        let plan = SupervisionPlan(
            worlds: worlds, edges: 1 + random.below(3), clientLimit: 1 + random.below(20), hasBots: random.chance(1, outOf: 2),
            allowsKill: random.chance(1, outOf: 2))
        var bench = Bench(plan)
        if random.chance(1, outOf: 20) { bench.refusals = [.host("w0")] }
        bench.start()
        var ticks = worlds.map { _ in UInt64(0) }
        for _ in 0..<(20 + random.below(200 as Int)) where bench.ending == nil {
            step(&bench, &random, &ticks)
            checkStatus(bench)
        }
        finish(&bench, &random)
        #expect(bench.announcements <= 1, "seed \(seed)")
    }

    func step(_ bench: inout Bench, _ random: inout RandomSource, _ ticks: inout [UInt64]) {
        bench.now += random.chance(1, outOf: 10) ? random.below(12 * second) : random.below(50 * millisecond)
        if bench.alive.isEmpty { bench.wait() }
        if let deadline = bench.machine.deadline, deadline <= bench.now { bench.send(.deadlinePassed) }
        guard !bench.alive.isEmpty else { return }
        let child = bench.alive[random.below(bench.alive.count)].child
        switch random.below(14 as Int) {
        case 0: bench.die(child, random.chance(1, outOf: 2) ? .exited(code: Int32(random.below(3 as Int))) : .killed(signal: 11))
        case 1...4: readyIfStarting(&bench, child, ticks)
        case 5...8:
            if case .host(let name) = child, let index = bench.plan.worlds.firstIndex(of: name), bench.status.worlds[index].state == .ready {
                ticks[index] += random.below(3)
                bench.status(index, tick: ticks[index])
            }
        case 9, 10: bench.report(child)
        case 11: if case .edge = child { bench.send(.reported(child, .killWorld(name: "w\(random.below(5 as Int))"))) }
        case 12: if child != .bots, random.chance(1, outOf: 3) { bench.send(.broken(child, reason: "it closed its control channel")) }
        default: if random.chance(1, outOf: 40) { bench.send(.stopRequested) }
        }
    }

    /// Before the server is ready only these reports may come; afterwards a second one is a fault, tested elsewhere.
    func readyIfStarting(_ bench: inout Bench, _ child: Child, _ ticks: [UInt64]) {
        let status = bench.status
        switch child {
        case .host(let name):
            guard let index = bench.plan.worlds.firstIndex(of: name), ![.ready, .stopping].contains(status.worlds[index].state) else { return }
            bench.ready(child, tick: ticks[index])
        case .edge(let index): if ![.ready, .stopping].contains(status.edges[index].state) { bench.ready(child) }
        case .bots: break
        }
    }

    func checkStatus(_ bench: Bench) {
        let status = bench.status
        for world in status.worlds {
            switch world.state {
            case .ready, .silent, .stopping: #expect(world.pid == bench.pid(.host(world.name)) && world.pid != nil)
            case .starting: #expect(world.pid == bench.pid(.host(world.name)))
            case .restarting, .failed, .fenced, .stopped: #expect(world.pid == nil)
            }
        }
        for (index, edge) in status.edges.enumerated() where edge.state == .ready || edge.state == .silent {
            #expect(edge.pid == bench.pid(.edge(index)) && edge.pid != nil)
        }
        if let deadline = bench.machine.deadline { #expect(bench.ending == nil && deadline > 0) }
    }

    /// From wherever it is, a stop ends within its patience, whether or not children listen.
    func finish(_ bench: inout Bench, _ random: inout RandomSource) {
        guard bench.ending == nil else { return }
        let asked = bench.now
        bench.send(.stopRequested)
        var rounds = 0
        while bench.ending == nil {
            rounds += 1
            #expect(rounds < 100, "the stop does not end")
            if rounds >= 100 { return }
            if let child = bench.alive.first?.child, random.chance(1, outOf: 2) { bench.die(child, .exited(code: 0)) } else { bench.wait() }
        }
        #expect(bench.now - asked <= 46 * second)
    }
}
