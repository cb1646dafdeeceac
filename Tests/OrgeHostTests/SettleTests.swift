import OrgeJournal
import OrgeSchema
import OrgeSimulatedDisk
import OrgeWorld
import Testing

@testable import OrgeHost

@Suite("Settling: the code that made a tail runs it, and other code goes on from its image") struct SettleTests {
    /// A life of the world under one code, which ends without an image.
    private static func live(_ rig: HostRig<Tally>, _ code: String, edge id: UInt64) throws {
        try rig.start(codeID: code)
        let edge = rig.addEdge(id: id)
        let anna = edge.join("anna\(id)")
        try rig.settle(rounds: 5)
        for amount in 1...3 { edge.command(anna, TallyBytes.add, TallyBytes.add(UInt64(amount))) }
        try rig.settle(rounds: 5)
    }

    private static func open(_ rig: HostRig<Tally>, _ code: String) throws -> RecoveredJournal {
        try Journal.open(
            rig.storage, schema: WorldEngine.schema(of: Tally.self), number: 3, seedIfNew: rig.seed, codeID: code, holder: 1, settings: JournalSettings(),
            settles: true)
    }

    private static func settle(_ rig: HostRig<Tally>, _ code: String) throws -> UInt64? {
        defer { rig.crash(losesPower: false, seed: 0) }
        return try RecoveredHost.settle(Tally.self, try open(rig, code), codeID: code)
    }

    private static func survey(_ rig: HostRig<Tally>) throws -> JournalSurvey { try #require(try Journal.survey(rig.storage)) }

    @Test("a settled tail leads to the state that it led to before, with a power cut after it as well", arguments: [false, true])
    func settled(losesPower: Bool) throws {
        let rig = HostRig<Tally>()
        try Self.live(rig, "first", edge: 1)
        let (tick, hash, chain) = (rig.tick, rig.machine!.state.stateHash, rig.machine!.state.chain)
        rig.crash(losesPower: false, seed: 0)
        #expect(try Self.survey(rig).unsettled(for: "second").map(\.codeID) == ["first"])
        #expect(try !Journal.isTail(rig.storage, of: "second"))
        #expect(try Journal.isTail(rig.storage, of: "first"))
        #expect(try Self.settle(rig, "first") == tick)
        if losesPower { rig.storage.crash(seed: 7) }
        #expect(try Self.survey(rig).unsettled(for: "second").isEmpty)
        #expect(try Self.settle(rig, "first") == nil, "nothing is left to be settled")
        try rig.start(codeID: "second")
        #expect(rig.tick == tick && rig.machine!.state.stateHash == hash && rig.machine!.state.chain == chain)
    }

    @Test("a tail of several codes is settled stretch by stretch, each by its own")
    func several() throws {
        let rig = HostRig<Tally>()
        var ticks: [UInt64] = []
        for (number, code) in ["first", "second", "third"].enumerated() {
            if number > 0 { _ = try Self.settle(rig, ["first", "second"][number - 1]) }
            try Self.live(rig, code, edge: UInt64(number + 1))
            ticks.append(rig.tick)
            rig.crash(losesPower: false, seed: 0)
        }
        let hash = try {
            try rig.start(codeID: "third"); return rig.machine!.state.stateHash
        }()
        rig.crash(losesPower: false, seed: 0)
        // The images are gone, as if they had been damaged: the whole log is the tail again.
        for name in try rig.storage.list(.images) { try rig.storage.delete(StoragePath(.images, name)) }
        #expect(try Self.survey(rig).unsettled(for: "third").map(\.codeID) == ["first", "second"])
        #expect(throws: StartFailure.self) { try rig.start(codeID: "third") }
        #expect(throws: StartFailure.self, "only the first stretch may be settled") { try Self.settle(rig, "second") }
        #expect(try Self.settle(rig, "first") == ticks[0])
        #expect(try Self.survey(rig).unsettled(for: "third").map(\.codeID) == ["second"])
        #expect(try Self.settle(rig, "second") == ticks[1])
        try rig.start(codeID: "third")
        #expect(rig.tick == ticks[2] && rig.machine!.state.stateHash == hash)
        #expect(try Journal.codeIDs(rig.storage) == ["first", "second", "third"])
    }
}
