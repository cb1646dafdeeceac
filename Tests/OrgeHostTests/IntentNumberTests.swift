import OrgeImage
import OrgeLink
import OrgeSchema
import Testing

@testable import OrgeHost

/// The last intent of each session that the world consumed is state: a host that starts knows it, and tells an edge that does not.
@Suite("Numbers of consumed intents")
struct IntentNumberTests {
    /// Turns of a world at a fixed pace.
    private static func run(_ rig: HostRig<SteadyTally>, ticks: Int) throws {
        for _ in 0..<ticks {
            rig.deliver()
            rig.turn(after: 50_000_000)
            try rig.commit()
            rig.deliver()
        }
    }

    /// Two clients, of which one steers; the tick that consumes its last intent is durable, and the edge has lost its link before.
    private static func rig(_ edge: (HostRig<SteadyTally>) -> TestEdge) throws -> (HostRig<SteadyTally>, TestEdge, steering: Int, idle: Int) {
        let rig = HostRig<SteadyTally>()
        try rig.start()
        let edge = edge(rig)
        let (anna, bert) = (edge.join("anna"), edge.join("bert"))
        try run(rig, ticks: 3)
        edge.intent(anna, TallyBytes.heading(1))
        try run(rig, ticks: 2)
        #expect(edge.consumed[edge.clients[anna].session!] == [1] && edge.consumed[edge.clients[bert].session!] == nil)
        for dx in [2, 3] as [Int32] { edge.intent(anna, TallyBytes.heading(dx)) }
        rig.deliver()
        rig.disconnect(edge)
        try run(rig, ticks: 1)
        return (rig, edge, anna, bert)
    }

    @Test("a host that starts knows the last one from its log or from an image, and tells an edge once", arguments: [false, true], [false, true])
    func restart(hasImage: Bool, losesPower: Bool) throws {
        let (rig, edge, anna, bert) = try Self.rig { $0.addEdge(id: 1) }
        let session = edge.clients[anna].session!
        let consumedAt = rig.tick
        if hasImage {
            rig.handle(.beginImage)
            try Self.run(rig, ticks: 2)
            #expect(rig.imagesWritten == 1)
        }
        let hash = rig.machine!.state.hostHash
        rig.crash(losesPower: losesPower, seed: 1)
        try rig.start()
        #expect(rig.machine!.state.hostHash == hash)
        #expect(rig.machine!.state.table.session(session)?.lastIntent == LastIntent(tick: consumedAt, number: 3))
        #expect(rig.machine!.state.table.session(edge.clients[bert].session!)?.lastIntent == nil)
        let images = edge.images
        for _ in 0..<2 {
            rig.connect(edge)
            try Self.run(rig, ticks: 2)
            #expect(edge.consumed[session] == [1, 3] && edge.consumed[edge.clients[bert].session!] == nil)
            rig.disconnect(edge)
        }
        // With an image the tick that consumed it is no longer there to be released again.
        #expect(edge.images == images + (hasImage ? 1 : 0))
        rig.connect(edge)
        edge.intent(anna, TallyBytes.heading(4))
        try Self.run(rig, ticks: 2)
        #expect(edge.consumed[session] == [1, 3, 4])
    }

    @Test("a session without a connection keeps it, for a client that resumes; the one that continues its account has none")
    func detached() throws {
        let (rig, edge, anna, _) = try Self.rig { $0.addEdge(id: 1) }
        rig.connect(edge)
        edge.end(anna, .detached)
        try Self.run(rig, ticks: 2)
        #expect(rig.machine!.state.table.session(edge.clients[anna].session!)?.lastIntent?.number == 3)
        let again = edge.join("anna")
        try Self.run(rig, ticks: 2)
        let session = try #require(edge.clients[again].session)
        #expect(rig.machine!.state.table.session(session)?.lastIntent == nil)
        edge.intent(again, TallyBytes.heading(1))
        try Self.run(rig, ticks: 2)
        #expect(rig.machine!.state.table.session(session)?.lastIntent?.number == 4)
    }

    @Test("the host's hash and its image hold number and tick")
    func hash() throws {
        let (rig, edge, anna, _) = try Self.rig { $0.addEdge(id: 1) }
        let session = edge.clients[anna].session!
        let image = rig.machine!.state.writeImage(.init(tick: rig.tick), to: MemoryImage())
        var hashes: [UInt64] = []
        for (number, later) in [(0, 0), (4, 0), (4, 1)] as [(UInt32, UInt64)] {
            var state = try HostState.restore(SteadyTally.self, from: MemorySource(image.bytes))
            #expect(state.table.session(session)?.lastIntent == LastIntent(tick: rig.tick, number: 3))
            let tick = state.tick + later
            if number > 0 { state.table.update(session) { $0.consume(number, in: tick) } }
            hashes.append(state.hostHash)
        }
        #expect(hashes[0] == rig.machine!.state.hostHash && hashes[0] != hashes[1] && hashes[1] != hashes[2])
    }
}
