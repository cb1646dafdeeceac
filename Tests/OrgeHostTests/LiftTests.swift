import OrgeControl
import OrgeJournal
import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

/// Measures against faults that an operator lifts.
@Suite("Lifting measures against faults")
struct LiftTests {
    private struct Unexpected: Error {}

    /// A host whose guests have disabled `put` for guests, one after the other.
    private static func disabled() throws -> (HostRig<Fragile>, TestEdge) {
        let (rig, edge) = try HostRig<Fragile>.withEdge()
        let clients = (0..<3).map { edge.join("guest\($0)") }
        try rig.settle(rounds: 5)
        for client in clients {
            edge.command(client, FragileBytes.put, FragileBytes.put(FragileBytes.poison))
            rig.deliver()
            rig.turn()
            try rig.recoverFromFailure(records: true)
            try rig.settle(rounds: 3)
        }
        #expect(rig.failures == 3)
        return (rig, edge)
    }

    private func code(_ edge: TestEdge, _ client: Int) -> UInt8? { edge.clients[client].outcomes.last.map { $0.bytes[0] == 0 ? 0 : $0.bytes[1] } }

    @Test("a kind that is lifted runs again, a suspended account not before it is lifted as well, and a replay does the same")
    func kindAndAccount() throws {
        let (rig, edge) = try Self.disabled()
        let other = edge.join("other")
        try rig.settle(rounds: 3)
        func put(_ client: Int) throws -> UInt8? {
            edge.command(client, FragileBytes.put, FragileBytes.put(1))
            try rig.settle(rounds: 3)
            return code(edge, client)
        }
        #expect(try put(other) == Refusal.Code.kindDisabled.rawValue)
        rig.handle(.lift(request: 7, .kind("put")))
        #expect(rig.liftAnswers.isEmpty, "nothing is answered before it is durable")
        rig.turn()
        #expect(rig.liftAnswers.isEmpty)
        try rig.commit()
        guard case .lifted(let tick, let measures) = try #require(rig.liftAnswers[7]) else { throw Unexpected() }
        #expect(tick == rig.tick && measures.count == 1 && measures[0].hasPrefix("kind:put (disabled for guests until "))
        #expect(try put(other) == 0 && put(0) == Refusal.Code.suspended.rawValue)
        rig.handle(.lift(request: 8, .account("guest0")))
        try rig.settle(rounds: 3)
        #expect(try put(0) == 0 && put(1) == Refusal.Code.suspended.rawValue)
        let live = Hashes(rig.machine!.state)
        var last = Hashes()
        try RecoveredHost.replay(Fragile.self, try Journal.inspect(rig.storage)) { _, _, state in last = Hashes(state) }
        #expect(last == live)
        rig.crash(losesPower: true, seed: 1)
        try rig.restart()
        #expect(Hashes(rig.machine!.state) == live)
    }

    @Test("to disable a kind that was lifted takes as many accounts as the first time")
    func again() throws {
        let (rig, edge) = try Self.disabled()
        rig.handle(.lift(request: 1, .everything))
        try rig.settle(rounds: 3)
        for (index, expected) in [0, 0, 1].enumerated() {
            edge.command(index, FragileBytes.put, FragileBytes.put(FragileBytes.poison))
            rig.deliver()
            rig.turn()
            try rig.recoverFromFailure(records: true)
            try rig.settle(rounds: 3)
            #expect(rig.machine!.state.faults.disabled.count == expected, "\(index)")
            #expect(rig.contained?.amendment.strikes == 1, "everything forgets strikes as well")
        }
    }

    @Test("a suspended system and the entities that were set aside for one run again")
    func systems() throws {
        let rig = try HostRig<FragileTwice>.withFuse()
        try rig.recoverFromFailure(records: true)
        #expect(rig.machine!.state.engine.restraints.setAside.count == 1)
        rig.isMended = true
        rig.handle(.lift(request: 1, .system("Burn")))
        try rig.settle(rounds: 2)
        guard case .lifted(_, let measures) = try #require(rig.liftAnswers[1]) else { throw Unexpected() }
        #expect(measures == ["system:Burn (1 entity set aside)"] && rig.machine!.state.engine.restraints.isEmpty)
    }

    @Test("what matches nothing is refused at once, with what is in force, and seals nothing")
    func noMatch() throws {
        let (rig, _) = try Self.disabled()
        let tick = rig.tick
        let targets: [(LiftTarget, String)] = [
            (.kind("plant"), "nothing of the world fragile is lifted by kind:plant"), (.kind("fly"), "the world fragile has no command fly; it has put, plant"),
            (.system("Burn"), "nothing of the world fragile is lifted by system:Burn"), (.system("Rust"), "the world fragile has no system Rust"),
            (.account("nobody"), "nothing of the world fragile is lifted by account:nobody"),
        ]
        for (number, (target, expected)) in targets.enumerated() {
            rig.handle(.lift(request: UInt32(number), target))
            guard case .refused(let why, let hint) = try #require(rig.liftAnswers[UInt32(number)]) else { throw Unexpected() }
            #expect(why.hasPrefix(expected), "\(why)")
            #expect(hint.contains("kind:put (disabled for guests until ") && hint.contains("account:guest2 (suspended until "), "\(hint)")
        }
        #expect(rig.machine!.lifts.isEmpty)
        rig.turn()
        #expect(rig.tick == tick, "a world on demand has nothing to do")
    }

    @Test("no more requests wait at once than the limit, and a host that stops refuses them")
    func limits() throws {
        let (rig, _) = try Self.disabled()
        for number in 0...UInt32(HostLimits.liftRequests) { rig.handle(.lift(request: number, .everything)) }
        guard case .refused = try #require(rig.liftAnswers[UInt32(HostLimits.liftRequests)]) else { throw Unexpected() }
        try rig.settle(rounds: 2)
        #expect(rig.liftAnswers.count == HostLimits.liftRequests + 1)
        let (other, _) = try Self.disabled()
        other.handle(.stop)
        other.handle(.lift(request: 1, .everything))
        guard case .refused(let why, _) = try #require(other.liftAnswers[1]) else { throw Unexpected() }
        #expect(why == "the world fragile stops")
    }
}
