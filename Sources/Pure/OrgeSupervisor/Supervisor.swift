import OrgeControl

/// Decides which children run, which are started again, and when to give up: a machine without I/O. Events and the time in, directives out, to be
/// obeyed in their order and before the next event.
///
///     starting ── all ready ──▶ serving ── stop, or no world left ──▶ stopping ── all ended ──▶ ended
///         └────────────────── a child dies ─────────────────────────────▲
///
/// While *starting* any death ends the server with code 1: the operator is there to read why. While *serving* the
/// dead are started again: the first time at once, then after longer and longer waits; a world whose code ends it five times in a
/// row without releasing a tick is `failed`: the edges are told, the others go on. While *stopping* hosts and bots are asked
/// to end first and the edges after them, so that clients hear a close and not silence.
///
/// Time is in nanoseconds from any fixed moment and never goes back.
package struct Supervisor: Sendable {
    enum Phase: Equatable, Sendable {
        case starting(reminderAt: UInt64)
        case serving
        case stopping(Stop)
        case ended
    }

    /// An orderly stop under way.
    struct Stop: Equatable, Sendable {
        enum Stage: Equatable, Sendable { case edges, hosts }
        var stage: Stage
        var deadline: UInt64
        /// The stage's children were killed; what still runs at the next deadline is given up.
        var hasKilled: Bool
        /// Stopping was asked for twice: no child of either stage is waited for.
        var isHurried: Bool
        var code: Int32
        var message: String?
    }

    let plan: SupervisionPlan
    let policy: RestartPolicy
    var phase: Phase
    /// Hosts, as the plan lists their worlds.
    var worlds: [Watched]
    var edges: [Watched]
    var bots = Watched()
    var worldReports: [WorldReport]
    var edgeReports: [EdgeReport]
    /// Edge processes started so far.
    private(set) var lastEdge: UInt32 = 0
    var slots: SlotLedger
    /// By world, as the plan lists them: stretches of its journal that other code has to run first.
    var unsettled: [Int]
    /// Of each world, as the plan lists them.
    var finders: [BlameFinder]
    /// Faults of each world that this server has blamed.
    var faults: [UInt64]
    var lifts: [Lift] = []
    /// When the last event came.
    var lastRun: UInt64 = 0
    /// Directives of the event at hand.
    var out: [SupervisorDirective] = []

    /// - Precondition: the plan has a world and an edge.
    package init(_ plan: SupervisionPlan, policy: RestartPolicy = RestartPolicy()) {
        precondition(!plan.worlds.isEmpty && !policy.delays.isEmpty && policy.deathLimit > 0, "nothing to supervise")
        precondition((1...EdgeRoster.edgesLimit).contains(plan.edges) && plan.start != 0, "no edges, or too many")
        self.plan = plan
        self.policy = policy
        phase = .starting(reminderAt: .max)
        worlds = plan.worlds.map { _ in Watched() }
        worldReports = plan.worlds.map { _ in WorldReport() }
        edges = (0..<plan.edges).map { _ in Watched() }
        edgeReports = edges.map { _ in EdgeReport() }
        unsettled = plan.worlds.indices.map { $0 < plan.settles.count ? plan.settles[$0] : 0 }
        finders = plan.worlds.map { _ in BlameFinder() }
        faults = plan.worlds.map { _ in 0 }
        slots = SlotLedger(limit: plan.clientLimit, edges: plan.edges)
    }

    /// The first directives.
    package mutating func start(now: UInt64) -> [SupervisorDirective] {
        precondition(phase == .starting(reminderAt: .max), "started twice")
        phase = .starting(reminderAt: now + policy.startReminder)
        lastRun = now
        for child in everyone where child != .bots { spawn(child) }
        return drain()
    }

    package mutating func handle(_ event: SupervisorEvent, now: UInt64) -> [SupervisorDirective] {
        precondition(phase != .ended, "an event after the end")
        noteTime(now)
        if case .exited(.host(let name), _, _, _) = event { loseLifts(of: name) }
        switch event {
        case .started(let child, let pid): started(child, pid: pid, now: now)
        case .startRefused(let child, let reason):
            self[child].failure = reason
            ended(child, of: .fault, why: reason, now: now)
        case .reported(let child, let message): reported(child, message, now: now)
        case .broken(let child, let reason): broken(child, reason)
        case .exited(let child, let how, _, _) where hasSettled(child, how): break
        case .exited(let child, let how, let lastWords, let remains): ended(child, how, remains, why: explain(child, how, lastWords), now: now)
        case .sampled(let name, let reading, let time): sampled(name, reading, time: time, now: now)
        case .examined(let name, let blame): examined(name, blame, now: now)
        case .liftRequested(let request, let world, let target): liftRequested(request, world, target)
        case .deadlinePassed: deadlinePassed(now: now)
        case .stopRequested: stopRequested(now: now)
        }
        checkInvariants()
        return drain()
    }

    /// When to send ``SupervisorEvent/deadlinePassed`` next, half a second ahead at the most; nil after the end.
    package var deadline: UInt64? {
        switch phase {
        case .starting(let reminderAt): min(reminderAt, slots.deadline ?? .max, silenceDeadline, startDeadline)
        case .serving: min(slots.deadline ?? .max, silenceDeadline, startDeadline)
        case .stopping(let stop): min(stop.deadline, silenceDeadline)
        case .ended: nil
        }
    }

    /// When the first of the dead is to be started again.
    private var startDeadline: UInt64 {
        everyone.reduce(.max) { soonest, child in
            if case .waiting(let until) = self[child].state { min(soonest, until) } else { soonest }
        }
    }

    subscript(_ child: Child) -> Watched {
        get {
            switch child {
            case .host(let name): worlds[index(of: name)]
            case .edge(let index): edges[index]
            case .bots: bots
            }
        }
        set {
            switch child {
            case .host(let name): worlds[index(of: name)] = newValue
            case .edge(let index): edges[index] = newValue
            case .bots: bots = newValue
            }
        }
    }

    /// In the plan.
    func index(of world: String) -> Int {
        guard let index = plan.worlds.firstIndex(of: world) else { preconditionFailure("no world \(world) is in the plan") }
        return index
    }

    var hosts: [Child] { plan.worlds.map { .host($0) } }

    /// Hosts, then edges, then bots: in the order of starting.
    var everyone: [Child] { hosts + edges.indices.map { .edge($0) } + (plan.hasBots ? [.bots] : []) }

    mutating func spawn(_ child: Child) {
        self[child].begin()
        if case .edge(let index) = child {
            lastEdge += 1
            edgeReports[index].ordinal = lastEdge
        }
        out.append(.spawn(child))
    }

    private mutating func drain() -> [SupervisorDirective] {
        defer { out = [] }
        return out
    }

    func checkInvariants() {
        precondition(bots.state == .idle || plan.hasBots, "bots that were not asked for")
        precondition(worlds.contains { $0.state != .failed } || phase != .serving, "serving without a world")
        precondition(phase != .serving || everyone.allSatisfy { self[$0].silence == nil || self[$0].pid != nil }, "the silence of a child without a process")
        if case .starting = phase { precondition(bots.state == .idle, "bots before there is a server") }
    }
}
