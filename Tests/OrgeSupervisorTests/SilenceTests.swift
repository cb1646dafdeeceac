import OrgeControl
import OrgeSupervisor
import Testing

@Suite("Supervisor: children that hang") struct SilenceTests {
    static let plan = SupervisionPlan(worlds: ["a", "b"], edges: 2, hasBots: true)
    static let hung = "it hung: it reported nothing for 10 s, and was killed"

    /// Serving, and the child reports no more.
    static func bench(mute child: Child, _ plan: SupervisionPlan = plan) -> Bench {
        var bench = Bench.serving(plan)
        bench.mute = [child]
        return bench
    }

    @Test("A host that reports nothing is silent after two seconds, for the edges too, and is killed after ten")
    func silentHost() {
        var bench = Self.bench(mute: .host("a"))
        #expect(bench.pass(2 * second - 1) == [])
        let said: [SupervisorDirective] = [
            .notify(.silent(.host("a"), limitNanoseconds: 10 * second)), .tell(.edge(0), .worldSilent(name: "a")), .tell(.edge(1), .worldSilent(name: "a")),
        ]
        #expect(bench.pass(1) == said)
        bench.pass(3 * second)
        #expect(bench.status.worlds.map(\.state) == [.silent, .ready] && bench.status.worlds.map(\.silent) == [5 * second, 0])
        #expect(bench.status.worlds[0].pid == bench.pid(.host("a")))
        #expect(bench.pass(5 * second - 1) == [])
        #expect(bench.pass(1) == [.signal(.host("a"), .kill)])
        #expect(bench.pass(20 * second) == [], "one SIGKILL is enough")
        let restart: [SupervisorDirective] = [.notify(.restarting(.host("a"), why: Self.hung, afterNanoseconds: 0)), .spawn(.host("a"))]
        #expect(bench.die(.host("a")) == restart)
        #expect(bench.status.worlds[0].silent == 0)
    }

    @Test("A host that reports again in time is back as the same process")
    func respondingHost() {
        var bench = Self.bench(mute: .host("a"))
        bench.pass(9 * second)
        let said: [SupervisorDirective] = [
            .notify(.responds(.host("a"), afterNanoseconds: 9 * second)), .tell(.edge(0), .worldResponds(name: "a")),
            .tell(.edge(1), .worldResponds(name: "a")),
        ]
        #expect(bench.report(.host("a")) == said)
        #expect(bench.status.worlds[0].state == .ready)
        #expect(bench.pass(2 * second - 1) == [], "and has all its time again")
    }

    @Test("An edge and the bots are killed likewise, and started again", arguments: [Child.edge(1), .bots])
    func others(child: Child) {
        var bench = Self.bench(mute: child)
        let said = bench.pass(10 * second)
        #expect(said == [.notify(.silent(child, limitNanoseconds: 10 * second)), .signal(child, .kill)])
        #expect(bench.die(child) == [.notify(.restarting(child, why: Self.hung, afterNanoseconds: 0)), .spawn(child)])
    }

    @Test("Any message is a report")
    func anyMessage() {
        var bench = Self.bench(mute: .host("a"))
        for tick in 1...20 {
            bench.pass(second)
            bench.status(0, tick: UInt64(tick))
        }
        #expect(bench.log == [])
    }

    @Test("Without a limit a silent child is shown, and never killed")
    func noLimit() {
        var plan = Self.plan
        plan.silence = SilencePolicy(limitSeconds: 0)
        var bench = Self.bench(mute: .edge(0), plan)
        #expect(bench.pass(3_600 * second) == [.notify(.silent(.edge(0), limitNanoseconds: nil))])
        #expect(bench.status.edges.map(\.silent) == [3_600 * second, 0])
    }

    @Test("A limit below two seconds holds too")
    func shortLimit() {
        var plan = Self.plan
        plan.silence = SilencePolicy(limitSeconds: 1)
        var bench = Self.bench(mute: .edge(0), plan)
        #expect(bench.pass(second - 1) == [])
        #expect(bench.pass(1) == [.notify(.silent(.edge(0), limitNanoseconds: second)), .signal(.edge(0), .kill)])
    }

    @Test("A host that hangs while all start ends the server, with the reason")
    func hungStart() {
        var bench = Bench(SupervisionPlan(worlds: ["a"]))
        bench.mute = [.host("a")]
        bench.start()
        bench.ready(.edge(0))
        #expect(bench.pass(10 * second).contains(.signal(.host("a"), .kill)))
        bench.die(.host("a"))
        bench.die(.edge(0))
        #expect(bench.ending == .exit(code: 1, message: "world a did not start: \(Self.hung)"))
    }

    @Test("A start that gets on is never cut short")
    func longStart() {
        var bench = Bench(SupervisionPlan(worlds: ["a"]))
        bench.start()
        bench.ready(.edge(0))
        #expect(bench.pass(600 * second).allSatisfy { $0 == .notify(.stillWaiting([.host("a")])) })
        #expect(bench.status.worlds[0].state == .starting)
    }

    @Test("Five hangs in a row are given up like five deaths, however long each life was", arguments: [true, false])
    func fiveHangs(isReadyFirst: Bool) {
        var bench = Self.bench(mute: .host("a"))
        for _ in 0..<4 {
            bench.pass(10 * second)
            bench.die(.host("a"))
            bench.waitForStart(of: .host("a"))
            if isReadyFirst { bench.ready(.host("a")) }
        }
        bench.pass(10 * second)
        let said = bench.die(.host("a"))
        #expect(said.first == .notify(.worldFailed(name: "a", why: Self.hung)))
        #expect(bench.status.worlds.map(\.state) == [.failed, .ready])
    }

    @Test("A call of the disk at a start lasts as long as it lasts: the world is paused, not silent, and is not killed")
    func storageAtStart() {
        var bench = Self.bench(mute: .host("a"))
        bench.die(.host("a"))
        bench.send(.reported(.host("a"), .inStorage))
        #expect(bench.status.worlds[0].paused == nil, "most calls are short")
        #expect(bench.pass(600 * second) == [])
        #expect(bench.status.worlds[0].paused == .storage && bench.status.worlds[0].state == .restarting && bench.status.worlds[0].silent == 0)
        #expect(bench.report(.host("a")) == [])
        #expect(bench.status.worlds[0].paused == nil)
        #expect(bench.pass(10 * second) == [.notify(.silent(.host("a"), limitNanoseconds: 10 * second)), .signal(.host("a"), .kill)])
    }

    @Test("A journal that waits for its disk pauses the world while the host reports")
    func storageLater() {
        var bench = Bench.serving(Self.plan)
        for call in [0, 1 * millisecond, 999 * millisecond, second, 3_600 * second] as [UInt64] {
            bench.status(0, tick: 3, diskCall: call)
            #expect(bench.status.worlds.map(\.paused) == [call >= second ? .storage : nil, nil])
        }
        #expect(bench.pass(600 * second) == [])
        bench.die(.host("a"))
        bench.ready(.host("a"))
        #expect(bench.status.worlds[0].paused == nil, "another process")
    }

    @Test("An edge makes no calls of the disk that it would announce")
    func edgeInStorage() {
        var bench = Bench.serving(Self.plan)
        #expect(bench.send(.reported(.edge(0), .inStorage)) == [.signal(.edge(0), .kill)])
    }

    @Test("A gap in the supervisor's own clock starts the deadlines again", arguments: [second + 1, 60 * second, 86_400 * second])
    func gap(gap: UInt64) {
        var bench = Self.bench(mute: .host("a"))
        bench.pass(9 * second)
        bench.now += gap
        #expect(bench.pass(0) == [], "no child is killed for reports that the supervisor did not read")
        #expect(bench.status.worlds[0].state == .silent, "it has not reported all the same")
        #expect(bench.pass(10 * second - 1) == [])
        #expect(bench.pass(1) == [.signal(.host("a"), .kill)])
    }

    @Test("After a gap a child that reported before it has its two seconds again, in whatever order children report")
    func gapOfHealthy() {
        var bench = Self.bench(mute: .host("a"))
        bench.pass(second)
        bench.now += 30 * second
        #expect(bench.report(.host("b")) == [])
        #expect(bench.pass(2 * second - 1) == [])
        #expect(bench.status.worlds.map(\.state) == [.ready, .ready])
        #expect(bench.pass(1).first == .notify(.silent(.host("a"), limitNanoseconds: 10 * second)))
    }

    @Test("An ordinary wait is no gap: the machine asks for its next turn in time")
    func beats() {
        let bench = Bench.serving(Self.plan)
        #expect(bench.machine.deadline! - bench.now <= SilencePolicy().clockGap / 2)
    }

    @Test("A stop has deadlines of its own, and a gap does not count in them")
    func stopping() {
        var bench = Self.bench(mute: .edge(0))
        bench.pass(second)
        bench.send(.stopRequested)
        bench.now += 30 * second
        #expect(bench.pass(0) == [])
        bench.mute = Self.plan.worlds.map { .host($0) } + [.edge(0), .edge(1), .bots]
        let said = bench.pass(3 * second)
        #expect(said.contains(.notify(.overdue(.edge(0)))) && !said.contains { if case .notify(.silent) = $0 { true } else { false } })
    }
}
