import OrgeControl
import OrgeSupervisor
import Testing

@Suite("Supervisor: stop, kill and faults") struct SupervisorStopTests {
    @Test("Hosts and bots are asked to end first, the edge after them, and the end is 0")
    func orderlyStop() {
        var bench = Bench.serving(SupervisionPlan(worlds: ["a", "b"], hasBots: true))
        let said = bench.send(.stopRequested)
        #expect(said == [.tell(.edge, .stopping), .signal(.world(0), .request), .signal(.world(1), .request), .signal(.bots, .request)])
        #expect(bench.machine.status.worlds.map(\.state) == [.stopping, .stopping])
        bench.die(.world(1), .exited(code: 0))
        #expect(bench.machine.status.worlds.map(\.state) == [.stopping, .stopped])
        bench.die(.bots)
        #expect(bench.die(.world(0), .exited(code: 0)) == [.signal(.edge, .request)])
        #expect(bench.die(.edge, .exited(code: 0)) == [.exit(code: 0, message: nil)])
    }

    @Test("Who does not end when asked to is killed after a while, and the edge still gets its turn")
    func overdue() {
        var bench = Bench.serving()
        bench.send(.stopRequested)
        bench.die(.world(0))
        let asked = bench.now
        #expect(bench.wait() == [.notify(.overdue(.world(1))), .signal(.world(1), .kill)])
        #expect(bench.now - asked == 10 * second)
        #expect(bench.die(.world(1)) == [.signal(.edge, .request)])
        #expect(bench.wait() == [.notify(.overdue(.edge)), .signal(.edge, .kill)])
        #expect(bench.die(.edge) == [.exit(code: 0, message: nil)])
    }

    @Test("A process that not even SIGKILL ends is left behind")
    func unkillable() {
        var bench = Bench.serving(SupervisionPlan(worlds: ["a"]))
        bench.send(.stopRequested)
        for _ in 0..<4 { bench.wait() }
        #expect(bench.ending == .exit(code: 0, message: nil))
    }

    @Test("Asked twice, everybody is killed at once")
    func hurry() {
        var bench = Bench.serving(SupervisionPlan(worlds: ["a"]))
        bench.send(.stopRequested)
        #expect(bench.send(.stopRequested) == [.signal(.world(0), .kill), .signal(.edge, .kill)])
        #expect(bench.send(.stopRequested) == [])
        bench.die(.edge)
        #expect(bench.die(.world(0)) == [.exit(code: 0, message: nil)])
    }

    @Test("A stop while a host waits to be started again does not start it")
    func stopWhileWaiting() {
        var bench = Bench.serving(SupervisionPlan(worlds: ["a"]))
        bench.die(.world(0))
        bench.die(.world(0))
        #expect(bench.pid(.world(0)) == nil)
        #expect(bench.send(.stopRequested) == [.tell(.edge, .stopping), .signal(.edge, .request)])
        #expect(bench.die(.edge) == [.exit(code: 0, message: nil)])
    }

    @Test("In development mode a client may have a world killed; it comes back at once, however often")
    func kill() {
        var bench = Bench.serving(SupervisionPlan(worlds: ["a"], allowsKill: true))
        for _ in 0..<12 {
            #expect(bench.send(.reported(.edge, .killWorld(name: "a"))) == [.notify(.killing(0)), .signal(.world(0), .kill)])
            bench.die(.world(0))
            bench.ready(.world(0))
        }
        #expect(bench.send(.reported(.edge, .killWorld(name: "c"))) == [.notify(.killRefused(name: "c"))])
    }

    @Test("Outside development mode nobody has anything killed")
    func killRefused() {
        var bench = Bench.serving()
        #expect(bench.send(.reported(.edge, .killWorld(name: "a"))) == [.notify(.killRefused(name: "a"))])
    }

    @Test(
        "A child that says what it may not say is killed, and that is why it died",
        arguments: [
            (Child.edge, ChildMessage.edgeReady(address: "again")),
            (.world(0), .edgeReady(address: "x")),
            (.world(0), .killWorld(name: "b")),
            (.world(1), .hostReady(HostReady(name: "b", version: 1, number: 1, schemaHash: 1, incarnation: 1, tick: 1))),
        ])
    func outOfPlace(child: Child, message: ChildMessage) {
        var bench = Bench.serving()
        #expect(bench.send(.reported(child, message)) == [.signal(child, .kill)])
        guard case .notify(.restarting(child, let why, 0)) = bench.die(child).first else {
            Issue.record("not restarted")
            return
        }
        #expect(why.contains("control channel") || why.contains("out of place"))
    }

    @Test("A host that is ready for another world does not count as started")
    func wrongName() {
        var bench = Bench(SupervisionPlan(worlds: ["a"]))
        bench.start()
        let report = HostReady(name: "z", version: 1, number: 1, schemaHash: 1, incarnation: 1, tick: 1)
        #expect(bench.send(.reported(.world(0), .hostReady(report))) == [.signal(.world(0), .kill)])
    }
}
