import OrgeControl
import OrgeSchema
import OrgeSupervisor
import Testing

@Suite("Supervisor: what a host died of") struct SupervisorBlameTests {
    static let command = FlightEntry(phase: .command, tick: 9, source: .session(3), sequence: 5, kind: 2, account: AccountID(raw: 4))
    static let system = FlightEntry(phase: .system, tick: 9, system: 1)
    static let bound: UInt64 = second

    static func reading(_ entry: FlightEntry, step: UInt64 = 40, trap: FlightTrap? = nil) -> FlightReading {
        FlightReading(run: 1, thread: 70, step: step, entry: entry, trap: trap)
    }

    static func trapped(_ entry: FlightEntry, _ signal: Int32 = 4, thread: UInt32 = 70) -> Remains {
        Remains(reading: reading(entry, trap: FlightTrap(signal: signal, thread: thread)))
    }

    static func blame(_ entry: FlightEntry, _ signal: Int32 = 4) -> Blame { Blame(entry: entry, cause: .signal(signal)) }

    @Test("A trap on the thread of world code blames what it ran; the next host is told until one is ready", arguments: [4, 5, 6, 7, 8, 11] as [Int32])
    func trap(signal: Int32) {
        var bench = Bench.serving()
        let said = bench.die(.host("a"), .killed(signal: signal), remains: Self.trapped(Self.command, signal))
        let blame = Self.blame(Self.command, signal)
        #expect(said.first == .notify(.blamed(name: "a", blame)))
        #expect(said.contains(.spawn(.host("a"))) && said.last == .examine(name: "a", blame, isAwaited: false))
        #expect(bench.machine.blame(of: "a") == blame && bench.machine.blame(of: "b") == nil)
        #expect(bench.status.worlds.map(\.faults) == [1, 0])
        bench.die(.host("a"), .killed(signal: 9))
        bench.wait()
        #expect(bench.machine.blame(of: "a") == blame, "the next host was killed before it had done anything")
        bench.ready(.host("a"), tick: 9)
        #expect(bench.machine.blame(of: "a") == nil)
    }

    @Test("Every other death blames nothing")
    func blind() {
        let idle = FlightEntry(tick: 9)
        let deaths: [(ChildEnd, Remains)] = [
            (.killed(signal: 9), Remains()),
            (.killed(signal: 9), Remains(reading: Self.reading(Self.command))),
            (.killed(signal: 4), Remains(reading: Self.reading(Self.command))),  // the signal was sent from outside: no trap is noted
            (.killed(signal: 4), Self.trapped(Self.command, 4, thread: 71)),  // another thread's bug
            (.killed(signal: 4), Self.trapped(idle)),  // the host's own bug
            (.killed(signal: 4), Self.trapped(FlightEntry(phase: .engine, tick: 9))),
            (.killed(signal: 9), Self.trapped(Self.command)),  // killed from outside while it wrote its last words
            (.exited(code: 1), Remains(reading: Self.reading(Self.command))),
            (.exited(code: 0), Self.trapped(Self.command)),
        ]
        for (how, remains) in deaths {
            var bench = Bench.serving()
            bench.die(.host("a"), how, remains: remains)
            #expect(bench.machine.blame(of: "a") == nil && bench.status.worlds[0].faults == 0, "\(how) \(remains)")
        }
    }

    @Test("The start after a system's trap waits for the entity that the examination finds")
    func examination() {
        var bench = Bench.serving()
        let blame = Self.blame(Self.system)
        let said = bench.die(.host("a"), .killed(signal: 4), remains: Self.trapped(Self.system))
        #expect(said == [.notify(.blamed(name: "a", blame)), .examine(name: "a", blame, isAwaited: true)])
        #expect(bench.pass(second) == [])
        var found = blame
        found.entry.entity = Entity(raw: 77)
        #expect(bench.send(.examined(name: "a", found)) == [.spawn(.host("a"))])
        #expect(bench.machine.blame(of: "a") == found)
        #expect(bench.send(.examined(name: "a", blame)) == [], "a late second answer starts nothing")
    }

    @Test("An examination that does not end holds a world up for ten seconds, no longer")
    func examinationTimeout() {
        var bench = Bench.serving()
        bench.die(.host("a"), .killed(signal: 4), remains: Self.trapped(Self.system))
        #expect(bench.pass(10 * second - 1) == [])
        #expect(bench.pass(1) == [.spawn(.host("a"))])
        #expect(bench.machine.blame(of: "a") == Self.blame(Self.system))
    }

    @Test("One input that uses more processor time than the bound is suspected once and blamed the second time")
    func processorTime() {
        var bench = Bench.serving()
        bench.send(.sampled(name: "a", Self.reading(Self.command), processorTime: 100))
        #expect(bench.send(.sampled(name: "a", Self.reading(Self.command), processorTime: 99 + Self.bound)) == [])
        #expect(bench.send(.sampled(name: "a", Self.reading(Self.command), processorTime: 100 + Self.bound)) == [.signal(.host("a"), .kill)])
        #expect(bench.send(.sampled(name: "a", Self.reading(Self.command), processorTime: 200 + Self.bound)) == [], "one SIGKILL is enough")
        let first = bench.die(.host("a"), .killed(signal: 9), remains: Remains(reading: Self.reading(Self.command)))
        #expect(first.first == .notify(.suspected(name: "a", Self.command)) && first.last == .spawn(.host("a")))
        #expect(bench.machine.blame(of: "a") == nil)
        // In the replay the step is another one, the work is the same.
        bench.send(.sampled(name: "a", Self.reading(Self.command, step: 7), processorTime: 5))
        #expect(bench.send(.sampled(name: "a", Self.reading(Self.command, step: 7), processorTime: 5 + Self.bound)) == [.signal(.host("a"), .kill)])
        let blame = Blame(entry: Self.command, cause: .processorTime(boundNanoseconds: Self.bound))
        let second = bench.die(.host("a"), .killed(signal: 9), remains: Remains(reading: Self.reading(Self.command, step: 7)))
        #expect(second.first == .notify(.blamed(name: "a", blame)) && bench.machine.blame(of: "a") == blame)
    }

    @Test("A tick that is slow by many inputs is told once, and none of them is killed or blamed")
    func slowTick() {
        var bench = Bench.serving()
        var said: [SupervisorDirective] = []
        for step in 0..<100 {
            var entry = Self.command
            entry.sequence = UInt64(step)
            said += bench.send(.sampled(name: "a", Self.reading(entry, step: UInt64(step)), processorTime: UInt64(step) * Self.bound / 10))
        }
        #expect(said == [.notify(.slowTick(name: "a", tick: 9))])
    }

    @Test("Work that got on between the last look and the kill is not suspected")
    func escaped() {
        var bench = Bench.serving()
        bench.send(.sampled(name: "a", Self.reading(Self.command), processorTime: 0))
        bench.send(.sampled(name: "a", Self.reading(Self.command), processorTime: Self.bound))
        let said = bench.die(.host("a"), .killed(signal: 9), remains: Remains(reading: Self.reading(Self.command, step: 41)))
        #expect(!said.contains(.notify(.suspected(name: "a", Self.command))) && said.last == .spawn(.host("a")))
        #expect(bench.machine.blame(of: "a") == nil)
    }

    @Test("A host whose long tick gets on is not silent; one whose step stands still is")
    func longTick() {
        var bench = SilenceTests.bench(mute: .host("a"))
        for step in 0..<100 {
            bench.pass(second / 2)
            bench.send(.sampled(name: "a", Self.reading(Self.command, step: UInt64(step)), processorTime: UInt64(step)))
        }
        #expect(bench.log == [])
        bench.pass(10 * second)
        #expect(bench.log.contains(.signal(.host("a"), .kill)))
    }

    @Test("Wall time blames nothing: a recorder that stands still without processor time is a paused machine")
    func paused() {
        var bench = Bench.serving()
        for _ in 0..<1_000 { #expect(bench.send(.sampled(name: "a", Self.reading(Self.command), processorTime: 123)) == []) }
    }

    @Test("The engine's own work and time between ticks have no bound")
    func engineWork() {
        var bench = Bench.serving()
        for phase in [FlightPhase.idle, .engine] {
            let entry = FlightEntry(phase: phase, tick: 9)
            for time in 0..<20 {
                let said = bench.send(.sampled(name: "a", Self.reading(entry), processorTime: UInt64(time) * Self.bound))
                #expect(!said.contains(.signal(.host("a"), .kill)))
            }
        }
    }

    @Test("Without a bound no time is judged")
    func noBound() {
        var plan = SupervisionPlan(worlds: ["a"])
        plan.blame = BlamePolicy(processorMilliseconds: 0)
        var bench = Bench.serving(plan)
        for time in 0..<20 { #expect(bench.send(.sampled(name: "a", Self.reading(Self.command), processorTime: UInt64(time) * 10 * second)) == []) }
    }

    @Test("A host that the kernel kills for memory at the same input twice has that input blamed; once, or SIGKILL alone, proves nothing")
    func memory() {
        var bench = Bench.serving()
        let remains = Remains(reading: Self.reading(Self.command), ranOutOfMemory: true)
        bench.die(.host("a"), .killed(signal: 9), remains: remains)
        #expect(bench.machine.blame(of: "a") == nil)
        bench.wait()
        bench.die(.host("a"), .killed(signal: 9), remains: Remains(reading: Self.reading(Self.command)))
        #expect(bench.machine.blame(of: "a") == nil)
        bench.wait()
        bench.die(.host("a"), .killed(signal: 9), remains: remains)
        #expect(bench.machine.blame(of: "a") == Blame(entry: Self.command, cause: .memory))
    }

    @Test("A suspicion of one kind is no proof of another, nor of other work")
    func suspicions() {
        var bench = Bench.serving()
        bench.die(.host("a"), .killed(signal: 9), remains: Remains(reading: Self.reading(Self.command), ranOutOfMemory: true))
        bench.wait()
        bench.die(.host("a"), .killed(signal: 9), remains: Remains(reading: Self.reading(Self.system), ranOutOfMemory: true))
        #expect(bench.machine.blame(of: "a") == nil)
    }

    @Test("Blamed deaths do not give a world up as blind ones do; the same work again and again does")
    func givingUp() {
        var bench = Bench.serving()
        for sequence in 0..<20 {
            var entry = Self.command
            entry.tick = UInt64(sequence)
            bench.die(.host("a"), .killed(signal: 4), remains: Self.trapped(entry))
            bench.untilAlive(.host("a"))
            bench.ready(.host("a"), tick: entry.tick)
        }
        #expect(bench.status.worlds[0].state == .ready)
        var lives = 0
        while bench.status.worlds[0].state != .failed, lives < 100 {
            bench.die(.host("a"), .killed(signal: 4), remains: Self.trapped(Self.command))
            if bench.status.worlds[0].state != .failed { bench.untilAlive(.host("a")) }
            lives += 1
        }
        #expect(lives == bench.plan.blame.sameWorkLimit + 1)
    }

    @Test("A world whose every input crashes is given up too")
    func endlessPoison() {
        var bench = Bench.serving()
        var lives = 0
        while bench.status.worlds[0].state != .failed, lives < 1_000 {
            var entry = Self.command
            entry.sequence = UInt64(lives)
            bench.die(.host("a"), .killed(signal: 4), remains: Self.trapped(entry))
            lives += 1
            guard bench.status.worlds[0].state != .failed else { break }
            bench.untilAlive(.host("a"))
            bench.ready(.host("a"), tick: 0)
        }
        #expect(lives == bench.plan.blame.inRowLimit + 1)
    }

    @Test("A start that traps ends a server that starts, in one sentence and after one death; and its world in one that serves")
    func startTraps() {
        let entry = FlightEntry(phase: .start)
        var starting = Bench()
        starting.start()
        starting.die(.host("a"), .killed(signal: 4), lastWords: "Main.swift:3: Fatal error\nand more", remains: Self.trapped(entry))
        for child in [Child.host("b"), .edge(0)] where starting.pid(child) != nil { starting.die(child, .exited(code: 0)) }
        let why = "it was ended by signal 4, a trap in its code; its last words: Main.swift:3: Fatal error and more; its executable shows where with `--fast 0`"
        #expect(starting.ending == .exit(code: 1, message: "world a did not start: its `start` traps or does not end: \(why)"))
        var serving = Bench.serving()
        serving.die(.host("a"))
        serving.die(.host("a"), .killed(signal: 4), remains: Self.trapped(entry))
        #expect(serving.status.worlds.map(\.state) == [.failed, .ready])
    }

    @Test("A server that starts replays past a poisonous tail")
    func poisonousTail() {
        var bench = Bench()
        bench.start()
        let said = bench.die(.host("a"), .killed(signal: 4), remains: Self.trapped(Self.command))
        #expect(said.contains(.spawn(.host("a"))) && bench.machine.blame(of: "a") != nil)
        bench.die(.host("b"), .killed(signal: 4), remains: Self.trapped(Self.system))
        bench.send(.examined(name: "b", Self.blame(Self.system)))
        for name in ["a", "b"] { bench.ready(.host(name)) }
        bench.ready(.edge(0))
        #expect(bench.announcements == 1)
    }

    @Test("A host that says it must not be started again is not")
    func stopped() {
        var bench = Bench.serving()
        bench.die(.host("a"))
        bench.send(.reported(.host("a"), .stopped(message: "its policy stops it")))
        let said = bench.die(.host("a"), .exited(code: 1))
        #expect(said.first == .notify(.worldFailed(name: "a", why: "its policy stops it")) && bench.status.worlds[0].state == .failed)
    }

    @Test("A host whose journal another host has is not started again, and its world is fenced")
    func fenced() {
        var bench = Bench.serving()
        bench.send(.reported(.host("a"), .fenced(message: "another host has it")))
        let said = bench.die(.host("a"), .exited(code: 1))
        #expect(said.first == .notify(.fenced(name: "a", why: "another host has it")) && bench.status.worlds[0].state == .fenced)
        bench.pass(1_500_000_000)
        #expect(bench.pid(.host("a")) == nil && bench.status.worlds[0].state == .fenced)
        bench.send(.reported(.host("b"), .fenced(message: "that one too")))
        bench.die(.host("b"), .exited(code: 1))
        bench.die(.edge(0), .exited(code: 0))
        #expect(bench.ending == .exit(code: 1, message: "no world is left: world b is fenced: that one too"))
    }

    @Test("A stop waits for no examination")
    func stopWhileExamining() {
        var bench = Bench.serving()
        bench.die(.host("a"), .killed(signal: 4), remains: Self.trapped(Self.system))
        bench.send(.stopRequested)
        #expect(bench.send(.examined(name: "a", Self.blame(Self.system))) == [])
        bench.die(.edge(0), .exited(code: 0))
        bench.die(.host("b"), .exited(code: 0))
        #expect(bench.ending == .exit(code: 0, message: nil))
    }
}

extension Bench {
    /// Lets time pass until the child has been started again.
    mutating func untilAlive(_ child: Child) {
        for _ in 0..<10 where pid(child) == nil { wait() }
        #expect(pid(child) != nil)
    }
}
