import OrgeEdge
import OrgeLink
import OrgeSchema
import OrgeSession
import OrgeWire
import Testing

@Suite("The edge machine")
struct EdgeTests {
    @Test("a client joins, sees itself, sends commands, and leaves with all its outcomes")
    func wholeLife() throws {
        let rig = try Rig.linked()
        let client = try rig.join("ann")
        let joined = try #require(client.joined)
        #expect(joined.firstSequence == 1 && joined.avatar == rig.host.sessions[joined.session]?.avatar && joined.incarnation == 1)
        #expect(client.schema == rig.host.schema.clientView && client.rows.count == 1)
        for n in [1, 2, 3] as [UInt8] { #expect(try rig.add(n, client)) }
        #expect(client.outcomes.isEmpty)
        try rig.send(.leave, client)
        try rig.tick()
        #expect(client.outcomes.map(\.counter) == [1, 3, 6] && client.rung == [1])
        #expect(client.close?.reason == .left && client.isShellClosed)
        try rig.tick()
        #expect(rig.host.sessions.isEmpty && rig.host.faults.isEmpty && client.faults.isEmpty)
        #expect(rig.edge.clientCount == 0 && rig.edge.connectionCount == 0)
    }

    @Test("frames may be cut anywhere")
    func splitFrames() throws {
        let rig = try Rig.linked()
        let client = try rig.connect("", login: false)
        let frames: [ClientFrame] = [
            .hello(ClientFrame.Hello(kind: .bot, software: "rig")), .login(ClientFrame.Login(name: "ann")),
            .join(ClientFrame.Join(world: "counter", role: .player)),
        ]
        for byte in frames.flatMap(\.encoded) {
            rig.edge.received(client.id, stream: [byte], now: rig.now)
            try rig.turn()
        }
        try rig.tick()
        #expect(client.joined != nil)
        let commands = (1...5 as ClosedRange<UInt64>).flatMap { ClientFrame.command(ClientFrame.Command(sequence: $0, kind: 0, payload: [1])).encoded }
        rig.edge.received(client.id, stream: Array(commands[..<30]), now: rig.now)
        rig.edge.received(client.id, stream: Array(commands[30...]), now: rig.now)
        try rig.turn()
        try rig.tick()
        #expect(client.outcomes.map(\.sequence) == [1, 2, 3, 4, 5])
    }

    @Test("a message of a WebSocket is a frame without its size")
    func messages() throws {
        let rig = Rig()
        let client = try rig.connect("", login: false)
        rig.edge.received(client.id, message: Array(ClientFrame.hello(ClientFrame.Hello(kind: .player, software: "page")).encoded[4...]), now: rig.now)
        try rig.turn()
        #expect(client.frames.map(\.type) == [.welcome])
        rig.edge.received(client.id, message: [], now: rig.now)
        try rig.turn()
        #expect(client.close?.reason == .frameTooLarge)
    }

    @Test("what can be no frame closes with the reason that the shell gives")
    func noFrame() throws {
        let rig = Rig()
        let client = try rig.connect("ann")
        rig.edge.received(client.id, noFrame: "a text message", .malformed, now: rig.now)
        rig.edge.received(client.id, noFrame: "another", .frameTooLarge, now: rig.now)
        try rig.turn()
        #expect(client.close == Close(.malformed, "a text message") && rig.edge.counters.faults == 1)
    }

    @Test("every client in a world is told when time dilates, and one that joins then is told after its first update")
    func dilation() throws {
        let rig = try Rig.linked()
        let before = try rig.join("before")
        rig.host.dilationPermille = 400
        let during = try rig.join("during")
        #expect(before.notices == [.dilated(permille: 400)] && during.notices == before.notices)
        let named = try rig.join("monitor", .monitor)
        #expect(named.notices == before.notices && named.frames.suffix(3).map(\.type) == [.joined, .update, .notice])
        #expect(during.frames.suffix(3).map(\.type) == [.joined, .update, .notice])
        rig.host.dilationPermille = 1000
        let after = try rig.join("after")
        #expect(during.notices == [.dilated(permille: 400), .dilated(permille: 1000)] && named.notices == during.notices && after.notices.isEmpty)
    }

    @Test("a world that comes back on time says so to those who were told that time dilates")
    func dilationEnds() throws {
        let rig = try Rig.linked()
        rig.host.dilationPermille = 400
        let client = try rig.join("ann")
        try rig.unlink()
        rig.host.crash()
        rig.host.dilationPermille = 1000
        try rig.link()
        try rig.tick()
        #expect(client.notices == [.dilated(permille: 400), .hostAway, .hostBack(incarnation: 2, tick: 11), .dilated(permille: 1000)])
    }

    @Test("malformed commands are sent again to a host that comes back, each in its place among the others")
    func malformedCommands() throws {
        let rig = try Rig.linked()
        let client = try rig.join("ann")
        func sendMalformed() throws {
            client.sent += 1
            let command = ClientFrame.Command(sequence: client.sent, kind: 0, payload: [1, 2])
            rig.edge.received(client.id, stream: ClientFrame.command(command).encoded, now: rig.now)
            try rig.turn()
        }
        try rig.unlink()
        for _ in 0..<2 { try sendMalformed() }
        #expect(rig.host.refusedMalformed.isEmpty)
        rig.host.crash()
        try rig.link()
        try rig.tick()
        #expect(client.outcomes.count == 2 && rig.host.refusedMalformed == [1, 2] && client.close == nil)
        #expect(try rig.add(1, client))
        for _ in 0..<2 { try sendMalformed() }
        try rig.tick()
        #expect(client.outcomes.count == 5 && rig.host.refusedMalformed == [1, 2, 4, 5] && client.close == nil)
        #expect(rig.host.faults.isEmpty)
    }

    @Test("bad bytes close one connection and disturb no other")
    func badBytes() throws {
        let rig = try Rig.linked()
        let (good, bad) = (try rig.join("good"), try rig.join("bad"))
        for sequence in 1...3 as ClosedRange<UInt64> {
            #expect(bad.close == nil)
            rig.edge.received(bad.id, stream: ClientFrame.command(ClientFrame.Command(sequence: sequence, kind: 0, payload: [1, 2])).encoded, now: rig.now)
            try rig.turn()
        }
        #expect(bad.close?.reason == .malformed && rig.edge.counters.faults == 1)
        #expect(try rig.add(1, good))
        try rig.tick()
        #expect(good.outcomes.count == 1 && good.close == nil)
        #expect(rig.host.sessions.values.filter { $0.attachment == 0 }.map(\.account) == ["bad"])
    }

    @Test("the client beyond the limit is answered full with a time to try again, and the place of one that goes is free")
    func full() throws {
        let rig = try Rig.linked(clientLimit: 2)
        let first = try rig.connect("a")
        _ = try rig.connect("b")
        let third = try rig.connect("c")
        #expect(third.close?.reason == .full && third.close?.retryAfterMilliseconds == 2_000 && third.isShellClosed)
        rig.edge.connectionClosed(first.id, now: rig.now)
        #expect(try rig.connect("d").close == nil)
        #expect(rig.edge.clientCount == 2)
    }

    @Test("unauthenticated connections have a bound of their own, and five seconds")
    func unauthenticatedConnections() throws {
        let rig = Rig()
        let silent = try (0..<EdgeLimits.unauthenticatedConnections).map { _ in try rig.connect("", login: false) }
        #expect(rig.edge.connectionCount == EdgeLimits.unauthenticatedConnections && silent.allSatisfy { $0.close == nil })
        rig.now += 5_000_000_000
        rig.edge.timePassed(now: rig.now)
        try rig.turn()
        #expect(silent.allSatisfy { $0.close?.reason == .handshakeTimeout })
        #expect(rig.edge.connectionCount == 0)
    }

    @Test("the bound of unauthenticated connections is what the operator sets", arguments: [1, 16, 300])
    func unauthenticatedSetting(limit: Int) throws {
        let rig = Rig(unauthenticatedLimit: limit)
        let silent = try (0..<3 * limit).map { _ in try rig.connect("", login: false) }
        #expect(silent.map { $0.close == nil } == (0..<3 * limit).map { $0 >= 2 * limit })
        #expect(try rig.connect("ada").close == nil && rig.edge.connectionCount == limit)
    }

    @Test("unauthenticated connections beyond the bound evict the oldest, and no client that logs in")
    func unauthenticatedOverBound() throws {
        let rig = Rig()
        let resident = try rig.connect("resident")
        let silent = try (0..<3 * EdgeLimits.unauthenticatedConnections).map { _ in try rig.connect("", login: false) }
        #expect(rig.edge.connectionCount == EdgeLimits.unauthenticatedConnections + 1)
        #expect(silent.prefix(2 * EdgeLimits.unauthenticatedConnections).allSatisfy { $0.close?.reason == .full && $0.close?.retryAfterMilliseconds == 2_000 })
        #expect(silent.suffix(EdgeLimits.unauthenticatedConnections).allSatisfy { $0.close == nil })
        let guests = try (0..<90).map { number in
            for _ in 0..<10 { _ = try rig.connect("", login: false) }
            return try rig.connect("guest-\(number)")
        }
        #expect(guests.allSatisfy { $0.close == nil } && resident.close == nil && rig.edge.clientCount == 91)
        #expect(rig.edge.connectionCount <= EdgeLimits.unauthenticatedConnections + 91)
        rig.now += 5_000_000_000
        rig.edge.timePassed(now: rig.now)
        try rig.turn()
        #expect(rig.edge.connectionCount == 91)
    }

    @Test("no descriptor is left for one more: it is closed without a frame, and the oldest unauthenticated connection is evicted")
    func noDescriptors() throws {
        let rig = Rig(connectionLimit: 3)
        let resident = try rig.connect("resident")
        let silent = try (0..<2).map { _ in try rig.connect("", login: false) }
        #expect(rig.edge.connectionOpened(now: rig.now) == nil)
        try rig.turn()
        #expect(silent[0].close?.reason == .full && silent[1].close == nil && resident.close == nil)
        #expect(try rig.connect("next").close == nil)
    }

    @Test("joins are refused for the right reason")
    func refusals() throws {
        let rig = Rig()
        func refusal(_ world: String, _ name: String) throws -> ServerFrame.JoinRefusal? {
            let client = try rig.connect(name)
            try rig.send(.join(ClientFrame.Join(world: world, role: .player)), client)
            try rig.tick()
            guard case .joinRefused(let refusal)? = client.frames.last(where: { $0.type == .joinRefused }) else { return nil }
            return refusal
        }
        #expect(try refusal("counter", "a")?.when == .init(.notRunning, 1_000))
        #expect(try refusal("nowhere", "b")?.when == .init(.unknownWorld, Close.never))
        try rig.link()
        rig.host.refused = ["c"]
        let byWorld = try refusal("counter", "c")
        #expect(byWorld?.when == .init(.refused, Close.never) && byWorld?.refusal == 77 && byWorld?.text == "not you")
        _ = try rig.join("d")
        #expect(try refusal("counter", "d")?.when == .init(.accountInUse, 1_000))
        rig.edge.worldFailed("counter", now: rig.now)
        try rig.turn()
        #expect(try refusal("counter", "e")?.when == .init(.failed, Close.never))
        #expect(rig.clients.first { $0.name == "d" }?.close?.reason == .worldFailed)
    }

    @Test("a connection that is lost detaches, and the same name finds its avatar again")
    func detach() throws {
        let rig = try Rig.linked()
        let first = try rig.join("ann")
        _ = try rig.add(5, first)
        rig.edge.connectionClosed(first.id, now: rig.now)
        let second = try rig.join("ann")
        try rig.tick()
        #expect(second.joined?.avatar == first.joined?.avatar && second.joined?.firstSequence == 2)
        _ = try rig.add(1, second)
        try rig.tick()
        #expect(second.outcomes.map(\.counter) == [6] && rig.host.faults.isEmpty)
    }

    @Test("a world has so many monitors and no more, a place that one leaves is another's, and players need none")
    func monitorLimit() throws {
        let rig = try Rig.linked(clientLimit: EdgeLimits.monitors + 2)
        let monitors = try (0..<EdgeLimits.monitors).map { try rig.join("m\($0)", .monitor) }
        #expect(monitors.allSatisfy { $0.joined != nil })
        let turnedAway = try rig.join("late", .monitor)
        #expect(turnedAway.refusal?.code == .full && turnedAway.refusal?.retryAfterMilliseconds == 2_000 && turnedAway.close == nil)
        let player = try rig.join("ann")
        #expect(player.joined != nil)
        rig.edge.connectionClosed(monitors[3].id, now: rig.now)
        try rig.send(.join(ClientFrame.Join(world: "counter", role: .monitor)), turnedAway)
        #expect(turnedAway.joined != nil)
    }

    @Test("a monitor sees everything and an audit brings it to exactly the answer's tick")
    func monitorAudit() throws {
        let rig = try Rig.linked()
        let players = try (0..<5).map { try rig.join("p\($0)") }
        let monitor = try rig.join("eye", .monitor)
        #expect(monitor.rows.count == 5 && monitor.joined?.session == 0)
        monitor.isReading = false
        for player in players { _ = try rig.add(1, player) }
        try rig.tick()
        for player in players { _ = try rig.add(1, player) }
        try rig.send(.audit(request: 8), monitor)
        try rig.tick()
        monitor.isReading = true
        try rig.deliver(monitor)
        let rows = monitor.audits.flatMap(\.rows)
        #expect(rows.count == 10 && monitor.audits.allSatisfy { $0.request == 8 && $0.tick == rig.host.tick })
        #expect(monitor.audits.map(\.hasMore) == monitor.audits.indices.map { $0 < monitor.audits.count - 1 })
        for row in rows { #expect(monitor.rows[row.entity]?[row.component].map { ValueHash.of(component: row.component, row: $0) } == row.valueHash) }
        #expect(monitor.faults.isEmpty && monitor.viewTick == rig.host.tick)
        // The first view, and two ticks that came as one update.
        #expect(monitor.notices == [.viewed(ticksDue: 3)] && monitor.updates == 3)
        try rig.send(.audit(request: 9), monitor)
        try rig.tick()
        #expect(monitor.close == nil && monitor.audits.last?.request == 9)
    }

    @Test("a pong carries the tick, and kill asks for the world's end with the right token only")
    func pongAndKill() throws {
        let token = [UInt8](repeating: 7, count: 16)
        let rig = try Rig.linked(token: token)
        let client = try rig.join("ann")
        rig.now += 3_000_000
        try rig.send(.ping(clientTime: 4), client)
        #expect(client.frames.last == .pong(.init(clientTime: 4, serverMicroseconds: rig.now / 1000, tick: rig.host.tick, microsecondsIntoTick: 3000)))
        try rig.send(.kill(token: token), client)
        #expect(rig.kills == ["counter"])
        try rig.send(.kill(token: [UInt8](repeating: 8, count: 16)), client)
        #expect(rig.kills == ["counter"] && client.close?.reason == .badToken)
    }

    @Test("stopping tells all clients, closes all and reports when it is done")
    func stop() throws {
        let rig = try Rig.linked()
        let (player, silent) = (try rig.join("ann"), try rig.connect("", login: false))
        rig.edge.stop(now: rig.now)
        try rig.turn()
        #expect(player.notices.count == 1 && player.close?.reason == .serverStopping && silent.close?.reason == .serverStopping)
        #expect(rig.hasStopped)
        #expect(try rig.connect("late", login: false).close?.reason == .serverStopping)
    }

    @Test("a client that chooses is told of worlds that come and go")
    func worldsChange() throws {
        let rig = Rig()
        let client = try rig.connect("ann")
        func last() -> WorldEntry? {
            guard case .worlds(let entries)? = client.frames.last(where: { $0.type == .worlds }) else { return nil }
            return entries.first
        }
        #expect(last()?.state == .starting && last()?.schemaHash == 0)
        try rig.link()
        #expect(last()?.state == .running && last()?.schemaHash == rig.host.schema.clientView.hash && last()?.version == 3)
        try rig.unlink()
        #expect(last()?.state == .restarting)
    }
}

/// Why a join was refused, and when to try again.
private struct RefusedJoin: Equatable {
    var code: ServerFrame.JoinRefusal.Code
    var milliseconds: UInt32

    init(_ code: ServerFrame.JoinRefusal.Code, _ milliseconds: UInt32) {
        self.code = code
        self.milliseconds = milliseconds
    }
}

extension ServerFrame.JoinRefusal {
    fileprivate var when: RefusedJoin { RefusedJoin(code, retryAfterMilliseconds) }
}
