import OrgeControl
import OrgeLink
import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

@Suite("Sessions")
struct SessionTests {
    @Test("a name that is attached is in use; one that lost its connection gets the same avatar under a new session")
    func sameName() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        let first = edge.join("anna")
        try rig.settle()
        let second = edge.join("anna")
        try rig.settle()
        #expect(edge.clients[second].refusal == .accountInUse)
        edge.command(first, TallyBytes.add, TallyBytes.add(5))
        edge.end(first, .detached)
        try rig.settle()
        #expect(edge.clients[first].outcomes.count == 1)
        #expect(edge.clients[first].ended == .detached)
        let third = edge.join("anna")
        try rig.settle()
        #expect(edge.clients[third].avatar == edge.clients[first].avatar)
        #expect(edge.clients[third].session! > edge.clients[first].session!)
        #expect(edge.clients[third].nextSequence == 1)
        edge.command(third, TallyBytes.add, TallyBytes.add(6))
        try rig.settle()
        #expect(edge.clients[third].outcomes.map(\.bytes) == [[0] + TallyBytes.add(11)])
    }

    @Test("of two who want the same name in one tick one gets it, whichever asked first")
    func sameNameInOneTick() throws {
        func winner(_ order: [Int]) throws -> UInt64? {
            let rig = try HostRig<Tally>.started()
            let edges = [rig.addEdge(id: 1), rig.addEdge(id: 2)]
            rig.deliver()
            for index in order {
                _ = edges[index].join("anna")
                rig.deliver()
            }
            try rig.settle()
            #expect(edges.flatMap(\.clients).count { $0.refusal == .accountInUse } == 1)
            return edges.first { $0.clients[0].session != nil }?.id
        }
        let first = try winner([0, 1])
        let second = try winner([1, 0])
        #expect(first == second)
    }

    @Test("of two who want the name of a lost edge's client in one tick one gets it, whether that client had left or not", arguments: [false, true])
    func takenOverOnce(hasLeft: Bool) throws {
        let rig = try HostRig<Tally>.started()
        let lost = rig.addEdge(id: 1)
        let alive = rig.addEdge(id: 2)
        let old = lost.join("anna")
        try rig.settle()
        if hasLeft { lost.end(old, .left) }
        rig.deliver()
        rig.disconnect(lost)
        rig.handle(.edges(EdgeRoster(start: 0, last: 2, alive: [2])))
        let newcomers = [alive.join("anna"), alive.join("anna")]
        try rig.settle()
        let winner = try #require(newcomers.first { alive.clients[$0].session != nil })
        let loser = try #require(newcomers.first { $0 != winner })
        #expect(alive.clients[loser].refusal == .accountInUse)
        #expect(alive.clients[winner].ended == nil)
        #expect(rig.machine!.state.engine.isAlive(alive.clients[winner].avatar))
        alive.command(winner, TallyBytes.add, TallyBytes.add(5))
        try rig.settle()
        #expect(alive.clients[winner].outcomes.count == 1)
    }

    @Test("an edge that ends more than there can be loses its link, and the tick still fits a record")
    func tooManyEndings() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        rig.deliver()
        var batch = InputBatchWriter()
        for attachment in 1...1_000_000 as ClosedRange<UInt64> { batch.leave(attachment: attachment) }
        rig.handle(.frame(link: edge.link!, try EdgeFrame(decoding: Array(batch.finish(number: 1, world: 3)[4...]))))
        #expect(edge.link == nil)
        rig.turn()
        try rig.commit()
        #expect(rig.tick == 1)
    }

    @Test("of edges that die by the dozen the last few are remembered, and nothing is kept for the others")
    func manyDeadEdges() throws {
        let rig = try HostRig<Tally>.started()
        let alive = rig.addEdge(id: 1)
        let dead = (2...30).map { rig.addEdge(id: $0) }
        for edge in dead { _ = edge.join("client of \(edge.id)") }
        try rig.settle()
        for edge in dead { rig.disconnect(edge) }
        rig.turn(after: HostLimits.edgeGrace)
        try rig.settle()
        let known = rig.machine!.state.table.edges
        #expect(known.filter { $0.1.goneSince == nil }.map(\.0) == [alive.id])
        #expect(known.count == 1 + HostLimits.edgesRemembered)
    }

    @Test("of two clients that want a dead edge's name in the tick in which its linger ends, one arrives")
    func expiredNameInOneTick() throws {
        let rig = try HostRig<Tally>.started()
        let dead = rig.addEdge(id: 1)
        let anna = dead.join("anna")
        try rig.settle()
        dead.end(anna, .detached)
        try rig.settle()
        rig.disconnect(dead)
        let alive = rig.addEdge(id: 2)
        rig.deliver()
        for _ in 0..<2 { _ = alive.join("anna") }
        rig.deliver()
        rig.turn(after: HostLimits.linger)
        try rig.settle()
        #expect(alive.clients.count { $0.refusal == .accountInUse } == 1)
        #expect(alive.clients.count { $0.session != nil && $0.ended == nil } == 1)
        #expect(rig.machine!.state.table.sessions.count == 1)
    }

    @Test("a name that plays through an edge is in use for that edge's other clients, also while its link reconnects")
    func nameOfAnEdgeWithoutItsLink() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        let first = edge.join("anna")
        try rig.settle()
        let second = edge.join("anna")
        rig.deliver()
        rig.disconnect(edge)
        try rig.settle()
        rig.connect(edge)
        try rig.settle()
        #expect(edge.clients[second].refusal == .accountInUse)
        #expect(edge.clients[first].ended == nil)
    }

    @Test("leaving on purpose departs at once; a world may refuse an arrival")
    func leaving() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        let anna = edge.join("anna")
        let nobody = edge.join("nobody")
        try rig.settle()
        #expect(edge.clients[nobody].refusal == .refused)
        #expect(rig.machine!.state.table.sessions.count == 1)
        edge.end(anna, .left)
        try rig.settle()
        #expect(edge.clients[anna].ended == .left)
        #expect(rig.machine!.state.table.sessions.isEmpty)
        #expect(!rig.machine!.state.engine.isAlive(edge.clients[anna].avatar))
    }

    @Test("a session without a connection departs after the linger: by the clock on demand, by ticks at a fixed pace")
    func linger() throws {
        let onDemand = HostRig<Tally>()
        try onDemand.start()
        let edge = onDemand.addEdge(id: 1)
        let anna = edge.join("anna")
        try onDemand.settle()
        edge.intent(anna, TallyBytes.heading(3))
        try onDemand.settle(rounds: 2)
        edge.end(anna, .detached)
        try onDemand.settle()
        let tick = onDemand.tick
        onDemand.turn(after: HostLimits.linger - 200_000_000)
        #expect(onDemand.tick == tick, "nothing happens before the linger is over")
        onDemand.turn(after: 200_000_000)
        #expect(onDemand.tick == tick + 1)
        #expect(onDemand.machine!.state.table.sessions.isEmpty)

        let fixed = HostRig<SteadyTally>()
        try fixed.start()
        let steady = fixed.addEdge(id: 1)
        let bert = steady.join("bert")
        try fixed.settle()
        fixed.turn(after: 50_000_000)
        try fixed.commit()
        fixed.deliver()
        steady.end(bert, .detached)
        fixed.deliver()
        var ticks: UInt64 = 0
        while !fixed.machine!.state.table.sessions.isEmpty && ticks < 200 {
            fixed.turn(after: 50_000_000)
            try fixed.commit()
            fixed.deliver()
            ticks += 1
        }
        #expect((100...103).contains(ticks), "five seconds are a hundred ticks; \(ticks)")
    }

    @Test("the linger is what the operator sets, and may differ after a restart", arguments: [0, 1, 3_600] as [UInt64])
    func lingerSetting(seconds: UInt64) throws {
        let rig = HostRig<Tally>()
        rig.linger = seconds * 1_000_000_000
        try rig.start()
        let edge = rig.addEdge(id: 1)
        let anna = edge.join("anna")
        try rig.settle()
        edge.end(anna, .detached)
        if seconds > 0 {
            try rig.settle()
            rig.turn(after: rig.linger - 200_000_000)
            #expect(rig.machine!.state.table.sessions.count == 1)
        } else {
            try rig.settle(rounds: 2)
        }
        rig.turn(after: 200_000_000)
        #expect(rig.machine!.state.table.sessions.isEmpty)
    }

    @Test("a linger goes on after a restart")
    func lingerAfterRestart() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        let anna = edge.join("anna")
        try rig.settle()
        edge.end(anna, .detached)
        try rig.settle()
        rig.crash(losesPower: true, seed: 1)
        try rig.restart()
        try rig.settle()
        #expect(rig.machine!.state.table.sessions.count == 1)
        rig.turn(after: HostLimits.linger)
        #expect(rig.machine!.state.table.sessions.isEmpty)
    }

    @Test("an intent that comes together with the end of its connection leaves no trace")
    func intentAtTheEnd() throws {
        let (rig, edge) = try HostRig<SteadyTally>.withEdge()
        let anna = edge.join("anna")
        func run() throws {
            rig.deliver()
            rig.turn(after: 50_000_000)
            try rig.commit()
        }
        for _ in 0..<3 { try run() }
        edge.intent(anna, TallyBytes.heading(3))
        edge.end(anna, .detached)
        for _ in 0..<3 { try run() }
        let place = rig.machine!.state.engine.place(of: edge.clients[anna].avatar)
        for _ in 0..<3 { try run() }
        #expect(edge.clients[anna].ended == .detached)
        #expect(try #require(place) == (try #require(rig.machine!.state.engine.place(of: edge.clients[anna].avatar))))
    }

    @Test("an edge without sessions that does not come back after a restart holds nothing up for ever")
    func deadEmptyEdge() throws {
        let rig = try HostRig<Tally>.started()
        let (dead, alive) = (rig.addEdge(id: 1), rig.addEdge(id: 2))
        let anna = alive.join("anna")
        try rig.settle()
        // It has answered a tick, so the journal knows of it.
        #expect(dead.lastTick > 0 && rig.machine!.state.table.edges[1]?.goneSince == nil)
        rig.crash(losesPower: false, seed: 1)
        try rig.start()
        rig.connect(alive)
        try rig.settle()
        rig.turn(after: HostLimits.edgeGrace)
        try rig.settle()
        #expect(rig.machine!.state.table.edges[1]?.goneSince != nil && rig.machine!.state.table.edges[2]?.goneSince == nil)
        #expect(rig.machine!.state.table.session(ofAccount: Identity.guest("anna").id)?.isAttached == true && alive.clients[anna].ended == nil)
    }

    @Test("an edge that does not come back loses its sessions to the linger; one that does keeps them")
    func deadEdge() throws {
        let rig = try HostRig<Tally>.started()
        let dead = rig.addEdge(id: 1)
        let alive = rig.addEdge(id: 2)
        let anna = dead.join("anna")
        let bert = alive.join("bert")
        try rig.settle()
        rig.crash(losesPower: false, seed: 1)
        try rig.start()
        rig.connect(alive)
        try rig.settle()
        rig.turn(after: HostLimits.edgeGrace)
        try rig.settle()
        #expect(rig.machine!.state.table.session(ofAccount: Identity.guest("anna").id)?.isAttached == false)
        #expect(rig.machine!.state.table.session(ofAccount: Identity.guest("bert").id)?.isAttached == true)
        alive.command(bert, TallyBytes.add, TallyBytes.add(5))
        try rig.settle()
        #expect(alive.clients[bert].outcomes.count == 1)
        rig.connect(dead)
        try rig.settle()
        #expect(dead.clients[anna].ended == .detached, "an edge that comes too late is told")
    }

    @Test("a name attached through an edge without a link is in use, until the supervisor says that the edge is dead: then it is free at once")
    func nameOfADeadEdge() throws {
        let rig = try HostRig<Tally>.started()
        let old = rig.addEdge(id: 1)
        let anna = old.join("anna")
        try rig.settle()
        rig.disconnect(old)
        let new = rig.addEdge(id: 2)
        let early = new.join("anna")
        rig.handle(.edges(EdgeRoster(start: 0, last: 2, alive: [1, 2])))
        try rig.settle()
        #expect(new.clients[early].refusal == .accountInUse)
        rig.handle(.edges(EdgeRoster(start: 0, last: 2, alive: [2])))
        let again = new.join("anna")
        try rig.settle(rounds: 2)
        #expect(new.clients[again].avatar == old.clients[anna].avatar)
        #expect(rig.machine!.state.table.edges[1]?.goneSince != nil)
    }

    @Test("a dead edge whose last bytes wait in its link: a name that it holds may be taken over, and what it sent last still counts")
    func takeOver() throws {
        let rig = try HostRig<Tally>.started()
        let old = rig.addEdge(id: 1)
        let (anna, bert) = (old.join("anna"), old.join("bert"))
        try rig.settle()
        let new = rig.addEdge(id: 2)
        rig.handle(.edges(EdgeRoster(start: 0, last: 2, alive: [2])))
        old.command(bert, TallyBytes.add, TallyBytes.add(5))
        let again = new.join("anna")
        try rig.settle()
        #expect(new.clients[again].avatar == old.clients[anna].avatar && old.clients[anna].ended == .replaced)
        #expect(old.clients[bert].outcomes.count == 1 && old.clients[bert].ended == nil)
        rig.disconnect(old)
        try rig.settle()
        #expect(rig.machine!.state.table.session(ofAccount: Identity.guest("bert").id)?.isAttached == false)
    }

    @Test("a world on demand does not run a tick for a dead edge that held no session")
    func deadEdgeWithoutSessions() throws {
        let rig = try HostRig<Tally>.started()
        let old = rig.addEdge(id: 1)
        let anna = old.join("anna")
        try rig.settle()
        old.end(anna, .left)
        try rig.settle()
        rig.disconnect(old)
        let tick = rig.tick
        rig.handle(.edges(EdgeRoster(start: 0, last: 1, alive: [])))
        rig.turn(after: HostLimits.edgeGrace)
        try rig.settle()
        #expect(rig.tick == tick)
        let new = rig.addEdge(id: 2)
        _ = new.join("bert")
        try rig.settle()
        #expect(rig.machine!.state.table.edges[1]?.goneSince != nil)
    }

    @Test("after a restart of everything no edge of before is waited for")
    func edgesOfAnEarlierSupervisor() throws {
        let rig = try HostRig<Tally>.started()
        let old = rig.addEdge(id: EdgeRoster.id(start: 1, ordinal: 1))
        let anna = old.join("anna")
        try rig.settle()
        rig.crash(losesPower: false, seed: 1)
        rig.edges = []
        try rig.start()
        rig.handle(.edges(EdgeRoster(start: 2, last: 1, alive: [1])))
        let new = rig.addEdge(id: EdgeRoster.id(start: 2, ordinal: 1))
        let again = new.join("anna")
        try rig.settle(rounds: 3)
        #expect(new.clients[again].avatar == old.clients[anna].avatar)
    }

    @Test("sequences: what was taken before is not taken again, the next one is, and a gap ends the attachment")
    func sequences() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        let anna = edge.join("anna")
        try rig.settle()
        let session = edge.clients[anna].session!
        edge.command(anna, TallyBytes.add, TallyBytes.add(5))
        edge.send(rawCommand: session, 1, TallyBytes.add, TallyBytes.add(5))
        try rig.settle()
        edge.send(rawCommand: session, 1, TallyBytes.add, TallyBytes.add(5))
        edge.command(anna, TallyBytes.add, TallyBytes.add(6))
        try rig.settle()
        #expect(edge.clients[anna].outcomes.map(\.bytes) == [[0] + TallyBytes.add(5), [0] + TallyBytes.add(11)])
        edge.send(rawCommand: session, 4, TallyBytes.add, TallyBytes.add(5))
        try rig.settle()
        #expect(edge.clients[anna].ended == .detached)
        #expect(rig.machine!.status(at: rig.now).violations == 1)
    }

    @Test("malformed bytes end the attachment and reach no tick")
    func malformed() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        let anna = edge.join("anna")
        let bert = edge.join("bert")
        try rig.settle()
        edge.send(rawCommand: edge.clients[anna].session!, 1, TallyBytes.add, [1, 2])
        edge.command(bert, TallyBytes.add, TallyBytes.add(5))
        try rig.settle()
        #expect(edge.clients[anna].ended == .detached)
        #expect(edge.clients[bert].outcomes.count == 1 && edge.clients[bert].ended == nil)
    }

    @Test("more than 256 commands that wait end the attachment")
    func credit() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        let anna = edge.join("anna")
        try rig.settle()
        edge.acknowledges = false
        for _ in 0..<256 { edge.command(anna, TallyBytes.add, TallyBytes.add(1)) }
        try rig.settle()
        #expect(edge.clients[anna].outcomes.count == 256 && edge.clients[anna].ended == nil)
        for _ in 0..<257 { edge.command(anna, TallyBytes.add, TallyBytes.add(1)) }
        try rig.settle()
        #expect(edge.clients[anna].ended == .detached && edge.clients[anna].outcomes.count == 512)
    }

    @Test("a command proves that the outcome a window before it has come: no more than a window is kept of a client that acknowledges nothing")
    func keptWindow() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        let anna = edge.join("anna")
        try rig.settle()
        edge.acknowledges = false
        for _ in 0..<10 {
            for _ in 0..<100 { edge.command(anna, TallyBytes.add, TallyBytes.add(1)) }
            try rig.settle(rounds: 5)
        }
        let window = rig.machine!.state.table.session(edge.clients[anna].session!)!.window
        #expect(edge.clients[anna].outcomes.count == 1_000 && window.kept.count == 256 && window.acknowledged == 1_000 - 256)
    }
}
