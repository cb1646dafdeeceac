import OrgeLink
import OrgeSchema
import OrgeWire
import Testing

@testable import OrgeEdge

/// A host that goes on from an earlier point of its world's history.
@Suite("A change of a world's timeline at the edge")
struct TimelineTests {
    private func rejoin(_ client: RigClient, _ rig: Rig, _ role: JoinRole = .player) throws {
        try rig.send(.join(ClientFrame.Join(world: "counter", role: role)), client)
    }

    private func changes(_ client: RigClient) -> [ServerFrame.TimelineChange] {
        client.notices.compactMap { if case .timelineChanged(let change) = $0 { change } else { nil } }
    }

    @Test("clients keep their connections, learn the fork, and go on with the session that the host has kept", arguments: [false, true])
    func fork(isKnown: Bool) throws {
        let rig = try Rig.linked()
        let ann = try rig.join("ann")
        for _ in 0..<3 {
            _ = try rig.add(1, ann)
            try rig.tick()
        }
        let fork = rig.host.tick - 2
        let bob = try rig.join("bob")
        let monitor = try rig.join("eve", .monitor)
        _ = try rig.add(7, ann)
        try rig.tick()
        #expect(ann.outcomes.count == 4)
        let session = ann.joined?.session
        rig.host.lose(after: fork)
        rig.host.forgetsForks = !isKnown
        try rig.unlink()
        // Written while the host is away; it is never run.
        _ = try rig.add(9, ann)
        try rig.link()
        try rig.tick()
        let told = isKnown ? fork : nil
        #expect(changes(ann) == [.init(forkTick: told, incarnation: 2, nextSequence: 2)])
        #expect(changes(bob) == [.init(forkTick: told, incarnation: 2, nextSequence: nil)] && changes(monitor) == changes(bob))
        #expect(ann.outcomes.count == (isKnown ? 1 : 0))
        // Still on its way when the client was told.
        try rig.send(.command(ClientFrame.Command(sequence: 6, kind: 0, payload: [1])), ann)
        for client in [ann, bob] { try rejoin(client, rig) }
        try rejoin(monitor, rig, .monitor)
        try rig.tick()
        #expect(ann.joined?.session == session && ann.joined?.firstSequence == 2 && bob.joined != nil && monitor.joined != nil)
        _ = try rig.add(1, ann)
        try rig.tick()
        #expect(ann.outcomes.last?.sequence == 2 && ann.outcomes.last?.counter == 2)
        #expect(rig.drops.isEmpty && rig.host.faults.isEmpty && [ann, bob, monitor].allSatisfy { $0.faults.isEmpty && $0.close == nil })
        for row in monitor.rows.keys { #expect(monitor.rows[row] == ann.rows[row] || ann.rows[row] == nil) }
    }

    /// A client whose command ran in a tick that the host then loses, while the link is down.
    private static func lostTick() throws -> (rig: Rig, client: RigClient, fork: UInt64) {
        let rig = try Rig.linked()
        let client = try rig.join("ann")
        _ = try rig.add(1, client)
        try rig.tick()
        let fork = rig.host.tick - 1
        try rig.unlink()
        rig.host.lose(after: fork)
        return (rig, client, fork)
    }

    @Test("a host that has passed the lost ticks in the meantime changes nothing about it")
    func passed() throws {
        let (rig, ann, fork) = try Self.lostTick()
        for _ in 0..<9 { rig.host.step() }
        try rig.link()
        try rig.tick()
        #expect(changes(ann) == [.init(forkTick: fork, incarnation: 2, nextSequence: 1)] && ann.withdrawn == 1)
        try rejoin(ann, rig)
        _ = try rig.add(5, ann)
        try rig.tick()
        #expect(ann.outcomes.map(\.counter) == [5] && ann.faults.isEmpty && rig.host.faults.isEmpty)
    }

    @Test("a link that is lost before the new timeline has come changes it all the same, once", arguments: 0...2)
    func lostMeanwhile(frames: Int) throws {
        let (rig, ann, _) = try Self.lostTick()
        rig.host.connect()
        rig.isLinked = true
        rig.edge.linkUp(world: 0, now: rig.now)
        try rig.turn()
        rig.host.output = Array(rig.host.output.prefix(frames))
        try rig.carry()
        try rig.unlink()
        #expect(changes(ann).isEmpty)
        try rig.link()
        try rig.tick()
        #expect(changes(ann).count == 1)
        try rejoin(ann, rig)
        _ = try rig.add(5, ann)
        try rig.tick()
        #expect(ann.outcomes.map(\.counter) == [5] && ann.faults.isEmpty && rig.host.faults.isEmpty && rig.drops.isEmpty)
    }

    @Test("a kept session ends with its client: by a leave, a lost connection, or another choice", arguments: 0...2)
    func unclaimed(way: Int) throws {
        let rig = try Rig.linked()
        let ann = try rig.join("ann")
        _ = try rig.add(1, ann)
        try rig.tick()
        try rig.unlink()
        rig.host.lose(after: rig.host.tick - 1)
        try rig.link()
        try rig.tick()
        #expect(rig.host.sessions.values.filter { $0.attachment != 0 }.count == 1)
        switch way {
        case 0: try rig.send(.leave, ann)
        case 1:
            rig.edge.connectionClosed(ann.id, now: rig.now)
            ann.isShellClosed = true
            try rig.turn()
        default: try rejoin(ann, rig, .monitor)
        }
        try rig.tick()
        #expect(rig.host.sessions.values.allSatisfy { $0.attachment == 0 } && rig.host.faults.isEmpty)
        #expect(rig.host.sessions.isEmpty == (way != 1))
    }

    @Test("frames of the lost timeline are ignored up to a bound")
    func lateFrames() throws {
        let rig = try Rig.linked()
        let ann = try rig.join("ann")
        try rig.tick()
        try rig.unlink()
        rig.host.lose(after: rig.host.tick - 1)
        try rig.link()
        try rig.tick()
        let late = ClientFrame.command(ClientFrame.Command(sequence: 9, kind: 0, payload: [1]))
        for _ in 0..<1_024 { try rig.send(late, ann) }
        #expect(ann.close == nil)
        try rig.send(late, ann)
        #expect(ann.close?.reason == .unexpectedFrame)
    }
}
