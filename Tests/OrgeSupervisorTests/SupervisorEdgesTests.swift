import OrgeControl
import OrgeSupervisor
import Testing

@Suite("Supervisor: several edges") struct SupervisorEdgesTests {
    static let plan = SupervisionPlan(worlds: ["a", "b"], edges: 3, clientLimit: 4, start: 7, allowsKill: true)

    @Test("The server is ready when every edge is; each has an id of its own, and so has each of its successors")
    func start() {
        var bench = Bench(Self.plan)
        bench.start()
        for name in ["a", "b"] { bench.ready(.host(name)) }
        #expect(bench.ready(.edge(2)) == [] && bench.ready(.edge(0)) == [])
        #expect(bench.ready(.edge(1)) == [.announceReady])
        var ids = (0..<3).map { bench.machine.edgeID($0) }
        for _ in 0..<3 {
            bench.die(.edge(1))
            if bench.pid(.edge(1)) == nil { bench.wait() }
            ids.append(bench.machine.edgeID(1))
        }
        #expect(ids == (1...6).map { EdgeRoster.id(start: 7, ordinal: $0) })
    }

    @Test("Hosts are told of a dead edge, before its successor is started; a host that comes back is told when it is ready")
    func rosters() throws {
        var bench = Bench.serving(Self.plan)
        let (dead, others) = (bench.machine.edgeID(1), [bench.machine.edgeID(0), bench.machine.edgeID(2)])
        bench.rosters = []
        bench.die(.edge(1))
        #expect(bench.rosters.map(\.host) == [.host("a"), .host("b")])
        let successor = bench.machine.edgeID(1)
        for (_, roster) in bench.rosters {
            #expect(roster.isGone(dead) && !roster.isGone(successor) && !others.contains(where: roster.isGone))
        }
        bench.die(.host("b"))
        bench.ready(.host("b"))
        let last = try #require(bench.rosters.last)
        #expect(last.host == .host("b") && last.roster.isGone(dead) && !last.roster.isGone(successor))
        #expect(last.roster.isGone(EdgeRoster.id(start: 8, ordinal: 1)), "an edge of an earlier supervisor")
    }

    @Test("An edge that dies while its host is away is told of when the host comes back")
    func deathWhileHostIsAway() throws {
        var bench = Bench.serving(Self.plan)
        bench.die(.host("a"))
        bench.die(.host("a"))
        #expect(bench.pid(.host("a")) == nil)
        let dead = bench.machine.edgeID(0)
        bench.rosters = []
        bench.die(.edge(0))
        #expect(bench.rosters.map(\.host) == [.host("b")])
        bench.wait()
        bench.ready(.host("a"))
        let last = try #require(bench.rosters.last)
        #expect(last.host == .host("a") && last.roster.isGone(dead))
    }

    @Test("Any edge may ask for a kill; every edge is told of a failed world and of the stop")
    func messages() {
        var bench = Bench.serving(Self.plan)
        for index in 0..<3 {
            #expect(bench.send(.reported(.edge(index), .killWorld(name: "b"))).contains(.signal(.host("b"), .kill)))
            bench.die(.host("b"))
            bench.ready(.host("b"))
        }
        for _ in 0..<5 {
            bench.die(.host("a"))
            if bench.pid(.host("a")) == nil { bench.wait() }
        }
        for index in 0..<3 { #expect(bench.log.contains(.tell(.edge(index), .worldFailed(name: "a")))) }
        let said = bench.send(.stopRequested)
        #expect(said == (0..<3).map { .tell(.edge($0), .stopping) } + (0..<3).map { .signal(.edge($0), .request) })
        bench.die(.edge(1))
        bench.die(.edge(0))
        #expect(bench.die(.edge(2)) == [.signal(.host("b"), .request)])
        #expect(bench.die(.host("b")) == [.exit(code: 0, message: nil)])
    }

    @Test("The clients of all edges share one limit; what a dead edge had comes back")
    func slots() {
        var bench = Bench.serving(Self.plan)
        for _ in 0..<3 { #expect(bench.send(.reported(.edge(0), .slotsNeeded(count: 1))) == [.tell(.edge(0), .slots(count: 1))]) }
        #expect(bench.send(.reported(.edge(1), .slotsNeeded(count: 2))) == [.tell(.edge(1), .slots(count: 1))])
        #expect(
            bench.send(.reported(.edge(2), .slotsNeeded(count: 2)))
                == [.tell(.edge(0), .recallSlots(count: 2)), .tell(.edge(1), .recallSlots(count: 2))])
        #expect(bench.send(.reported(.edge(0), .slotsReturned(count: 0))) == [])
        #expect(bench.send(.reported(.edge(1), .slotsReturned(count: 0))) == [.tell(.edge(2), .slots(count: 0))])
        bench.die(.edge(0))
        #expect(bench.send(.reported(.edge(2), .slotsNeeded(count: 2))) == [.tell(.edge(2), .slots(count: 2))])
    }

    @Test("A login waits no longer than the patience for an edge that hangs")
    func hangingEdge() {
        var bench = Bench.serving(Self.plan)
        bench.send(.reported(.edge(0), .slotsNeeded(count: 4)))
        let asked = bench.now
        #expect(bench.send(.reported(.edge(1), .slotsNeeded(count: 1))) == [.tell(.edge(0), .recallSlots(count: 1))])
        #expect(bench.wait() == [.tell(.edge(1), .slots(count: 0))])
        #expect(bench.now - asked == 500 * millisecond)
        #expect(bench.send(.reported(.edge(0), .slotsReturned(count: 1))) == [])
        #expect(bench.send(.reported(.edge(1), .slotsNeeded(count: 1))) == [.tell(.edge(1), .slots(count: 1))])
    }

    @Test(
        "An edge that says of slots what it may not say is killed",
        arguments: [ChildMessage.slotsReturned(count: 0), .slotsReturned(count: 1), .slotsNeeded(count: 0)])
    func outOfPlace(message: ChildMessage) {
        var bench = Bench.serving(Self.plan)
        #expect(bench.send(.reported(.edge(1), message)) == [.signal(.edge(1), .kill)])
    }

    @Test("A second request before the answer to the first is out of place, and so is more back than was asked for")
    func greedy() {
        var bench = Bench.serving(Self.plan)
        bench.send(.reported(.edge(0), .slotsNeeded(count: 4)))
        bench.send(.reported(.edge(1), .slotsNeeded(count: 1)))
        #expect(bench.send(.reported(.edge(1), .slotsNeeded(count: 1))) == [.signal(.edge(1), .kill)])
        #expect(bench.send(.reported(.edge(0), .slotsReturned(count: 2))) == [.signal(.edge(0), .kill)])
    }

    @Test("Hosts may not ask for slots")
    func hostAsks() {
        var bench = Bench.serving(Self.plan)
        #expect(bench.send(.reported(.host("a"), .slotsNeeded(count: 1))) == [.signal(.host("a"), .kill)])
    }
}
