import OrgeEdge
import OrgeSession
import OrgeWire
import Testing

@Suite("Monitors that come back to an edge that is behind")
struct MonitorReturnTests {
    private func come(_ rig: Rig, seen ahead: UInt64, as name: String = "eye") throws -> RigClient {
        let client = try rig.connect(name)
        try rig.send(.join(ClientFrame.Join(world: "counter", role: .monitor, resume: nil, seenTick: rig.host.tick + ahead)), client)
        return client
    }

    @Test("wait until the edge is where they were, and see nothing older", arguments: 0...3 as ClosedRange<UInt64>)
    func waits(ahead: UInt64) throws {
        let rig = try Rig.linked()
        _ = try rig.join("ann")
        let monitor = try come(rig, seen: ahead)
        let seen = rig.host.tick + ahead
        for _ in 0..<ahead {
            #expect(monitor.joined == nil)
            try rig.tick()
        }
        #expect(monitor.joined?.tick == seen && monitor.viewTick == seen && monitor.rows.count == 1 && monitor.faults.isEmpty)
    }

    @Test("wait no longer than two seconds: the world may have lost that tick")
    func bounded() throws {
        let rig = try Rig.linked()
        let monitor = try come(rig, seen: 1_000)
        rig.now += EdgeLimits.seenTickWait - 1
        rig.edge.timePassed(now: rig.now)
        try rig.turn()
        #expect(monitor.joined == nil)
        rig.now += 1
        rig.edge.timePassed(now: rig.now)
        try rig.turn()
        #expect(monitor.joined?.tick == rig.host.tick)
    }

    @Test("are told when the world fails meanwhile, and nothing happens to one that leaves or is lost")
    func ends() throws {
        let rig = try Rig.linked()
        let (waits, leaves, lost) = (try come(rig, seen: 9), try come(rig, seen: 9, as: "leaves"), try come(rig, seen: 9, as: "lost"))
        try rig.send(.leave, leaves)
        rig.edge.connectionClosed(lost.id, now: rig.now)
        try rig.tick()
        #expect(leaves.close?.reason == .left && rig.host.faults.isEmpty)
        rig.edge.worldFailed("counter", now: rig.now)
        try rig.turn()
        #expect(waits.refusal?.code == .failed && waits.joined == nil && waits.close == nil)
    }

    @Test("survive the loss of the link: the image that comes then may be where they were")
    func throughImage() throws {
        let rig = try Rig.linked()
        let monitor = try come(rig, seen: 2)
        try rig.unlink()
        for _ in 0..<3 { rig.host.step() }
        rig.host.mayResume = false
        try rig.link()
        #expect(monitor.joined?.tick == rig.host.tick && monitor.viewTick == rig.host.tick && monitor.faults.isEmpty)
    }

    @Test("count as monitors while they wait")
    func limit() throws {
        let rig = try Rig.linked()
        for number in 0..<EdgeLimits.monitors { _ = try come(rig, seen: number % 2 == 0 ? 0 : 5, as: "eye\(number)") }
        #expect(try come(rig, seen: 5, as: "last").refusal?.code == .full)
    }

    @Test("are malformed as players, or with a tick that cannot be read")
    func malformed() throws {
        let rig = try Rig.linked()
        for (role, count) in [(JoinRole.player, 8), (.monitor, 7), (.monitor, 9)] {
            let client = try rig.connect("eye")
            let entry = WireExtensions.Entry(type: 3, bytes: Array(repeating: 0, count: count))
            try rig.send(.join(ClientFrame.Join(world: "counter", role: role, extensions: WireExtensions([entry]))), client)
            #expect(client.close?.reason == .malformed)
        }
    }
}
