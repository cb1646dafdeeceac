import OrgeControl

/// Deadlines, and the end in order.
extension Supervisor {
    mutating func deadlinePassed(now: UInt64) {
        if case .stopping = phase {} else { obey(slots.deadlinePassed(now: now)) }
        judgeSilence(now: now)
        switch phase {
        case .starting(let reminderAt):
            startWaiting(now: now)
            guard now >= reminderAt else { return }
            phase = .starting(reminderAt: now + policy.startReminder)
            out.append(.notify(.stillWaiting(everyone.filter { $0 != .bots && !self[$0].isReady })))
        case .serving: startWaiting(now: now)
        case .stopping(let stop):
            if now >= stop.deadline { overdue(stop, now: now) }
        case .ended: preconditionFailure("time after the end")
        }
    }

    private mutating func startWaiting(now: UInt64) {
        for child in everyone {
            if case .waiting(let until) = self[child].state, now >= until { spawn(child) }
        }
    }

    mutating func stopRequested(now: UInt64) {
        switch phase {
        case .starting: stop(code: 0, message: "stopped before it was ready", now: now)
        case .serving: stop(code: 0, message: nil, now: now)
        case .stopping(let stop):
            // A second request: the operator does not want to wait.
            if !stop.isHurried { hurry(stop, now: now) }
        case .ended: preconditionFailure("stopped after the end")
        }
    }

    mutating func stop(code: Int32, message: String?, now: UInt64) {
        let stop = Stop(stage: .edges, deadline: now + policy.edgeStopPatience, hasKilled: false, isHurried: false, code: code, message: message)
        phase = .stopping(stop)
        for child in everyone where !self[child].isAlive && self[child].state != .failed { self[child].state = .ended }
        tellEdges(.stopping)
        request(stop.stage)
        advance(stop, now: now)
    }

    /// Goes on to the next stage, or to the end, once no process of this one is alive. Edges first: what they took from clients still gets its outcomes,
    /// for which the hosts must run.
    mutating func advance(_ stop: Stop, now: UInt64) {
        guard !living(stop.stage).contains(where: { self[$0].isAlive }) else { return }
        switch stop.stage {
        case .edges:
            var next = stop
            next.stage = .hosts
            next.hasKilled = stop.isHurried
            next.deadline = now + (next.hasKilled ? policy.killPatience : policy.hostStopPatience)
            phase = .stopping(next)
            if !next.hasKilled { request(.hosts) }
            advance(next, now: now)
        case .hosts:
            phase = .ended
            out.append(.exit(code: stop.code, message: stop.message))
        }
    }

    private mutating func overdue(_ stop: Stop, now: UInt64) {
        if stop.hasKilled {
            // Not even SIGKILL ends them now. They hold no lock that matters to us, and their lifeline ends them later.
            for child in living(stop.stage) { self[child].state = .ended }
            advance(stop, now: now)
        } else {
            for child in living(stop.stage) where self[child].pid != nil { out += [.notify(.overdue(child)), .signal(child, .kill)] }
            var killing = stop
            killing.hasKilled = true
            killing.deadline = now + policy.killPatience
            phase = .stopping(killing)
        }
    }

    private mutating func hurry(_ stop: Stop, now: UInt64) {
        for child in everyone where self[child].pid != nil { out.append(.signal(child, .kill)) }
        var hurried = stop
        hurried.hasKilled = true
        hurried.isHurried = true
        hurried.deadline = now + policy.killPatience
        phase = .stopping(hurried)
    }

    private mutating func request(_ stage: Stop.Stage) {
        for child in living(stage) where self[child].pid != nil { out.append(.signal(child, .request)) }
    }

    private func living(_ stage: Stop.Stage) -> [Child] { everyone.filter { self.stage(of: $0) == stage && self[$0].isAlive } }

    func stage(of child: Child) -> Stop.Stage {
        switch child {
        case .host: .hosts
        case .edge, .bots: .edges
        }
    }
}
