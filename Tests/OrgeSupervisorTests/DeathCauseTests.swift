import OrgeControl
import OrgeSupervisor
import Testing

@Suite("Supervisor: which deaths count") struct DeathCauseTests {
    /// Kills the host of `a` so many times; it becomes ready each time and releases nothing.
    private static func dying(_ count: Int, _ how: ChildEnd, isReady: Bool = true) -> Bench {
        var bench = Bench.serving()
        for _ in 0..<count where bench.status.worlds[0].state != .failed {
            bench.waitForStart(of: .host("a"))
            if isReady { bench.ready(.host("a")) }
            bench.die(.host("a"), how)
        }
        return bench
    }

    @Test("Signals from outside never fail a world that releases nothing, and it is started again after growing waits", arguments: [1, 2, 3, 9, 10, 15, 24])
    func outside(signal: Int32) {
        var bench = Bench.serving()
        var waits: [UInt64] = []
        for _ in 0..<30 {
            let before = bench.now
            bench.die(.host("a"), .killed(signal: signal))
            bench.waitForStart(of: .host("a"))
            waits.append(bench.now - before)
            bench.ready(.host("a"))
        }
        #expect(waits.prefix(4) == [0, 100 * millisecond, 700 * millisecond, 5 * second] && waits.dropFirst(4).allSatisfy { $0 == 5 * second })
        #expect(bench.status.worlds[0].state == .ready)
    }

    @Test("What a process's own code raises counts, and so does every exit with an error")
    func fault() {
        for signal in DeathCause.faultSignals { #expect(Self.dying(5, .killed(signal: signal)).status.worlds[0].state == .failed) }
        #expect(Self.dying(5, .exited(code: 1)).status.worlds[0].state == .failed)
    }

    @Test("An orderly end that nobody asked for counts only while the host starts")
    func orderlyEnd() {
        #expect(Self.dying(20, .exited(code: 0)).status.worlds[0].state == .restarting)
        #expect(Self.dying(6, .exited(code: 0), isReady: false).status.worlds[0].state == .failed)
    }

    @Test("A kill of our own counts: for a hang and for a broken contract")
    func ourKills() {
        var hung = Bench.serving(SupervisionPlan(worlds: ["a", "b"]))
        for _ in 0..<5 {
            hung.waitForStart(of: .host("a"))
            hung.ready(.host("a"))
            hung.mute = [.host("a")]
            hung.pass(10 * second)
            hung.mute = []
            hung.die(.host("a"), .killed(signal: 9))
        }
        #expect(hung.status.worlds[0].state == .failed)
        var broken = Bench.serving()
        for _ in 0..<5 {
            broken.waitForStart(of: .host("a"))
            broken.send(.reported(.host("a"), .edgeReady(address: "x")))
            broken.die(.host("a"), .killed(signal: 9))
        }
        #expect(broken.status.worlds[0].state == .failed)
    }

    @Test("Kills from outside between other deaths leave their count as it is")
    func mixed() {
        var bench = Bench.serving()
        for round in 1...5 {
            for how in [ChildEnd.killed(signal: 9), .killed(signal: 9), .killed(signal: 5)] {
                bench.waitForStart(of: .host("a"))
                bench.die(.host("a"), how)
            }
            #expect((bench.status.worlds[0].state == .failed) == (round == 5))
        }
    }
}
