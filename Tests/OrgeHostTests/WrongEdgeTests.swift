import OrgeLink
import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

@Suite("An edge that is wrong")
struct WrongEdgeTests {
    /// A host with an edge and anna in it, and another edge.
    private func start() throws -> (rig: HostRig<Tally>, edge: TestEdge, other: TestEdge, anna: Int) {
        let rig = try HostRig<Tally>.started()
        let (edge, other) = (rig.addEdge(id: 1), rig.addEdge(id: 2))
        let anna = edge.join("anna")
        try rig.settle()
        return (rig, edge, other, anna)
    }

    @Test("an intent that is no row of its kind ends the attachment and reaches no tick", arguments: [[], [1, 2], [0, 0, 0, 1, 0]] as [[UInt8]])
    func malformedIntent(payload: [UInt8]) throws {
        let (rig, edge, _, anna) = try start()
        edge.intent(anna, TallyBytes.heading(3))
        try rig.settle()
        let hash = rig.machine!.state.stateHash
        edge.intent(anna, payload)
        rig.deliver()
        #expect(rig.machine!.queue.isEmpty && rig.machine!.state.stateHash == hash)
        try rig.settle()
        #expect(edge.clients[anna].ended == .detached && rig.machine!.status(at: rig.now).violations == 1)
    }

    @Test("what an edge says of another edge's session is passed over")
    func foreignSession() throws {
        let (rig, edge, other, anna) = try start()
        let session = edge.clients[anna].session!
        edge.acknowledges = false
        edge.command(anna, TallyBytes.add, TallyBytes.add(5))
        try rig.settle()
        let tick = rig.tick
        var batch = InputBatchWriter()
        batch.command(session: session, sequence: 2, kind: TallyBytes.add, payload: TallyBytes.add(6)[...])
        batch.intent(session: session, number: 1, kind: 0, payload: TallyBytes.heading(3)[...])
        batch.acknowledge(session: session, through: 1)
        batch.audit(request: 9, session: session)
        try say(batch.finish(number: 1, world: 3), other, rig)
        try rig.settle()
        #expect(rig.tick == tick && other.audits.isEmpty && rig.machine!.state.table.session(session)?.window.acknowledged == 0)
        #expect(edge.clients[anna].ended == nil && rig.machine!.state.table.session(session)?.window.highest == 1)
    }

    @Test("a session that has lost its connection takes no commands and no intents from the edge that had it")
    func detachedSession() throws {
        let (rig, edge, _, anna) = try start()
        let session = edge.clients[anna].session!
        edge.end(anna, .detached)
        try rig.settle()
        let hash = rig.machine!.state.stateHash
        edge.send(rawCommand: session, 1, TallyBytes.add, TallyBytes.add(5))
        edge.intent(anna, TallyBytes.heading(3))
        try rig.settle()
        #expect(rig.machine!.state.stateHash == hash && edge.clients[anna].outcomes.isEmpty)
    }

    @Test("a batch out of order, or an acknowledgement of what was never sent, ends the link; the edge may come again", arguments: [true, false])
    func outOfOrder(isBatch: Bool) throws {
        let (rig, edge, other, anna) = try start()
        if isBatch {
            var batch = InputBatchWriter()
            batch.join(attachment: 77, .guest("bert"))
            try say(batch.finish(number: 2, world: 3), other, rig)
        } else {
            try say(EdgeFrame.encode(released: rig.tick + 1, world: 3), other, rig)
        }
        #expect(other.link == nil && edge.link != nil)
        try rig.settle()
        #expect(rig.machine!.state.table.sessions.count == 1)
        rig.connect(other)
        let bert = other.join("bert")
        edge.command(anna, TallyBytes.add, TallyBytes.add(5))
        try rig.settle()
        #expect(other.clients[bert].session != nil && edge.clients[anna].outcomes.count == 1)
    }

    @Test("an edge with a timeline that cannot be the world's starts the world again, and disturbs no other", arguments: [true, false])
    func forgedTimeline(isTick: Bool) throws {
        let (rig, edge, other, anna) = try start()
        rig.disconnect(other)
        other.held = isTick ? Timeline(incarnation: 1, tick: rig.tick + 1, chain: 7) : Timeline(incarnation: .max, tick: 1, chain: 7)
        rig.connect(other)
        try rig.settle()
        #expect(other.forks == [isTick ? .after(tick: 0) : .unknown] && other.link != nil && other.images == 2 && other.resumed == 0)
        #expect(edge.forks.isEmpty && other.rows.count == edge.rows.count)
        edge.command(anna, TallyBytes.add, TallyBytes.add(5))
        try rig.settle()
        #expect(edge.clients[anna].outcomes.count == 1)
    }

    private func say(_ bytes: [UInt8], _ edge: TestEdge, _ rig: HostRig<Tally>) throws {
        rig.handle(.frame(link: try #require(edge.link), try EdgeFrame(decoding: Array(bytes[4...]))))
    }
}
