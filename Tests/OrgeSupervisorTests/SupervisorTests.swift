import OrgeControl
import OrgeSupervisor
import Testing

@Suite("Supervisor: start and restart") struct SupervisorTests {
    @Test("Everything is started at once, and announced when all of it is ready")
    func start() {
        var bench = Bench(SupervisionPlan(worlds: ["a", "b"], hasBots: true))
        bench.start()
        #expect(bench.log == [.spawn(.host("a")), .spawn(.host("b")), .spawn(.edge(0))])
        #expect(bench.ready(.edge(0)) == [])
        #expect(bench.ready(.host("b")) == [])
        #expect(bench.status.worlds.map(\.state) == [.starting, .ready])
        #expect(bench.ready(.host("a")) == [.announceReady, .spawn(.bots)])
    }

    @Test("A child that fails before all are ready ends the server with its own word, the others first")
    func failedStart() {
        var bench = Bench()
        bench.start()
        bench.ready(.edge(0))
        bench.send(.reported(.host("b"), .failed(message: "the journal is damaged")))
        let last = bench.die(.host("b"), .exited(code: 1), lastWords: "noise")
        #expect(last == [.tell(.edge(0), .stopping), .signal(.edge(0), .request)])
        #expect(bench.die(.edge(0), .exited(code: 0)) == [.signal(.host("a"), .request)])
        #expect(bench.die(.host("a")) == [.exit(code: 1, message: "world b did not start: the journal is damaged")])
    }

    @Test("A failed start without a word of its own is explained by status and last lines")
    func failedStartLastWords() {
        var bench = Bench(SupervisionPlan(worlds: ["a"]))
        bench.start()
        bench.die(.edge(0), .exited(code: 0))
        bench.die(.host("a"), .exited(code: 3), lastWords: "cannot open x")
        #expect(bench.ending == .exit(code: 1, message: "the edge did not start: it exited with status 0"))
    }

    @Test("A program that cannot be run ends the server, and who was to be spawned after it ends too")
    func refusedStart() {
        var bench = Bench()
        bench.refusals = [.host("a")]
        bench.start()
        #expect(bench.ending == nil)
        #expect(bench.log.contains(.signal(.edge(0), .request)))
        bench.die(.edge(0))
        #expect(bench.log.contains(.signal(.host("b"), .request)))
        bench.die(.host("b"))
        #expect(bench.ending == .exit(code: 1, message: "world a did not start: no such file"))
    }

    @Test("A start that takes long is remarked on again and again, and not cut short")
    func slowStart() {
        var bench = Bench()
        bench.start()
        bench.ready(.host("a"))
        for _ in 0..<3 { #expect(bench.wait() == [.notify(.stillWaiting([.host("b"), .edge(0)]))]) }
    }

    @Test("A dead host is started again at once")
    func restartAtOnce() {
        var bench = Bench.serving()
        let said = bench.die(.host("a"))
        #expect(said == [.notify(.restarting(.host("a"), why: "it was ended by signal 5, a trap in its code", afterNanoseconds: 0)), .spawn(.host("a"))])
        #expect(bench.status.worlds[0].state == .restarting)
        #expect(bench.status.worlds[0].pid == nil)
        #expect(bench.ready(.host("a"), tick: 0) == [.notify(.back(.host("a")))])
        #expect(bench.status.worlds[0].pid == bench.pid(.host("a")))
    }

    @Test("Five deaths in a row without a released tick fail a world; the edge is told, also the next one; the others go on")
    func fiveDeaths() {
        var bench = Bench.serving()
        var waits: [UInt64] = []
        for _ in 0..<4 {
            let before = bench.now
            bench.die(.host("a"))
            bench.waitForStart(of: .host("a"))
            waits.append(bench.now - before)
            bench.ready(.host("a"))
        }
        #expect(waits == [0, 100 * millisecond, 700 * millisecond, 5 * second])
        let why = "it was ended by signal 5, a trap in its code"
        #expect(bench.die(.host("a")) == [.notify(.worldFailed(name: "a", why: why)), .tell(.edge(0), .worldFailed(name: "a"))])
        #expect(bench.status.worlds.map(\.state) == [.failed, .ready])
        // Before it is ready, since it waits for the worlds that have not failed.
        let restart = bench.die(.edge(0)) + bench.wait()
        #expect(restart.contains(.tell(.edge(0), .worldFailed(name: "a"))))
        #expect(bench.ready(.edge(0)) == [.notify(.back(.edge(0)))])
        #expect(bench.ending == nil)
    }

    @Test("A released tick between deaths starts the count again")
    func progress() {
        var bench = Bench.serving(SupervisionPlan(worlds: ["a"]))
        for round in 1...50 {
            bench.status(0, tick: UInt64(round))
            bench.die(.host("a"))
            bench.waitForStart(of: .host("a"))
            bench.ready(.host("a"), tick: UInt64(round))
        }
        #expect(bench.ending == nil)
    }

    @Test("A tick that was not reported before the death, but was recovered, counts as released")
    func recoveredProgress() {
        var bench = Bench.serving(SupervisionPlan(worlds: ["a"]))
        for round in 1...20 {
            bench.die(.host("a"))
            bench.waitForStart(of: .host("a"))
            bench.ready(.host("a"), tick: UInt64(round))
        }
        #expect(bench.ending == nil)
    }

    @Test("Steady lives are restarted at once every time; short ones wait although they released a tick")
    func steadyLife() {
        var bench = Bench.serving(SupervisionPlan(worlds: ["a"]))
        func waits(life: UInt64) -> [UInt64] {
            (1...5).map { round in
                bench.status(0, tick: UInt64(round) + bench.now)
                bench.now += life
                let death = bench.now
                bench.die(.host("a"))
                bench.waitForStart(of: .host("a"))
                defer { bench.ready(.host("a"), tick: UInt64(round) + bench.now) }
                return bench.now - death
            }
        }
        #expect(waits(life: second) == [0, 0, 0, 0, 0])
        #expect(waits(life: millisecond) == [100 * millisecond, 700 * millisecond, 5 * second, 5 * second, 5 * second])
    }

    @Test("A world on demand without clients is not failed for ticks that it need not release")
    func idleWorld() {
        var bench = Bench.serving(SupervisionPlan(worlds: ["a"]))
        for _ in 0..<20 {
            bench.now += 11 * second
            bench.die(.host("a"))
            #expect(bench.pid(.host("a")) != nil)
            bench.ready(.host("a"))
        }
    }

    @Test("The last world that fails ends the server with code 1")
    func noWorldLeft() {
        var bench = Bench.serving(SupervisionPlan(worlds: ["a"]))
        for _ in 0..<5 {
            bench.die(.host("a"), .exited(code: 134))
            bench.waitForStart(of: .host("a"))
        }
        #expect(bench.log.contains(.tell(.edge(0), .stopping)))
        bench.die(.edge(0))
        #expect(bench.ending == .exit(code: 1, message: "no world is left: world a failed last: it exited with status 134"))
    }

    @Test("Edge and bots are started again for ever", arguments: [Child.edge(0), .bots])
    func forever(child: Child) {
        var bench = Bench.serving(SupervisionPlan(worlds: ["a"], hasBots: true))
        for _ in 0..<30 {
            bench.die(child)
            bench.waitForStart(of: child)
            #expect(bench.pid(child) != nil)
        }
        #expect(bench.ending == nil)
    }
}
