import OrgeControl

/// The life of a child: started, ready, dead, started again.
extension Supervisor {
    mutating func started(_ child: Child, pid: Int32, now: UInt64) {
        precondition(self[child].state == .starting(pid: nil), "started without being asked for")
        self[child].state = .starting(pid: pid)
        self[child].silence = Silence(startedAt: now)
        if child == .bots {
            bots.becomeReady(now: now)
            bots.progress()
        }
        if case .edge(let index) = child { edgeStarted(index) }
        // The stop began between the directive and this answer.
        if case .stopping(let stop) = phase, stop.isHurried || stage(of: child) == stop.stage {
            out.append(.signal(child, stop.hasKilled ? .kill : .request))
        }
    }

    mutating func reported(_ child: Child, _ message: ChildMessage, now: UInt64) {
        if isLeftBehind(child) { return }
        precondition(self[child].pid != nil, "a report of a child without a process")
        heard(child, isInStorage: message == .inStorage, now: now)
        switch (child, message) {
        case (_, .alive), (.host, .inStorage): break
        case (.host(let name), .hostReady(let report)): hostReady(name, report, now: now)
        case (.host(let name), .hostStatus(let report)) where self[child].isReady:
            self[child].released(through: report.tick)
            if self[child].hasProgressed { finders[index(of: name)].progressed() }
            worldReports[index(of: name)].status = report
        case (.edge(let index), .edgeReady(let address)) where !edges[index].isReady:
            edgeReady(index, address, now: now)
            becameReady(child)
        case (.edge(let index), .edgeStatus(let report)) where edges[index].isReady: edgeReports[index].status = report
        case (.edge, .killWorld(let name)): killRequested(name)
        case (.edge(let index), .slotsNeeded(let count)): slotsNeeded(count, by: index, now: now)
        case (.edge(let index), .slotsReturned(let count)): slotsReturned(count, by: index, now: now)
        case (.host(let name), .lifted(let request, let answer)): lifted(request, by: name, answer)
        case (_, .failed(let message)): self[child].failure = message
        case (.host, .stopped(let message)):
            self[child].failure = message
            self[child].isFinal = true
        case (.host, .fenced(let message)):
            self[child].failure = message
            self[child].isFinal = true
            self[child].isFenced = true
        case (.host, .noRoom(let message)):
            self[child].failure = message
            self[child].diskTrouble = DiskTrouble(reason: .storage, why: message)
        case (.host, .storageFailed(let message)):
            self[child].failure = message
            self[child].diskTrouble = DiskTrouble(reason: .storageError, why: message)
        case (.host, _), (.edge, _), (.bots, _): broken(child, "it sent a message out of place on its control channel")
        }
    }

    private mutating func hostReady(_ name: String, _ report: HostReady, now: UInt64) {
        guard !self[.host(name)].isReady, unsettledCount(name) == 0, report.name == name else {
            broken(.host(name), "it says that it is ready for the world \(report.name), out of place")
            return
        }
        self[.host(name)].recovered(through: report.tick, now: now)
        finders[index(of: name)].becameReady()
        worldReports[index(of: name)].ready = report
        // Of the process before.
        worldReports[index(of: name)].status?.diskCallNanoseconds = 0
        tellEdges(to: .host(name))
        becameReady(.host(name))
    }

    private mutating func becameReady(_ child: Child) {
        switch phase {
        case .starting:
            guard edges.allSatisfy(\.isReady) && worlds.allSatisfy(\.isReady) else { return }
            phase = .serving
            out.append(.announceReady)
            if plan.hasBots { spawn(.bots) }
        case .serving: out.append(.notify(.back(child)))
        case .stopping: break
        case .ended: preconditionFailure("ready after the end")
        }
    }

    /// A child that breaks the contract cannot be relied on to end by itself.
    mutating func broken(_ child: Child, _ reason: String) {
        if case .stopping = phase { return }  // it is ending, and has a deadline
        precondition(self[child].pid != nil, "no process broke the contract")
        if self[child].failure == nil { self[child].failure = reason }
        self[child].isKilledForFault = true
        out.append(.signal(child, .kill))
    }

    private mutating func killRequested(_ name: String) {
        guard plan.allowsKill, plan.worlds.contains(name), self[.host(name)].isReady, phase == .serving else {
            out.append(.notify(.killRefused(name: name)))
            return
        }
        self[.host(name)].isKillOrdered = true
        out += [.notify(.killing(name: name)), .signal(.host(name), .kill)]
    }

    /// The process of a child is no more, or never came to be.
    mutating func ended(_ child: Child, _ how: ChildEnd, _ remains: Remains, why: String, now: UInt64) {
        switch phase {
        case .starting, .serving:
            if case .host(let name) = child, blamed(name, how, remains, why: why, now: now) { return }
        case .stopping, .ended: break
        }
        ended(child, of: self[child].cause(of: how), why: why, now: now)
    }

    mutating func ended(_ child: Child, of cause: DeathCause, why: String, now: UInt64) {
        if isLeftBehind(child) { return }
        precondition(self[child].isAlive, "the end of a child that was not alive")
        switch phase {
        case .starting:
            self[child].state = .ended
            if case .edge(let index) = child { edgeEnded(index, now: now) }
            stop(code: 1, message: "\(name(of: child)) did not start: \(why)", now: now)
        case .serving: died(child, of: cause, why: why, now: now)
        case .stopping(let stop):
            self[child].state = .ended
            advance(stop, now: now)
        case .ended: preconditionFailure("a child after the end")
        }
    }

    private mutating func died(_ child: Child, of cause: DeathCause, why: String, now: UInt64) {
        let isHost = if case .host = child { true } else { false }
        let isFinal = self[child].isFinal
        let verdict = self[child].died(of: cause, now: now, policy: policy, mayGiveUp: isHost)
        if case .edge(let index) = child { edgeEnded(index, now: now) }
        // Its own word that no other start is of use.
        if isFinal, case .host(let name) = child {
            self[child].giveUp()
            return worldFailed(name, why: why, now: now)
        }
        switch (verdict, child) {
        case (.restart(let delay), _):
            out.append(.notify(.restarting(child, why: why, afterNanoseconds: delay)))
            if delay == 0 { spawn(child) }
        case (.giveUp, .host(let name)): worldFailed(name, why: why, now: now)
        case (.giveUp, .edge), (.giveUp, .bots): preconditionFailure("only worlds are given up")
        }
    }

    mutating func worldFailed(_ name: String, why: String, now: UInt64) {
        out.append(.notify(self[.host(name)].isFenced ? .fenced(name: name, why: why) : .worldFailed(name: name, why: why)))
        tellEdges(.worldFailed(name: name))
        if worlds.allSatisfy({ $0.state == .failed }) {
            let last = self[.host(name)].isFenced ? "is fenced" : "failed last"
            stop(code: 1, message: "no world is left: \(self.name(of: .host(name))) \(last): \(why)", now: now)
        }
    }

    /// Given up on in a stop because nothing ended it; what it still does changes nothing.
    private func isLeftBehind(_ child: Child) -> Bool {
        if case .stopping = phase { self[child].state == .ended } else { false }
    }

    /// SIGILL and SIGTRAP: how compiled Swift stops where it would do something wrong.
    private static let traps: [Int32] = [4, 5]

    /// A child's own word is better than its exit status, and its last lines better than nothing.
    func explain(_ child: Child, _ how: ChildEnd, _ lastWords: String) -> String {
        if let failure = self[child].failure { return failure }
        let end =
            switch how {
            case .exited(let code): "it exited with status \(code)"
            case .killed(let signal) where Self.traps.contains(signal): "it was ended by signal \(signal), a trap in its code"
            case .killed(let signal): "it was ended by signal \(signal)"
            }
        // Later they were shown with all its other lines.
        guard case .starting = phase else { return end }
        return lastWords.isEmpty ? end : "\(end); its last words:\n\(lastWords)"
    }

    /// As it stands in a sentence.
    package func name(of child: Child) -> String {
        switch child {
        case .host(let name): "world \(name)"
        case .edge(let index): edges.count == 1 ? "the edge" : "edge \(index)"
        case .bots: "the bots"
        }
    }
}
