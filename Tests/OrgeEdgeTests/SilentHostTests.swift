import OrgeEdge
import OrgeSchema
import OrgeWire
import Testing

@Suite("Hosts that hang") struct SilentHostTests {
    @Test("clients hear that the world is away, and that it is back when the host reports: nothing is sent again, no view starts over")
    func backAgain() throws {
        let rig = Rig()
        try rig.link()
        let client = try rig.join("ann")
        _ = try rig.add(1, client)
        try rig.tick()
        let resets = client.frames.count { if case .update(let update) = $0 { update.isReset } else { false } }
        rig.edge.worldSilent("counter", now: rig.now)
        try rig.turn()
        #expect(client.notices == [.hostAway])
        let newcomer = try rig.connect("bob")
        try rig.send(.join(ClientFrame.Join(world: "counter", role: .player)), newcomer)
        #expect(newcomer.refusal?.code == .notRunning)
        _ = try rig.add(2, client)
        #expect(client.outcomes.count == 1)
        rig.edge.worldResponds("counter", now: rig.now)
        try rig.turn()
        #expect(client.notices == [.hostAway, .hostBack(incarnation: 1, tick: rig.host.tick)])
        try rig.tick()
        #expect(client.outcomes.map(\.counter) == [1, 3] && client.faults.isEmpty && rig.host.faults.isEmpty && rig.drops.isEmpty)
        #expect(client.frames.count { if case .update(let update) = $0 { update.isReset } else { false } } == resets)
        #expect(try rig.join("cid").joined != nil)
    }

    @Test("what comes over the link proves the host alive before the supervisor says so, and is told once, and first")
    func linkFirst() throws {
        let rig = Rig()
        try rig.link()
        let client = try rig.join("ann")
        rig.edge.worldSilent("counter", now: rig.now)
        _ = try rig.add(1, client)
        let tick = rig.host.tick
        let before = client.frames.count
        try rig.tick()
        rig.edge.worldResponds("counter", now: rig.now)
        try rig.turn()
        #expect(client.notices == [.hostAway, .hostBack(incarnation: 1, tick: tick)])
        let types = client.frames[before...].map(\.type)
        let (back, update) = try (#require(types.lastIndex(of: .notice)), #require(types.firstIndex(of: .update)))
        #expect(back < update && client.outcomes.map(\.counter) == [1])
    }

    @Test("a silent host that is killed is away once, and back as another process")
    func replaced() throws {
        let rig = Rig()
        try rig.link()
        let client = try rig.join("ann")
        rig.edge.worldSilent("counter", now: rig.now)
        _ = try rig.add(1, client)
        try rig.unlink()
        rig.host.crash()
        rig.edge.worldResponds("counter", now: rig.now)
        try rig.link()
        try rig.tick()
        #expect(client.notices.count == 2 && client.notices[0] == .hostAway && client.faults.isEmpty)
        guard case .hostBack(incarnation: 2, _) = client.notices[1] else { return #expect(Bool(false), "\(client.notices)") }
        #expect(client.outcomes.map(\.counter) == [1])
    }

    @Test("a host that was never reached, or has failed, cannot be silent")
    func notThere() throws {
        let rig = Rig()
        rig.edge.worldSilent("counter", now: rig.now)
        rig.edge.worldSilent("unknown", now: rig.now)
        rig.edge.worldResponds("unknown", now: rig.now)
        try rig.link()
        let client = try rig.join("ann")
        #expect(client.notices.isEmpty && rig.edge.status.worlds[0].state == .running)
        rig.edge.worldFailed("counter", now: rig.now)
        rig.edge.worldSilent("counter", now: rig.now)
        rig.edge.worldResponds("counter", now: rig.now)
        #expect(rig.edge.status.worlds[0].state == .failed)
    }

    @Test("an audit's answer that had begun comes whole again, over a new link")
    func audit() throws {
        let rig = Rig()
        try rig.link()
        let client = try rig.join("ann")
        for name in ["bob", "cid", "dot"] { _ = try rig.join(name) }
        let monitor = try rig.join("eve", .monitor)
        try rig.tick()
        try rig.send(.audit(request: 5), monitor)
        rig.host.step()
        // The answer comes last, in parts: the host hangs before it has sent the last one.
        rig.host.output.removeLast()
        try rig.carry()
        #expect(!monitor.audits.isEmpty && monitor.audits.allSatisfy(\.hasMore))
        rig.edge.worldSilent("counter", now: rig.now)
        try rig.turn()
        #expect(rig.drops.count == 1 && client.notices == [.hostAway])
        monitor.audits = []
        try rig.link()
        try rig.tick()
        #expect(monitor.audits.count { !$0.hasMore } == 1 && Set(monitor.audits.flatMap(\.rows).map(\.entity)).count >= 4)
        #expect(client.notices.count == 2 && client.faults.isEmpty && monitor.faults.isEmpty)
    }
}
