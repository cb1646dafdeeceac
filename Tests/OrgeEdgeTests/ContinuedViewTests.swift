import OrgeReplication
import OrgeSchema
import OrgeSession
import OrgeWire
import Testing

@testable import OrgeEdge

@Suite("Views that go on through another connection")
struct ContinuedViewTests {
    /// Clients that walk about, so that views change; nothing of them ends.
    private static func walkers(_ rig: Rig, _ count: Int) throws -> [RigClient] { try (0..<count).map { try rig.join("walker\($0)") } }

    private static func walk(_ walkers: [RigClient], _ rig: Rig, _ random: inout RandomSource) throws {
        for walker in walkers where random.chance(1, outOf: 3) {
            var payload = ByteWriter()
            payload.u32(UInt32(bitPattern: Int32(random.below(240))))
            payload.u32(0)
            try rig.steer(payload.bytes, walker)
        }
    }

    @Test(
        "wherever connections die, each whole view is the world's of its tick, ticks never fall, and most views go on",
        arguments: 1...12 as ClosedRange<UInt64>)
    func anywhere(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        let rig = try Rig.linked(hasPlaces: true, frameLimit: seed % 3 == 0 ? 100 : nil)
        let walkers = try Self.walkers(rig, 12)
        let client = ReturningClient(rig, name: "ann")
        try client.connect()
        var ticksDead = 0
        for _ in 0..<600 {
            try Self.walk(walkers, rig, &random)
            if client.isJoined {
                if random.chance(1, outOf: 4) { try client.steer(Int32(random.below(240))) }
                if random.chance(1, outOf: 4) { try client.add(1) }
                if client.bytesLeft == nil, random.chance(1, outOf: 12) { client.bytesLeft = random.below(400) }
            }
            if random.chance(1, outOf: 60) {
                try rig.unlink()
                rig.host.mayResume = random.chance(1, outOf: 2)
                try rig.link()
            }
            try rig.tick()
            if client.isDead { ticksDead += 1 }
            if client.line == nil {
                try client.connect()
            } else if client.isDead, ticksDead > random.below(12) {
                ticksDead = 0
                try client.lose(isNoticed: random.chance(1, outOf: 2))
                // Now and then at once, while the edge still has the old connection.
                if random.chance(1, outOf: 2) { try client.connect() }
            }
        }
        #expect(client.faults.isEmpty && rig.host.faults.isEmpty && walkers.allSatisfy { $0.faults.isEmpty }, "seed \(seed)")
        let continued = client.resumed.count { $0.isContinued }
        // Half an update of several frames leaves no view to go on with.
        let least = seed % 3 == 0 ? 4 : 8
        #expect(client.resumed.count > 20 && continued * 10 > client.resumed.count * least, "seed \(seed): \(continued) of \(client.resumed.count)")
    }

    @Test("after a short loss the first update is much shorter than a reset")
    func bytes() throws {
        let rig = try Rig.linked(hasPlaces: true)
        let walkers = try Self.walkers(rig, 60)
        // All in one place.
        for walker in walkers { try rig.steer([0, 0, 0, 0, 0, 0, 0, 0], walker) }
        let client = ReturningClient(rig, name: "ann")
        try client.connect()
        try rig.tick()
        try client.steer(0)
        try rig.tick()
        for round in 0..<4 {
            #expect(try rig.add(1, walkers[round]))
            try rig.tick()
            try client.lose(isNoticed: true)
            // In the last round nothing is kept: the same loss costs a reset.
            if round == 3 { rig.edge.keptViews.drop(world: 0) }
            try rig.tick()
            try client.connect()
            try rig.tick()
        }
        #expect(client.faults.isEmpty && client.continuedBytes.count == 3 && client.resetBytes.count == 1)
        let (longest, reset) = (try #require(client.continuedBytes.max()), try #require(client.resetBytes.first))
        #expect(longest * 20 < reset, "\(longest) bytes instead of \(reset)")
    }

    @Test("a connection that dies before its first update leaves the view of the one before it")
    func twice() throws {
        let rig = try Rig.linked(hasPlaces: true)
        let client = ReturningClient(rig, name: "ann")
        try client.connect()
        try rig.tick()
        for cut in [0, 40, 150, 190] {
            try client.lose(isNoticed: true)
            try client.connect()
            client.bytesLeft = cut
            try rig.tick()
            try client.lose(isNoticed: true)
            try client.connect()
            try rig.tick()
            try rig.tick()
            #expect(client.resumed.last?.isContinued == true && client.faults.isEmpty, "after \(cut) bytes")
        }
    }

    @Test("what a client does not have is a reset: another update, another schema, another timeline")
    func resets() throws {
        let rig = try Rig.linked(hasPlaces: true)
        func comeBack(_ change: (inout Resume, inout UInt64) -> Void) throws -> RigClient {
            let first = try rig.join("ann")
            #expect(try rig.add(1, first))
            try rig.tick()
            let joined = try #require(first.joined)
            rig.edge.connectionClosed(first.id, now: rig.now)
            try rig.tick()
            var hash = joined.schemaHash(rig)
            var resume = Resume(
                session: joined.session, ticket: try #require(try joined.ticket()), acknowledged: UInt64(first.outcomes.count),
                incarnation: joined.incarnation, tick: first.viewTick, eventsThrough: joined.tick - 1, viewTick: first.viewTick,
                updates: UInt32(first.updates))
            change(&resume, &hash)
            let second = try rig.connect("ann")
            (second.rows, second.schema) = (first.rows, first.schema)
            try rig.send(.join(ClientFrame.Join(world: "counter", role: .player, knownSchema: hash, resume: resume)), second)
            try rig.tick()
            try rig.send(.leave, second)
            try rig.tick()
            #expect(second.faults.isEmpty)
            return second
        }
        func isContinued(_ client: RigClient) throws -> Bool {
            guard case .resumed(let resumed)? = try Resumption(in: try #require(client.joined).extensions) else { return false }
            let first = client.frames.compactMap { if case .update(let update) = $0 { update } else { nil } }.first
            #expect(first?.isReset == !resumed.isContinued)
            return resumed.isContinued
        }
        #expect(try isContinued(try comeBack { _, _ in }))
        #expect(try !isContinued(try comeBack { resume, _ in resume.updates += 1 }))
        #expect(try !isContinued(try comeBack { resume, _ in resume.viewTick -= 1 }))
        #expect(try !isContinued(try comeBack { resume, _ in (resume.viewTick, resume.updates) = (0, 0) }))
        #expect(try !isContinued(try comeBack { _, hash in hash = 0 }))
    }

    @Test("kept views are bounded in bytes, in all and each, and in time; the one lost first goes first")
    func bounds() {
        func view() -> SentView {
            var view = SentView(avatar: Entity(world: 2, generation: 1, slot: 1))
            var replica = Replica(ScriptedHost(edgeID: 1).schema, number: 2)
            var (builder, writer) = (ViewBuilder(), ByteWriter())
            replica.begin(5)
            replica.end()
            _ = builder.update(&view, replica, to: &writer)
            return view
        }
        let each = view().byteCount
        var kept = KeptViews(byteLimit: 10 * each)
        for session in 1...30 as ClosedRange<UInt64> { kept.keep(view(), of: session, session << 24, world: 0, now: session) }
        kept.checkInvariants()
        #expect(kept.count == 10 && kept.take(20, world: 0) == nil && kept.take(21, world: 1) == nil && kept.take(21, world: 0) != nil)
        #expect(kept.take(21, world: 0) == nil)
        kept.drop(22 << 24)
        #expect(kept.take(22, world: 0) == nil && kept.count == 8)
        kept.timePassed(now: 25 + EdgeLimits.keptViewTime)
        #expect(kept.count == 5 && kept.take(25, world: 0) == nil)
        kept.keep(view(), of: 26, 99 << 24, world: 0, now: 40)
        #expect(kept.count == 5)
        kept.keep(SentView(avatar: .none), of: 50, 50 << 24, world: 0, now: 40)
        #expect(kept.count == 5, "nothing was sent of it")
        kept.drop(world: 0)
        kept.checkInvariants()
        #expect(kept.count == 0 && kept.byteCount == 0)
    }
}

extension ServerFrame.Joined {
    fileprivate func schemaHash(_ rig: Rig) -> UInt64 { ServedSchema(rig.host.schema).hash }
}
