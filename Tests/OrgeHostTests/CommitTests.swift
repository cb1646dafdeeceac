import OrgeSimulatedDisk
import OrgeJournal
import OrgeLink
import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

@Suite("The commit of a tick")
struct CommitTests {
    @Test("nothing is released before its record is durable, and everything is afterwards")
    func nothingBeforeDurable() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        let anna = edge.join("anna")
        rig.deliver()
        rig.turn()
        #expect(rig.tick == 1)
        #expect(edge.releases.isEmpty && edge.clients[anna].session == nil)
        try rig.commit()
        #expect(edge.clients[anna].session == 1)
        edge.command(anna, TallyBytes.add, TallyBytes.add(5))
        rig.deliver()
        rig.turn()
        #expect(edge.clients[anna].outcomes.isEmpty)
        try rig.commit()
        #expect(edge.clients[anna].outcomes.map(\.bytes) == [[0] + TallyBytes.add(5)])
    }

    @Test("a paused world seals no tick, takes what comes, and goes on with it")
    func paused() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        let anna = edge.join("anna")
        try rig.settle()
        _ = rig.machine!.handle(.pause, at: rig.now)
        edge.command(anna, TallyBytes.add, TallyBytes.add(5))
        rig.deliver()
        let tick = rig.tick
        for _ in 0..<5 { rig.turn() }
        try rig.commit()
        #expect(rig.tick == tick && edge.clients[anna].outcomes.isEmpty)
        _ = rig.machine!.handle(.resume, at: rig.now)
        rig.turn()
        try rig.commit()
        #expect(edge.clients[anna].outcomes.map(\.bytes) == [[0] + TallyBytes.add(5)])
    }

    @Test("at most eight ticks are executed and not released")
    func boundedInFlight() throws {
        let rig = try HostRig<SteadyTally>.started()
        for _ in 0..<20 { rig.turn(after: 50_000_000) }
        #expect(rig.tick == HostLimits.ticksInFlight)
        try rig.commit()
        rig.turn(after: 50_000_000)
        #expect(rig.tick == HostLimits.ticksInFlight + 1)
        #expect(rig.machine!.status(at: rig.now).lateTicks > 0)
    }

    @Test("an edge may lag by a second in a world in which a hundred thousand entities move")
    func largeTicksAreKept() {
        var output = WorldEngine(Tally.self, number: 1, seed: 1).execute(tick: 1, utcMilliseconds: 0, inputs: [])
        output.changes.bytes = [UInt8](repeating: 0, count: 100_000 * (24 + 8))
        var retained = RetainedTicks(after: 0, chain: 0)
        for tick in 1...20 as ClosedRange<UInt64> {
            output.tick = tick
            retained.append(HeldTick(ExecutedTick(output: output, utcMilliseconds: 0)))
        }
        #expect(retained.before == 0)
    }

    @Test("a start refuses a journal with a decision that it cannot carry out, and names the tick", arguments: [JournalEntry.Kind.skip, .amendment])
    func amendedJournal(_ kind: JournalEntry.Kind) throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        _ = edge.join("anna")
        try rig.settle()
        try rig.writer!.append([JournalEntry(kind, tick: 1, body: [1])])
        rig.crash(losesPower: true, seed: 1)
        #expect { try rig.start() } throws: { "\($0)".contains("the amendment of tick 1 cannot be read") }
    }

    @Test("a failed sync lets nothing out; the new segment does, and a power cut afterwards takes nothing back")
    func failedSync() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        let anna = edge.join("anna")
        rig.deliver()
        rig.turn()
        rig.storage.failNextSync()
        try rig.commit()
        #expect(edge.clients[anna].joinAnswers == 0)
        rig.turn()
        try rig.commit()
        #expect(edge.clients[anna].joinAnswers == 1)
        let (tick, hash) = (rig.tick, rig.machine!.state.stateHash)
        rig.crash(losesPower: true, seed: 5)
        try rig.start()
        #expect(rig.tick == tick && rig.machine!.state.stateHash == hash)
    }

    /// The disk gives an error, and not back what it had. Only an image makes up for that: nothing is released before there is one.
    @Test("durable records that the disk has lost hold releases until an image is written, from which a start goes on")
    func lostRecords() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        let anna = edge.join("anna")
        try rig.settle()
        let answered = edge.clients[anna].outcomes.count
        edge.command(anna, TallyBytes.add, TallyBytes.add(7))
        rig.deliver()
        rig.turn()
        rig.storage.failNextSync()
        let segment = try #require(try rig.storage.list(.journal).last)
        try rig.storage.damage(StoragePath(.journal, segment)) { $0[620] ^= 1 }
        rig.refusesImages = true
        for _ in 0..<3 { try rig.commit() }
        #expect(edge.clients[anna].outcomes.count == answered && rig.imagesWritten == 0 && rig.writer?.loss != nil)
        rig.refusesImages = false
        rig.handle(.imageNeeded(recorded: rig.writer?.recordedThrough ?? 0))
        for _ in 0..<3 { try rig.commit() }
        rig.handle(.durable(through: rig.writer?.durableThrough ?? 0))
        #expect(edge.clients[anna].outcomes.count == answered + 1 && rig.imagesWritten == 1 && rig.writer?.loss == nil)
        let (tick, hash) = (rig.tick, rig.machine!.state.stateHash)
        rig.crash(losesPower: true, seed: 5)
        try rig.start()
        #expect(rig.tick == tick && rig.machine!.state.stateHash == hash)
    }

    @Test("an orderly stop releases everything and leaves an image that code with another id can start from")
    func orderlyStop() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        let anna = edge.join("anna")
        try rig.settle()
        for amount in 1...5 { edge.command(anna, TallyBytes.add, TallyBytes.add(UInt64(amount))) }
        rig.deliver()
        rig.turn()
        rig.handle(.stop)
        try rig.commit()
        #expect(rig.isStopped)
        #expect(edge.clients[anna].outcomes.count == 5)
        let hash = rig.machine!.state.stateHash
        rig.crash(losesPower: false, seed: 0)
        try rig.start(codeID: "beef")
        #expect(rig.machine!.state.stateHash == hash)
    }

    @Test("a stop whose last image cannot be written ends all the same, and the journal has everything")
    func stopWithoutImage() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        let anna = edge.join("anna")
        try rig.settle()
        edge.command(anna, TallyBytes.add, TallyBytes.add(5))
        rig.deliver()
        rig.turn()
        rig.refusesImages = true
        rig.handle(.stop)
        try rig.commit()
        #expect(rig.isStopped)
        #expect(edge.clients[anna].outcomes.count == 1)
        let hash = rig.machine!.state.stateHash
        rig.crash(losesPower: true, seed: 0)
        try rig.start()
        #expect(rig.machine!.state.stateHash == hash)
    }

    @Test("a tail made by other code is refused with the remedy")
    func otherCode() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        _ = edge.join("anna")
        try rig.settle()
        rig.crash(losesPower: false, seed: 0)
        let error = #expect(throws: StartFailure.self) { try rig.start(codeID: "beef") }
        #expect("\(error!)".contains("must be run by it"))
    }

    @Test("a journal that another history wrote is not reproduced, and replay says at which tick")
    func differingReplay() throws {
        var state = HostState(new: WorldEngine(Tally.self, number: 3, seed: 1))
        let anna = HostInput.join(Attachment(edge: 1, number: 1), .guest("anna"), takesOver: false)
        let first = state.seal(tick: 1, utcMilliseconds: 5, lateMicroseconds: 0, inputs: [anna])
        _ = state.run(first, body: first.encoded())
        let second = state.seal(tick: 2, utcMilliseconds: 6, lateMicroseconds: 0, inputs: [])
        var other = HostState(new: WorldEngine(Tally.self, number: 3, seed: 1))
        var changed = first
        changed.inputs = [.join(Attachment(edge: 1, number: 1), .guest("bert"), takesOver: false)]
        _ = try other.replay(changed.encoded())
        #expect(throws: ReplayFailure.differs(tick: 1, expected: second.hashBefore, found: other.stateHash)) {
            _ = try other.replay(second.encoded())
        }
        // What changes nothing of the state changes the chain: when it was, how late, and inputs that fall away.
        let changes: [(inout TickRecord) -> Void] = [
            { $0.utcMilliseconds = 4 }, { $0.lateMicroseconds = 9 }, { $0.inputs.append(.acknowledged(session: 99, sequence: 1)) },
            { $0.inputs.append(.command(session: 99, sequence: 1, kind: 0, payload: TallyBytes.add(1))) },
        ]
        for change in changes {
            var sameState = HostState(new: WorldEngine(Tally.self, number: 3, seed: 1))
            changed = first
            change(&changed)
            _ = try sameState.replay(changed.encoded())
            #expect(throws: ReplayFailure.broken(tick: 2)) { _ = try sameState.replay(second.encoded()) }
        }
    }

    @Test("the time that a tick is given never goes back, whatever the system's clock does")
    func calendar() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        let anna = edge.join("anna")
        try rig.settle()
        for jump in [5_000, -3_600_000, 0, 10, -1] as [Int64] {
            rig.utc = rig.utc.advanced(by: Int(jump))
            edge.command(anna, TallyBytes.add, TallyBytes.add(1))
            try rig.settle(rounds: 3)
        }
        let times = edge.releases.map(\.head.utcMilliseconds)
        #expect(times.count >= 6 && times == times.sorted())
    }

    @Test("an image is due when a restart would repeat much, and costs no more than a twentieth of the time")
    func imagePolicy() {
        var policy = ImagePolicy(tick: 0, executed: 0, bytes: 0)
        policy.executed = HostLimits.replayBudget - 1
        #expect(!policy.isDue)
        policy.executed += 1
        #expect(policy.isDue)
        policy.began(5, at: 0)
        #expect(!policy.isDue && policy.isInFlight && policy.isReading)
        policy.read(at: 1_000_000_000)
        #expect(policy.publishable(durable: 4) == nil, "published before the log is durable")
        #expect(policy.publishable(durable: 5) == 5 && policy.publishable(durable: 6) == nil, "published twice")
        policy.written(5)
        policy.executed = 19_999_999_999
        #expect(!policy.isDue)
        policy.executed = 20_000_000_000
        #expect(policy.isDue)
        policy.executed = 0
        policy.bytes = HostLimits.replayBytes
        #expect(policy.isDue && policy.tick == 5)
    }
}
