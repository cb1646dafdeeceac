import OrgeControl
import OrgeSupervisor
import Testing

@Suite("Supervisor: stop, kill and faults") struct SupervisorStopTests {
    @Test("Edges and bots are asked to end first, for the hosts still answer what clients sent; hosts after them, and the end is 0")
    func orderlyStop() {
        var bench = Bench.serving(SupervisionPlan(worlds: ["a", "b"], hasBots: true))
        let said = bench.send(.stopRequested)
        #expect(said == [.tell(.edge(0), .stopping), .signal(.edge(0), .request), .signal(.bots, .request)])
        #expect(bench.status.worlds.map(\.state) == [.stopping, .stopping])
        bench.die(.bots)
        #expect(bench.die(.edge(0), .exited(code: 0)) == [.signal(.host("a"), .request), .signal(.host("b"), .request)])
        bench.die(.host("b"), .exited(code: 0))
        #expect(bench.status.worlds.map(\.state) == [.stopping, .stopped])
        #expect(bench.die(.host("a"), .exited(code: 0)) == [.exit(code: 0, message: nil)])
    }

    @Test("A process that does not end when asked to is killed after a while, and the hosts still get their turn")
    func overdue() {
        var bench = Bench.serving()
        bench.send(.stopRequested)
        #expect(bench.wait() == [.notify(.overdue(.edge(0))), .signal(.edge(0), .kill)])
        let killed = bench.die(.edge(0))
        #expect(killed == [.signal(.host("a"), .request), .signal(.host("b"), .request)])
        bench.die(.host("a"))
        let asked = bench.now
        #expect(bench.wait() == [.notify(.overdue(.host("b"))), .signal(.host("b"), .kill)])
        #expect(bench.now - asked == 10 * second)
        #expect(bench.die(.host("b")) == [.exit(code: 0, message: nil)])
    }

    @Test("A process that not even SIGKILL ends is given up")
    func unkillable() {
        var bench = Bench.serving(SupervisionPlan(worlds: ["a"]))
        bench.send(.stopRequested)
        for _ in 0..<4 { bench.wait() }
        #expect(bench.ending == .exit(code: 0, message: nil))
    }

    @Test("Asked twice, the supervisor kills every child at once")
    func hurry() {
        var bench = Bench.serving(SupervisionPlan(worlds: ["a"]))
        bench.send(.stopRequested)
        #expect(bench.send(.stopRequested) == [.signal(.host("a"), .kill), .signal(.edge(0), .kill)])
        #expect(bench.send(.stopRequested) == [])
        bench.die(.edge(0))
        #expect(bench.die(.host("a")) == [.exit(code: 0, message: nil)])
    }

    @Test("A stop while a host waits to be started again does not start it")
    func stopWhileWaiting() {
        var bench = Bench.serving(SupervisionPlan(worlds: ["a"]))
        bench.die(.host("a"))
        bench.die(.host("a"))
        #expect(bench.pid(.host("a")) == nil)
        #expect(bench.send(.stopRequested) == [.tell(.edge(0), .stopping), .signal(.edge(0), .request)])
        #expect(bench.die(.edge(0)) == [.exit(code: 0, message: nil)])
    }

    @Test("In development mode a client may have a world killed; it comes back at once, however often")
    func kill() {
        var bench = Bench.serving(SupervisionPlan(worlds: ["a"], allowsKill: true))
        for _ in 0..<12 {
            #expect(bench.send(.reported(.edge(0), .killWorld(name: "a"))) == [.notify(.killing(name: "a")), .signal(.host("a"), .kill)])
            bench.die(.host("a"))
            bench.ready(.host("a"))
        }
        #expect(bench.send(.reported(.edge(0), .killWorld(name: "c"))) == [.notify(.killRefused(name: "c"))])
    }

    @Test("Outside development mode no client has a world killed")
    func killRefused() {
        var bench = Bench.serving()
        #expect(bench.send(.reported(.edge(0), .killWorld(name: "a"))) == [.notify(.killRefused(name: "a"))])
    }

    @Test(
        "A child that says what it may not say is killed, and that is why it died",
        arguments: [
            (Child.edge(0), ChildMessage.edgeReady(address: "again")),
            (.host("a"), .edgeReady(address: "x")),
            (.host("a"), .killWorld(name: "b")),
            (.host("b"), .hostReady(HostReady(name: "b", version: 1, number: 1, schemaHash: 1, incarnation: 1, tick: 1))),
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
        #expect(bench.send(.reported(.host("a"), .hostReady(report))) == [.signal(.host("a"), .kill)])
    }
}
