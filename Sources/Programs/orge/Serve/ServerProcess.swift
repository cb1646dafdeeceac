import Glibc
import OrgeSupervisor
import OrgeSystem

/// `orge serve`: obeys the supervisor machine. One thread, one loop; nothing in it waits but the loop itself.
final class ServerProcess {
    let plan: ServerPlan
    let signals: SignalQueue
    let standardOutput: Console
    let standardError: Console
    var machine: Supervisor
    var children: [RunningChild] = []
    /// One for each world.
    let recorders: [WorldRecorder]
    var nextSample: UInt64 = 0
    var examiners: [Examiner] = []
    /// nil before the server is ready, or when history is not to be checked.
    var historyChecker: HistoryChecker?
    var controlClients: [ControlClient] = []
    /// The number of the last request to a host.
    var lastLift: UInt32 = 0
    /// No new clients before; see ``acceptControlClients(now:)``.
    var acceptsFrom: UInt64 = 0
    private var events: [SupervisorEvent] = []
    private var isStopping = false
    /// The first line of standard output says where the server is; events come after it.
    var isAnnounced = false
    var exit: (code: Int32, message: String?)?

    init(_ plan: ServerPlan) throws {
        self.plan = plan
        signals = try SignalQueue([SIGTERM, SIGINT, SIGHUP])
        standardOutput = try Console(STDOUT_FILENO)
        standardError = try Console(STDERR_FILENO)
        recorders = try plan.worlds.map { try WorldRecorder($0.name) }
        machine = Supervisor(plan.supervision)
        for notice in plan.worlds.flatMap(\.code.notices) { standardError.print("orge: \(notice)") }
        for warning in plan.warnings { standardError.print("orge: warning: \(warning)") }
        try raiseDescriptorLimit()
    }

    /// Serves until the end, and returns the exit code.
    func run() throws -> Int32 {
        obey(machine.start(now: monotonicNanoseconds()))
        settle()
        while exit == nil { try turn() }
        try plan.folder.remove(ControlSocket.name)
        if let message = exit?.message { standardError.print("orge: \(message)") }
        announceEnd()
        return exit?.code ?? 1
    }

    /// Waits for something to happen, and lets everything that happened take effect.
    private func turn() throws {
        let isAccepting = monotonicNanoseconds() >= acceptsFrom
        var awaited = [signals.descriptor.number, isAccepting ? plan.controlListener.descriptor.number : signals.descriptor.number].map { Awaited($0) }
        awaited += children.flatMap(\.awaited) + controlClients.map(\.awaited) + examiners.flatMap(\.awaited) + (historyChecker?.awaited ?? [])
        let consoles = [standardOutput, standardError].compactMap(\.awaited)
        let ready = waitUntilReady(awaited + consoles, timeoutMilliseconds: timeout(now: monotonicNanoseconds()))
        let now = monotonicNanoseconds()

        if ready[0] { while try signals.next() != nil { requestStop() } }
        let watched = children
        for (index, child) in watched.enumerated() {
            let first = 2 + 3 * index
            try drain(child, ready: ready[first..<first + 3], now: now)
        }
        sampleRecorders(now: now)
        hearExaminers(now: now)
        checkHistory(now: now)
        if let deadline = machine.deadline, now >= deadline, exit == nil { handle(.deadlinePassed) }
        let clients = controlClients
        for (index, client) in clients.enumerated() { serve(client, isReady: ready[2 + 3 * watched.count + index], now: now) }
        if isAccepting, ready[1] { acceptControlClients(now: now) }
        standardOutput.flush()
        standardError.flush()
    }

    private func timeout(now: UInt64) -> Int32? {
        let ours = [machine.deadline, acceptsFrom > now ? acceptsFrom : nil, nextSample].compactMap { $0 } + examiners.map(\.deadline)
        let deadlines = ours + children.compactMap(\.closureDeadline) + controlClients.map(\.deadline)
        guard let next = deadlines.min() else { return nil }
        // Rounded up: a moment too early would be a turn for nothing, many times over.
        let milliseconds = next > now ? (next - now + 999_999) / 1_000_000 : 0
        return Int32(min(milliseconds, 60_000))
    }

    private func drain(_ running: RunningChild, ready: ArraySlice<Bool>, now: UInt64) throws {
        let turn = try running.drain(ready: ready, now: now)
        for line in turn.lines { standardError.print("[\(label(running.child))] \(line)") }
        if turn.hasEnded { children.removeAll { $0 === running } }
        for event in turn.events where exit == nil {
            if case .exited(let child, let how, let lastWords, _) = event, turn.hasEnded {
                handle(.exited(child, how, lastWords: lastWords, remains: remains(of: running)))
            } else {
                handle(event)
            }
        }
    }

    private func requestStop() {
        if !isStopping { announceStop() }
        isStopping = true
        handle(.stopRequested)
    }

    /// Answers a directive that is being obeyed: the event waits for the directives after it.
    func answer(_ event: SupervisorEvent) { events.append(event) }

    func handle(_ event: SupervisorEvent) {
        events.append(event)
        settle()
    }

    /// Obeying a directive may be an event in turn (a started child); it waits for the directives before it.
    private func settle() {
        while !events.isEmpty, exit == nil {
            let event = events.removeFirst()
            obey(machine.handle(event, now: monotonicNanoseconds()))
        }
    }

    private func obey(_ directives: [SupervisorDirective]) {
        for directive in directives {
            switch directive {
            case .spawn(let child): events.append(spawn(child))
            case .signal(let child, .request): send(SIGTERM, to: child)
            case .signal(let child, .kill): send(SIGKILL, to: child)
            case .tell(let child, let message):
                guard let running = running(child), !running.tell(message) else { continue }
                events.append(.broken(child, reason: "it does not read its control channel"))
            case .examine(let name, let blame, let isAwaited): examine(name, blame, isAwaited: isAwaited)
            case .answerLift(let request, let answer): answerLift(request, answer)
            case .announceReady: announceReady()
            case .notify(let notice): tell(notice)
            case .exit(let code, let message): exit = (code, message)
            }
        }
    }

    private func running(_ child: Child) -> RunningChild? { children.first { $0.child == child } }

    private func send(_ signal: Int32, to child: Child) {
        do {
            try running(child)?.process.send(signal: signal)
        } catch {
            standardError.print("orge: \(error)")
        }
    }

    /// What a child finds as descriptor 5.
    private func inherited(by child: Child) -> Int32? {
        switch child {
        case .host(let name): recorder(of: name).memory.descriptor.number
        case .edge, .bots: plan.listener(of: child)
        }
    }

    private func spawn(_ child: Child) -> SupervisorEvent {
        do {
            let run: UInt64? = if case .host = child { try drawnRun() } else { nil }
            let running = try RunningChild(child, try launch(child, run: run), inherited: inherited(by: child), run: run)
            children.append(running)
            return .started(child, pid: running.process.pid)
        } catch {
            return .startRefused(child, reason: "\(error)")
        }
    }
}
