import OrgeControl
import OrgeLink
import OrgeSchema
import Testing

@testable import OrgeHost

@Suite("What a session that is resumed has missed")
struct ResumeBoundsTests {
    private static func resumed(_ client: TestEdge.Client) throws -> ResumeAnswer.Resumed {
        guard case .resumed(let resumed) = client.resumption else { throw NotResumed() }
        return resumed
    }

    private struct NotResumed: Error {}

    @Test("are its newest reliable events up to a bound, in order and each once; beyond it is told how many there were", arguments: [0, 1, 2, 20, 40])
    func events(cries: Int) throws {
        let rig = try HostRig<Crier>.started()
        let (old, new) = (rig.addEdge(id: 1), rig.addEdge(id: 2))
        let (anna, bert) = (old.join("anna"), old.join("bert"))
        try rig.settle(rounds: 4)
        let (before, through) = (old.clients[anna], rig.machine!.state.tick)
        old.end(anna, .detached)
        try rig.settle(rounds: 2)
        for number in 0..<cries {
            old.command(bert, 0, [0, UInt8(number)])
            try rig.settle(rounds: 2)
        }
        let again = new.resume("anna", before, acknowledged: 0, eventsThrough: through)
        try rig.settle(rounds: 3)
        let client = new.clients[again]
        let numbers = client.recalled.compactMap { entry in if case .event = entry.kind { Int(entry.bytes[1]) } else { nil } }
        let all = (0..<cries).flatMap { Array(repeating: $0, count: Crier.echoes) }
        let most = HostLimits.eventBytesRecalled / (Crier.bytes + HostLimits.eventHeadBytes)
        #expect(numbers == all.suffix(most))
        let lost = Int(try Self.resumed(client).lostEvents)
        // Exactly while all are kept; beyond that events of a tick at the edge of what is remembered may count as well.
        let isKept = all.count * (Crier.bytes + HostLimits.eventHeadBytes) <= HostLimits.eventBytesKept
        let expected = all.count - numbers.count
        #expect(lost >= expected && lost <= expected + (isKept ? 0 : 2 * Crier.echoes), "\(lost) of \(expected)")
        // What came is claimed as such: nothing comes twice.
        new.end(again, .detached)
        try rig.settle(rounds: 2)
        let third = old.resume("anna", before, acknowledged: 0, eventsThrough: rig.machine!.state.tick)
        try rig.settle(rounds: 3)
        #expect(old.clients[third].recalled.isEmpty)
        #expect(try Self.resumed(old.clients[third]).lostEvents == 0)
    }

    @Test("are outcomes from the oldest that is kept: those that were acknowledged, or proven by a command, are too old")
    func tooOld() throws {
        let rig = try HostRig<Tally>.started()
        let (old, new) = (rig.addEdge(id: 1), rig.addEdge(id: 2))
        old.acknowledges = false
        let anna = old.join("anna")
        try rig.settle(rounds: 3)
        // A command says that the outcome 256 before it has come: no credit reaches further.
        for _ in 0..<6 {
            for _ in 0..<50 { old.command(anna, TallyBytes.add, TallyBytes.add(1)) }
            try rig.settle(rounds: 6)
        }
        let before = old.clients[anna]
        #expect(before.outcomes.count == 300 && rig.machine!.status(at: rig.now).violations == 0)
        var holder = new.resume("anna", before, acknowledged: 10)
        try rig.settle(rounds: 3)
        #expect(try Self.resumed(new.clients[holder]).oldest == 45)
        #expect(new.clients[holder].recalledSequences == Array(45...300))
        // Said once that 290 have come, it cannot be taken back.
        for (claimed, oldest) in [(290, 291), (100, 291), (299, 300)] as [(UInt64, UInt64)] {
            holder = new.resume("anna", before, acknowledged: claimed)
            try rig.settle(rounds: 3)
            #expect(try Self.resumed(new.clients[holder]).oldest == oldest)
            #expect(new.clients[holder].recalledSequences == Array(oldest...300))
        }
        // Nor after the session has ended.
        new.end(holder, .detached)
        try rig.settle(rounds: 2)
        rig.turn(after: HostLimits.linger + 1)
        try rig.settle(rounds: 2)
        let late = new.resume("anna", before, acknowledged: 0)
        try rig.settle(rounds: 2)
        #expect(new.clients[late].resumption == .ended(session: before.session!, oldest: 300, through: 300))
        #expect(new.clients[late].recalledSequences == [300])
    }
}
