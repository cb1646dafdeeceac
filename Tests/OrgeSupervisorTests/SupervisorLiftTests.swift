import OrgeControl
import OrgeSupervisor
import Testing

@Suite("Supervisor: an operator lifts measures against faults") struct SupervisorLiftTests {
    private static let answer = LiftAnswer.lifted(tick: 9, ["kind:add (disabled)"])

    private func why(_ said: [SupervisorDirective], _ request: UInt32) -> String? {
        for case .answerLift(request, .refused(let why, _)) in said { return why }
        return nil
    }

    @Test("The world's host is asked, and its answer is given to the request")
    func asked() {
        var bench = Bench.serving()
        #expect(bench.send(.liftRequested(request: 5, world: "b", .kind("add"))) == [.tell(.host("b"), .lift(request: 5, .kind("add")))])
        #expect(bench.send(.reported(.host("b"), .lifted(request: 5, Self.answer))) == [.answerLift(request: 5, Self.answer)])
    }

    @Test("A world that does not run, or is none, refuses at once")
    func away() {
        var bench = Bench.serving()
        #expect(why(bench.send(.liftRequested(request: 1, world: "c", .everything)), 1) == "there is no world c")
        bench.die(.host("a"))
        #expect(why(bench.send(.liftRequested(request: 2, world: "a", .everything)), 2) == "the world a does not run now")
    }

    @Test("The end of the host answers what it had not answered, once")
    func lost() {
        var bench = Bench.serving()
        bench.send(.liftRequested(request: 1, world: "a", .everything))
        bench.send(.liftRequested(request: 2, world: "b", .everything))
        let said = bench.die(.host("a"), .killed(signal: 9))
        #expect(why(said, 1) == "the process of world a ended before it had answered" && why(said, 2) == nil)
        bench.wait()
        bench.ready(.host("a"))
        #expect(why(bench.die(.host("a"), .killed(signal: 9)), 1) == nil)
    }

    @Test("A host that answers what was not asked breaks its contract")
    func unasked() {
        var bench = Bench.serving()
        #expect(bench.send(.reported(.host("a"), .lifted(request: 5, Self.answer))) == [.signal(.host("a"), .kill)])
    }
}
