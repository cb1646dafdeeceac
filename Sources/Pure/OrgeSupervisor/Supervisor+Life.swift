import OrgeControl

/// The life of a child: started, ready, dead, started again.
extension Supervisor {
    mutating func started(_ child: Child, pid: Int32, now: UInt64) {
        precondition(self[child].state == .starting(pid: nil), "started without being asked for")
        self[child].state = .starting(pid: pid)
        if child == .bots {
            bots.becomeReady(now: now)
            bots.progress()
        }
        if child == .edge {
            // Before it is ready: it waits for every world that may still come.
            for index in worlds.indices where worlds[index].state == .failed { out.append(.tell(.edge, .worldFailed(name: plan.worlds[index]))) }
        }
        // The stop began between the directive and this answer.
        if case .stopping(let stop) = phase, stop.isHurried || stage(of: child) == stop.stage {
            out.append(.signal(child, stop.hasKilled ? .kill : .request))
        }
    }

    mutating func reported(_ child: Child, _ message: ChildMessage, now: UInt64) {
        if isLeftBehind(child) { return }
        precondition(self[child].pid != nil, "a report from nobody")
        switch (child, message) {
        case (.world(let index), .hostReady(let report)): hostReady(index, report, now: now)
        case (.world(let index), .hostStatus(let report)) where worlds[index].isReady:
            worlds[index].released(through: report.tick)
            worldReports[index].status = report
        case (.edge, .edgeReady(let address)) where !edge.isReady: edgeReady(address, now: now)
        case (.edge, .edgeStatus(let report)) where edge.isReady: edgeReport.status = report
        case (.edge, .killWorld(let name)): killRequested(name)
        case (_, .failed(let message)): self[child].failure = message
        case (.world, _), (.edge, _), (.bots, _): broken(child, "it sent a message out of place on its control channel")
        }
    }

    private mutating func hostReady(_ index: Int, _ report: HostReady, now: UInt64) {
        guard !worlds[index].isReady, report.name == plan.worlds[index] else {
            broken(.world(index), "it says that it is ready for the world \(report.name), out of place")
            return
        }
        worlds[index].recovered(through: report.tick, now: now)
        worldReports[index].ready = report
        becameReady(.world(index))
    }

    private mutating func edgeReady(_ address: String, now: UInt64) {
        edge.becomeReady(now: now)
        edge.progress()
        edgeReport.address = address
        becameReady(.edge)
    }

    private mutating func becameReady(_ child: Child) {
        switch phase {
        case .starting:
            guard edge.isReady && worlds.allSatisfy(\.isReady) else { return }
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
        precondition(self[child].pid != nil, "nobody broke the contract")
        if self[child].failure == nil { self[child].failure = reason }
        out.append(.signal(child, .kill))
    }

    private mutating func killRequested(_ name: String) {
        guard plan.allowsKill, let index = plan.worlds.firstIndex(of: name), worlds[index].isReady, phase == .serving else {
            out.append(.notify(.killRefused(name: name)))
            return
        }
        worlds[index].isKillOrdered = true
        out += [.notify(.killing(index)), .signal(.world(index), .kill)]
    }

    /// The process of a child is no more, or never came to be.
    mutating func ended(_ child: Child, why: String, now: UInt64) {
        if isLeftBehind(child) { return }
        precondition(self[child].isAlive, "the end of nobody")
        switch phase {
        case .starting:
            self[child].state = .ended
            stop(code: 1, message: "\(name(of: child)) did not start: \(why)", now: now)
        case .serving: died(child, why: why, now: now)
        case .stopping(let stop):
            self[child].state = .ended
            advance(stop, now: now)
        case .ended: preconditionFailure("a child after the end")
        }
    }

    private mutating func died(_ child: Child, why: String, now: UInt64) {
        let isWorld = if case .world = child { true } else { false }
        switch (self[child].died(now: now, policy: policy, mayGiveUp: isWorld), child) {
        case (.restart(let delay), _):
            out.append(.notify(.restarting(child, why: why, afterNanoseconds: delay)))
            if delay == 0 { spawn(child) }
        case (.giveUp, .world(let index)): worldFailed(index, why: why, now: now)
        case (.giveUp, .edge), (.giveUp, .bots): preconditionFailure("only worlds are given up")
        }
    }

    private mutating func worldFailed(_ index: Int, why: String, now: UInt64) {
        out.append(.notify(.worldFailed(index, why: why)))
        if edge.pid != nil { out.append(.tell(.edge, .worldFailed(name: plan.worlds[index]))) }
        if worlds.allSatisfy({ $0.state == .failed }) {
            stop(code: 1, message: "no world is left: \(name(of: .world(index))) failed last: \(why)", now: now)
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
        // Later on they have been shown with all its other lines, and somebody watches.
        guard case .starting = phase else { return end }
        return lastWords.isEmpty ? end : "\(end); its last words:\n\(lastWords)"
    }

    /// As it stands in a sentence.
    package func name(of child: Child) -> String {
        switch child {
        case .world(let index): "world \(plan.worlds[index])"
        case .edge: "the edge"
        case .bots: "the bots"
        }
    }
}
