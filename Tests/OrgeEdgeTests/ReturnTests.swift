import OrgeEdge
import OrgeLink
import OrgeSchema
import OrgeWire
import Testing

@Suite("What a lost link must not lose")
struct ReturnTests {
    @Test("a client that leaves while the host is away, or just before it dies, has left when it is back", arguments: [true, false], [true, false])
    func endings(isLeave: Bool, isAway: Bool) throws {
        let rig = try Rig.linked()
        let goes = try rig.join("goes")
        _ = try rig.join("stays")
        if isAway { try rig.unlink() }
        if isLeave {
            try rig.send(.leave, goes)
        } else {
            rig.edge.connectionClosed(goes.id, now: rig.now)
            try rig.turn()
        }
        if !isAway { try rig.unlink() }
        rig.host.crash()
        try rig.link()
        try rig.tick()
        #expect(rig.host.sessions.values.filter { $0.attachment != 0 }.map(\.account) == ["stays"])
        #expect(rig.host.sessions.count == (isLeave ? 1 : 2) && rig.host.faults.isEmpty)
    }

    @Test("a host that comes back learns what was acknowledged before it counts commands against the credit")
    func acknowledgements() throws {
        let rig = try Rig.linked()
        let client = try rig.join("ann")
        for _ in 0..<200 { #expect(try rig.add(1, client)) }
        try rig.tick()
        // The credit that these outcomes brought is known to the client; the host forgets that they were received.
        try rig.unlink()
        rig.host.crash()
        while try rig.add(1, client) {}
        #expect(client.sent > 256)
        try rig.link()
        try rig.tick()
        #expect(rig.host.faults.isEmpty && client.outcomes.count == Int(client.sent) && client.faults.isEmpty)
    }

    @Test("an audit that was lost with the host is answered when it is back, once")
    func audit() throws {
        let rig = try Rig.linked()
        let (client, monitor) = (try rig.join("ann"), try rig.join("eye", .monitor))
        try rig.send(.audit(request: 5), client)
        try rig.send(.audit(request: 6), monitor)
        try rig.unlink()
        rig.host.crash()
        try rig.link()
        try rig.tick()
        for (asker, request) in [(client, 5), (monitor, 6)] as [(RigClient, UInt32)] {
            #expect(asker.audits.count { !$0.hasMore } == 1 && asker.audits.allSatisfy { $0.request == request } && asker.faults.isEmpty)
        }
    }

    @Test("a link that is lost after the image and before the outcomes loses none of them")
    func cutBehindImage() throws {
        let rig = Rig()
        rig.host.mayResume = false
        try rig.link()
        let client = try rig.join("ann")
        _ = try rig.add(1, client)
        rig.host.step()
        try rig.unlink()
        rig.host.connect()
        rig.isLinked = true
        rig.edge.linkUp(world: 0, now: rig.now)
        try rig.turn()
        rig.host.output = Array(rig.host.output.prefix(2))
        try rig.carry()
        #expect(rig.edge.status.worlds[0].state == .running && client.outcomes.isEmpty)
        try rig.unlink()
        try rig.link()
        #expect(client.outcomes.map(\.sequence) == [1] && client.faults.isEmpty)
    }

    @Test("a world that comes back with another schema closes clients of the old one and admits them with the new one")
    func otherSchema() throws {
        let rig = try Rig.linked()
        let (player, monitor) = (try rig.join("ann"), try rig.join("eye", .monitor))
        let waits = try rig.connect("waits")
        try rig.send(.join(ClientFrame.Join(world: "counter", role: .player)), waits)
        try rig.unlink()
        rig.host.crash()
        rig.host.schema.version += 1
        try rig.link()
        // A host that would only go on after what was released is asked again, for an image.
        #expect(rig.drops.count == 1)
        try rig.link()
        try rig.tick()
        #expect(rig.drops.count == 1 && player.close?.reason == .serverStopping && monitor.close?.reason == .serverStopping)
        #expect(waits.joined != nil && waits.schema == rig.host.schema.clientView)
        let again = try rig.join("ann")
        #expect(again.schema == rig.host.schema.clientView && again.rows.count == 1 && again.joined?.avatar == player.joined?.avatar)
    }

    @Test("an image that goes back, or holds impossible rows, is refused", arguments: [true, false])
    func badImage(isOld: Bool) throws {
        let rig = Rig()
        rig.host.mayResume = false
        try rig.link()
        let client = try rig.join("ann")
        try rig.unlink()
        rig.host.connect()
        rig.isLinked = true
        rig.edge.linkUp(world: 0, now: rig.now)
        try rig.turn()
        var image = LinkImageWriter(world: ScriptedHost.number, tick: isOld ? rig.host.tick - 1 : rig.host.tick, chain: 1)
        if !isOld { _ = image.set(try #require(client.joined).avatar, 9, row: [1]) }
        rig.host.output = [rig.host.output[0], image.finish()]
        try rig.carry()
        #expect(rig.drops.count == 1 && rig.edge.counters.linkFaults == 1)
        try rig.link()
        _ = try rig.add(1, client)
        try rig.tick()
        #expect(client.outcomes.count == 1 && client.faults.isEmpty)
    }

    @Test("a client that waits to join a world that is given up is told so, and may choose again")
    func joinOfFailed() throws {
        let rig = try Rig.linked()
        let client = try rig.connect("ann")
        try rig.send(.join(ClientFrame.Join(world: "counter", role: .player)), client)
        rig.edge.worldFailed("counter", now: rig.now)
        try rig.turn()
        guard case .joinRefused(let refusal)? = client.frames.last(where: { $0.type == .joinRefused }) else { throw Unexpected() }
        #expect(refusal.code == .failed && refusal.retryAfterMilliseconds == Close.never && client.close == nil)
        try rig.send(.describe(world: "counter"), client)
        #expect(client.frames.contains { $0.type == .schema } && client.close == nil)
    }
}
