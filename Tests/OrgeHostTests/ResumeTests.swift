import OrgeControl
import OrgeLink
import OrgeSchema
import Testing

@testable import OrgeHost

@Suite("Sessions that are resumed by ticket")
struct ResumeTests {
    /// A host with two edges, and a client of the first one that has so many outcomes, none of them acknowledged.
    private static func rig(outcomes: Int = 5) throws -> (HostRig<Tally>, old: TestEdge, new: TestEdge, anna: Int) {
        let rig = try HostRig<Tally>.started()
        let (old, new) = (rig.addEdge(id: 1), rig.addEdge(id: 2))
        old.acknowledges = false
        let anna = old.join("anna")
        try rig.settle(rounds: 3)
        for _ in 0..<outcomes { old.command(anna, TallyBytes.add, TallyBytes.add(1)) }
        try rig.settle(rounds: 5)
        return (rig, old, new, anna)
    }

    private static func resumed(_ client: TestEdge.Client) -> ResumeAnswer.Resumed? {
        if case .resumed(let resumed) = client.resumption { resumed } else { nil }
    }

    @Test("go on with number, avatar and sequences, and bring every outcome after the last one that the client has", arguments: 0...5 as ClosedRange<UInt64>)
    func outcomes(acknowledged: UInt64) throws {
        let (rig, old, new, anna) = try Self.rig()
        let before = old.clients[anna]
        old.end(anna, .detached)
        try rig.settle(rounds: 3)
        let again = new.resume("anna", before, acknowledged: acknowledged)
        try rig.settle(rounds: 3)
        let client = new.clients[again]
        #expect(client.session == before.session && client.avatar == before.avatar && client.nextSequence == 6)
        #expect(Self.resumed(client)?.oldest == acknowledged + 1 && Self.resumed(client)?.fork == nil)
        #expect(client.recalledSequences == Array((acknowledged + 1)..<6))
        let missed = before.outcomes.filter { $0.sequence > acknowledged }
        #expect(client.recalled.map(\.bytes) == missed.map(\.bytes) && client.recalled.map(\.tick) == missed.map(\.tick))
        // And the next command has the next sequence.
        new.command(again, TallyBytes.add, TallyBytes.add(1))
        try rig.settle(rounds: 3)
        #expect(new.clients[again].outcomes.map(\.bytes) == [[0] + TallyBytes.add(6)])
    }

    @Test("are taken from a connection that still has them, which is told; what it sent and was not sealed is dropped, and a copy runs once")
    func newerWins() throws {
        let (rig, old, new, anna) = try Self.rig(outcomes: 2)
        let before = old.clients[anna]
        // Both arrive before the next tick.
        old.command(anna, TallyBytes.add, TallyBytes.add(10))
        let again = new.resume("anna", before, acknowledged: 2)
        try rig.settle(rounds: 3)
        #expect(old.clients[anna].ended == .resumedElsewhere && new.clients[again].nextSequence == 3)
        new.command(again, TallyBytes.add, TallyBytes.add(10))
        old.send(rawCommand: before.session!, 4, TallyBytes.add, TallyBytes.add(100))
        try rig.settle(rounds: 3)
        #expect(new.clients[again].outcomes.map(\.bytes) == [[0] + TallyBytes.add(12)] && rig.machine!.status(at: rig.now).violations == 0)
    }

    @Test("need the ticket of that session and the name of its account; with anything else the client is a newcomer, and is told that it is not known")
    func wrongTickets() throws {
        let (rig, old, new, anna) = try Self.rig()
        let bert = old.join("bert")
        try rig.settle(rounds: 3)
        let (hers, his) = (old.clients[anna], old.clients[bert])
        let guessed = new.resume("anna", hers, acknowledged: 0, ticket: Ticket(high: 1, low: 99))
        let others = new.resume("anna", his, acknowledged: 0, ticket: hers.ticket)
        let account = new.resume("carl", hers, acknowledged: 0)
        let none = new.join("dora", resuming: ResumeRequest(session: 77, proof: .none, acknowledged: 0, incarnation: 1, tick: 0, eventsThrough: 0))
        try rig.settle(rounds: 3)
        #expect([guessed, others, account, none].allSatisfy { new.clients[$0].resumption == .unknown && new.clients[$0].recalled.isEmpty })
        #expect(new.clients[guessed].refusal == .accountInUse && new.clients[others].refusal == .accountInUse)
        #expect(new.clients[account].session != nil && new.clients[none].session != nil)
        #expect(old.clients[anna].ended == nil && old.clients[bert].ended == nil)
    }

    @Test("that claim outcomes which were never given are told of another timeline, and begin after the last one given here")
    func claims() throws {
        let (rig, old, new, anna) = try Self.rig()
        let again = new.resume("anna", old.clients[anna], acknowledged: 1_000)
        try rig.settle(rounds: 3)
        let client = new.clients[again]
        #expect(client.nextSequence == 6 && client.recalled.isEmpty)
        #expect(Self.resumed(client) == .init(oldest: 6, lastIntent: 0, lostEvents: 0, fork: .unknown))
    }

    @Test("survive the host: also when it dies right after the resume, and where the edge lacks so much that it gets an image")
    func hostDies() throws {
        for acknowledges in [true, false] {
            let (rig, old, new, anna) = try Self.rig()
            new.acknowledges = acknowledges
            old.end(anna, .detached)
            try rig.settle(rounds: 2)
            let hash = rig.machine!.state.hostHash
            rig.crash(losesPower: true, seed: 3)
            try rig.restart()
            #expect(rig.machine!.state.hostHash == hash)
            let again = new.resume("anna", old.clients[anna], acknowledged: 3)
            try rig.settle(rounds: 3)
            let first = new.clients[again]
            #expect(first.recalledSequences == [4, 5] && first.session == old.clients[anna].session)
            // Told again with an image: an edge that lacks the answer gets it with what belongs to it.
            new.clients[again].joinAnswers = 0
            new.clients[again].recalled = []
            rig.crash(losesPower: true, seed: 4)
            (new.held, new.lastTick) = (.none, 0)
            try rig.restart()
            try rig.settle(rounds: 3)
            #expect(new.clients[again].recalledSequences == [4, 5])
        }
    }

    @Test("end with the linger; their outcomes are remembered, also over a restart, and the client arrives as a newcomer")
    func ended() throws {
        let (rig, old, new, anna) = try Self.rig()
        let before = old.clients[anna]
        old.end(anna, .detached)
        try rig.settle(rounds: 2)
        rig.turn(after: HostLimits.linger + 1)
        try rig.settle(rounds: 2)
        #expect(rig.machine!.state.table.sessions.isEmpty && rig.machine!.state.table.ended.count == 1)
        rig.crash(losesPower: true, seed: 1)
        try rig.restart()
        let again = new.resume("anna", before, acknowledged: 3)
        try rig.settle(rounds: 2)
        let client = new.clients[again]
        #expect(client.session != before.session && client.session != nil && client.nextSequence == 1)
        #expect(client.resumption == .ended(session: before.session!, oldest: 4, through: 5) && client.recalledSequences == [4, 5])
        // Another connection of the same account asks once more, while it plays.
        let third = new.resume("anna", before, acknowledged: 4)
        try rig.settle(rounds: 2)
        #expect(new.clients[third].refusal == .accountInUse && new.clients[third].recalledSequences == [5])
        // After the memory nothing is known.
        rig.utc += 61_000
        new.command(again, TallyBytes.add, TallyBytes.add(1))
        try rig.settle(rounds: 2)
        #expect(rig.machine!.state.table.ended.count == 0)
        let late = new.resume("anna", before, acknowledged: 4)
        try rig.settle(rounds: 2)
        #expect(new.clients[late].resumption == .unknown)
    }

    @Test("end when the account joins without the ticket: the avatar goes on in another session, and the old one is remembered")
    func byName() throws {
        let (rig, old, new, anna) = try Self.rig()
        let before = old.clients[anna]
        old.end(anna, .detached)
        try rig.settle(rounds: 2)
        let named = new.join("anna")
        try rig.settle(rounds: 2)
        #expect(new.clients[named].avatar == before.avatar && new.clients[named].session != before.session && new.clients[named].nextSequence == 1)
        let again = new.resume("anna", before, acknowledged: 0)
        try rig.settle(rounds: 2)
        #expect(new.clients[again].refusal == .accountInUse && new.clients[again].recalledSequences == [1, 2, 3, 4, 5])
    }

    @Test("that were resumed linger anew: an expiry that was due for the first loss does not end them")
    func lingersAgain() throws {
        let (rig, old, new, anna) = try Self.rig()
        old.end(anna, .detached)
        try rig.settle(rounds: 2)
        rig.turn(after: HostLimits.linger - 1_000_000_000)
        let again = new.resume("anna", old.clients[anna], acknowledged: 5)
        try rig.settle(rounds: 2)
        new.end(again, .detached)
        try rig.settle(rounds: 2)
        rig.turn(after: 2_000_000_000)
        try rig.settle(rounds: 2)
        #expect(rig.machine!.state.table.session(old.clients[anna].session ?? new.clients[again].session!) != nil)
        rig.turn(after: HostLimits.linger)
        try rig.settle(rounds: 2)
        #expect(rig.machine!.state.table.sessions.isEmpty)
    }
}
