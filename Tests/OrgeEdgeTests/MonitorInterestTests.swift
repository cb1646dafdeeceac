import OrgeEdge
import OrgeLink
import OrgeSession
import OrgeWire
import Testing

@Suite("Monitors of a large world")
struct MonitorInterestTests {
    /// A host that sends this edge what its players see.
    private func large() throws -> Rig {
        let rig = try Rig.linked()
        try rig.unlink()
        (rig.host.isLarge, rig.host.mayResume) = (true, false)
        try rig.link()
        return rig
    }

    @Test("wait for all of the world, and the edge asks for it once")
    func waits() throws {
        let rig = try large()
        let player = try rig.join("ann")
        try rig.tick()
        let monitors = [try rig.join("eye", .monitor), try rig.join("ear", .monitor)]
        #expect(player.joined != nil && monitors.allSatisfy { $0.joined == nil && $0.refusal == nil })
        #expect(rig.host.wanted == [true])
        rig.host.isLarge = false
        rig.host.sendImage(after: rig.host.tick)
        try rig.carry()
        #expect(monitors.allSatisfy { $0.joined?.tick == rig.host.tick && $0.rows.count == 1 && $0.faults.isEmpty })
        #expect(rig.host.wanted == [true] && player.faults.isEmpty)
    }

    @Test("are done without some time after the last one has gone, and not while one is there")
    func goes() throws {
        let rig = try large()
        let monitor = try rig.join("eye", .monitor)
        rig.host.isLarge = false
        rig.host.sendImage(after: rig.host.tick)
        try rig.carry()
        pass(rig, 2 * EdgeLimits.monitoredKept)
        try rig.turn()
        #expect(rig.host.wanted == [true] && monitor.joined != nil)
        rig.edge.connectionClosed(monitor.id, now: rig.now)
        pass(rig, EdgeLimits.monitoredKept - 1)
        try rig.turn()
        #expect(rig.host.wanted == [true])
        pass(rig, 2)
        try rig.turn()
        #expect(rig.host.wanted == [true, false])
    }

    @Test("are heard of again in the hello after a lost link")
    func survives() throws {
        let rig = try large()
        let monitor = try rig.join("eye", .monitor)
        try rig.unlink()
        rig.host.isLarge = false
        try rig.link()
        #expect(monitor.joined?.tick == rig.host.tick && rig.host.hellos.last?.wantsAll == true)
    }

    private func pass(_ rig: Rig, _ nanoseconds: UInt64) {
        rig.edge.timePassed(now: rig.now)
        rig.now += nanoseconds
        rig.edge.timePassed(now: rig.now)
    }
}
