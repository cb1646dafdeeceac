import OrgeControl
import OrgeSupervisor
import Testing

@Suite("Supervisor: a disk that is full or fails") struct DiskTests {
    static let why = "the disk's own words"
    static let kinds: [(ChildMessage, PauseReason)] = [(.noRoom(message: why), .storage), (.storageFailed(message: why), .storageError)]

    /// The host of `a` has died, and the disk refuses each start of it.
    private static func bench(starts: Int, _ message: ChildMessage = kinds[0].0) -> Bench {
        var bench = Bench.serving()
        bench.die(.host("a"))
        for _ in 0..<starts { failStart(&bench, message) }
        return bench
    }

    private static func failStart(_ bench: inout Bench, _ message: ChildMessage) {
        bench.waitForStart(of: .host("a"))
        bench.send(.reported(.host("a"), message))
        bench.die(.host("a"), .exited(code: 1))
    }

    @Test("A world whose starts the disk refuses is never given up, is started every second, and is paused meanwhile", arguments: kinds)
    func patience(message: ChildMessage, reason: PauseReason) {
        var bench = Self.bench(starts: 100, message)
        #expect(bench.status.worlds.map(\.state) == [.restarting, .ready] && bench.status.worlds.map(\.paused) == [reason, nil])
        #expect(bench.status.worlds[0].trouble == (reason == .storageError ? Self.why : nil))
        let restart = SupervisorDirective.notify(.restarting(.host("a"), why: Self.why, afterNanoseconds: second))
        #expect(bench.log.filter { $0 == restart }.count == 100)
        bench.waitForStart(of: .host("a"))
        bench.ready(.host("a"), tick: 7)
        #expect(bench.status.worlds.map(\.paused) == [nil, nil] && bench.status.worlds[0].state == .ready)
    }

    @Test("Other deaths are counted as before, and those caused by the disk count for nothing between them")
    func otherDeaths() {
        var bench = Self.bench(starts: 20)
        // With the first one, the fifth in a row without a released tick.
        for _ in 0..<4 {
            #expect(bench.status.worlds[0].state != .failed)
            bench.waitForStart(of: .host("a"))
            bench.die(.host("a"), .exited(code: 1))
        }
        #expect(bench.status.worlds[0].state == .failed && bench.status.worlds[0].paused == nil)
    }

    @Test("A ready world that says that its disk is full or fails is paused until it says otherwise")
    func running() {
        var bench = Bench.serving()
        bench.status(0, tick: 1, isDiskFull: true)
        #expect(bench.status.worlds[0].paused == .storage && bench.status.worlds[0].state == .ready)
        bench.status(0, tick: 1)
        #expect(bench.status.worlds[0].paused == nil)
        bench.status(0, tick: 1, isDiskFull: true, trouble: Self.why)
        #expect(bench.status.worlds[0].paused == .storageError && bench.status.worlds[0].trouble == Self.why)
        bench.status(0, tick: 1)
        #expect(bench.status.worlds[0].paused == nil && bench.status.worlds[0].trouble == nil)
    }

    @Test("The first start on a full disk fails, as any first start does")
    func firstStart() {
        var bench = Bench(SupervisionPlan(worlds: ["a"]))
        bench.start()
        bench.send(.reported(.host("a"), .noRoom(message: Self.why)))
        bench.die(.host("a"), .exited(code: 1))
        bench.die(.edge(0), .exited(code: 0))
        #expect(bench.ending == .exit(code: 1, message: "world a did not start: \(Self.why)"))
    }
}
