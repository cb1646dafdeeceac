import OrgeControl
import OrgeSupervisor
import Testing

/// A shell without processes: keeps which children are alive, checks that every directive makes sense, and remembers them.
struct Bench {
    var machine: Supervisor
    var now: UInt64 = 1_000
    var alive: [(child: Child, pid: Int32)] = []
    var nextPid: Int32 = 100
    var log: [SupervisorDirective] = []
    /// What hosts were told of edges; not in the log, which it would fill.
    var rosters: [(host: Child, roster: EdgeRoster)] = []
    var announcements = 0
    var ending: SupervisorDirective?
    /// Children that hang: all others report when time passes.
    var mute: [Child] = []
    /// Children whose next start the system refuses.
    var refusals: [Child] = []
    let plan: SupervisionPlan

    init(_ plan: SupervisionPlan = SupervisionPlan(worlds: ["a", "b"])) {
        self.plan = plan
        machine = Supervisor(plan)
    }

    func pid(_ child: Child) -> Int32? { alive.first { $0.child == child }?.pid }

    mutating func start() { obey(machine.start(now: now)) }

    /// What the machine said to this event, after the shell did it.
    @discardableResult mutating func send(_ event: SupervisorEvent) -> [SupervisorDirective] {
        let before = log.count
        obey(machine.handle(event, now: now))
        return Array(log[before...])
    }

    mutating func obey(_ directives: [SupervisorDirective]) {
        for directive in directives {
            #expect(ending == nil, "\(directive) after the end")
            if case .tell(let host, .edges(let roster)) = directive { rosters.append((host, roster)) } else { log.append(directive) }
            switch directive {
            case .spawn(let child): spawn(child)
            case .signal(let child, _): #expect(pid(child) != nil, "a signal for \(child), who is not alive")
            case .tell(let child, _): #expect(pid(child) != nil, "a word to \(child), who is not alive")
            case .examine, .answerLift: break
            case .announceReady: announcements += 1
            case .notify: break
            case .exit: ending = directive
            }
        }
    }

    private mutating func spawn(_ child: Child) {
        #expect(pid(child) == nil, "\(child) would run twice")
        if let index = refusals.firstIndex(of: child) {
            refusals.remove(at: index)
            obey(machine.handle(.startRefused(child, reason: "no such file"), now: now))
            return
        }
        nextPid += 1
        alive.append((child, nextPid))
        obey(machine.handle(.started(child, pid: nextPid), now: now))
    }

    @discardableResult mutating func die(_ child: Child, _ how: ChildEnd = .killed(signal: 5), lastWords: String = "", remains: Remains = Remains())
        -> [SupervisorDirective]
    {
        alive.removeAll { $0.child == child }
        return send(.exited(child, how, lastWords: lastWords, remains: remains))
    }

    @discardableResult mutating func ready(_ child: Child, tick: UInt64 = 0) -> [SupervisorDirective] {
        switch child {
        case .host(let name):
            send(.reported(child, .hostReady(HostReady(name: name, version: 1, number: 1, schemaHash: 7, incarnation: 1, tick: tick))))
        case .edge: send(.reported(child, .edgeReady(address: "127.0.0.1:9512")))
        case .bots: []
        }
    }

    mutating func status(_ index: Int, tick: UInt64, diskCall: UInt64 = 0, isDiskFull: Bool = false, trouble: String = "") {
        send(
            .reported(
                .host(plan.worlds[index]),
                .hostStatus(
                    HostStatus(
                        tick: tick, hash: tick, incarnation: 1, tickP50Nanoseconds: 1, tickP99Nanoseconds: 2, tickMaxNanoseconds: 3, late: 0, entities: 5,
                        disk: HostDiskStatus(isFull: isDiskFull, trouble: trouble), diskCallNanoseconds: diskCall))))
    }

    /// Up and announced, all worlds at tick 0.
    static func serving(_ plan: SupervisionPlan = SupervisionPlan(worlds: ["a", "b"])) -> Bench {
        var bench = Bench(plan)
        bench.start()
        for name in plan.worlds { bench.ready(.host(name)) }
        for index in 0..<plan.edges { bench.ready(.edge(index)) }
        #expect(bench.announcements == 1)
        bench.log = []
        return bench
    }

    var status: UniverseStatus { machine.status(now: now) }

    @discardableResult mutating func report(_ child: Child) -> [SupervisorDirective] { send(.reported(child, .alive)) }

    /// Moves from deadline to deadline until something follows. All children but the mute ones report meanwhile.
    @discardableResult mutating func wait() -> [SupervisorDirective] {
        for _ in 0..<200 {
            let before = log.count
            guard step() else { return [] }
            if log.count > before { return Array(log[before...]) }
        }
        return []
    }

    /// Moves to the moment when the child is started again.
    mutating func waitForStart(of child: Child) {
        if pid(child) == nil { wait() }
    }

    /// Lets so much time pass.
    @discardableResult mutating func pass(_ nanoseconds: UInt64) -> [SupervisorDirective] {
        let (before, end) = (log.count, now + nanoseconds)
        while ending == nil, step(until: end), now < end {}
        return Array(log[before...])
    }

    /// Moves to the machine's deadline, or to `end` when that comes first.
    private mutating func step(until end: UInt64 = .max) -> Bool {
        guard let deadline = machine.deadline else { return false }
        now = max(now, min(deadline, end))
        for (child, _) in alive where ending == nil && !mute.contains(child) { report(child) }
        if ending == nil, now >= deadline { send(.deadlinePassed) }
        return true
    }
}

let millisecond: UInt64 = 1_000_000
let second: UInt64 = 1_000_000_000
