import OrgeControl
import OrgeSupervisor
import Testing

@Suite("Supervisor: records of other code are settled first") struct SettlingTests {
    static let plan = SupervisionPlan(worlds: ["a", "b"], settles: [2, 0])

    @Test("A settling host that exits 0 is followed by the next, and by the host that serves; only then is the server ready")
    func inTurn() {
        var bench = Bench(Self.plan)
        bench.start()
        bench.ready(.host("b"))
        bench.ready(.edge(0))
        #expect(bench.machine.unsettledCount("a") == 2 && bench.machine.unsettledCount("b") == 0)
        #expect(bench.die(.host("a"), .exited(code: 0)) == [.notify(.settled(name: "a", left: 1)), .spawn(.host("a"))])
        #expect(bench.die(.host("a"), .exited(code: 0)) == [.notify(.settled(name: "a", left: 0)), .spawn(.host("a"))])
        #expect(bench.announcements == 0)
        #expect(bench.ready(.host("a")).last == .announceReady)
    }

    @Test(
        "Any other end of a settling host ends the start with the reason",
        arguments: [
            (ChildEnd.exited(code: 1), "it exited with status 1"), (.killed(signal: 4), "it was ended by signal 4, a trap in its code"),
        ])
    func trap(how: ChildEnd, why: String) {
        var bench = Bench(Self.plan)
        bench.start()
        bench.die(.host("a"), how)
        bench.die(.host("b"))
        bench.die(.edge(0), .exited(code: 0))
        #expect(bench.ending == .exit(code: 1, message: "world a did not start: \(why)"))
    }

    @Test("A settling host that hangs is silent and killed like any that starts")
    func hangs() {
        var bench = Bench(Self.plan)
        bench.start()
        bench.mute = [.host("a")]
        let said = bench.pass(10 * second)
        #expect(said.contains(.notify(.silent(.host("a"), limitNanoseconds: 10 * second))))
        #expect(said.contains(.signal(.host("a"), .kill)))
    }

    @Test("A settling host that says it serves breaks the contract")
    func serves() {
        var bench = Bench(Self.plan)
        bench.start()
        #expect(bench.ready(.host("a")) == [.signal(.host("a"), .kill)])
    }

    @Test("A host that exits 0 with nothing to settle has not started")
    func nothingToSettle() {
        var bench = Bench(Self.plan)
        bench.start()
        bench.die(.host("b"), .exited(code: 0))
        #expect(bench.machine.unsettledCount("b") == 0)
        #expect(bench.pid(.host("b")) == nil)
    }
}
