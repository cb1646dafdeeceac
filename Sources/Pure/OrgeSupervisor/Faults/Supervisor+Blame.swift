package import OrgeControl
import OrgeSchema

/// Hosts that die of their world's code: the work is blamed, and the next host is told.
extension Supervisor {
    /// For the host of this world that is about to start: what it must not run again.
    package func blame(of world: String) -> Blame? { finders[index(of: world)].blame }

    /// Looks at the recorder of a living host.
    mutating func sampled(_ name: String, _ reading: FlightReading, time: UInt64, now: UInt64) {
        let child = Child.host(name)
        guard self[child].pid != nil, !isEnding else { return }
        // A tick of many inputs may take longer than a host may be silent. As long as it gets on, it is no endless loop.
        if finders[index(of: name)].hasMoved(to: reading) { heard(child, isInStorage: false, now: now) }
        guard let bound = plan.blame.processorTime else { return }
        switch finders[index(of: name)].sample(reading, time: time, bound: bound) {
        case .nothing: break
        case .slowTick(let tick): out.append(.notify(.slowTick(name: name, tick: tick)))
        case .overrun:
            self[child].isKillOrdered = true
            if self[child].failure == nil { self[child].failure = "\(reading.entry.phase.name) used \(bound / 1_000_000) ms of processor time and did not end" }
            out.append(.signal(child, .kill))
        }
    }

    private var isEnding: Bool {
        switch phase {
        case .starting, .serving: false
        case .stopping, .ended: true
        }
    }

    /// Judges the death of a host.
    /// - Returns: true when it goes on here: the world is started again or given up.
    mutating func blamed(_ name: String, _ how: ChildEnd, _ remains: Remains, why: String, now: UInt64) -> Bool {
        let index = index(of: name)
        let hasOverrun = finders[index].hasOverrun
        switch finders[index].judge(how, remains, plan.blame) {
        case .blind:
            guard hasOverrun else { return false }
            // We killed it, and what it ran had ended meanwhile.
            restart(.host(name), of: .ordered, why: why, now: now)
            return true
        case .suspected(let entry):
            out.append(.notify(.suspected(name: name, entry)))
            // The next one is to prove it, at once.
            restart(.host(name), of: .ordered, why: why, now: now)
            return true
        case .blamed(let blame):
            faults[index] += 1
            out.append(.notify(.blamed(name: name, blame)))
            contain(blame, name, why: why, now: now)
            return true
        }
    }

    private mutating func contain(_ blame: Blame, _ name: String, why: String, now: UInt64) {
        let child = Child.host(name)
        let finder = finders[index(of: name)]
        if finder.isHopeless(plan.blame) {
            self[child].giveUp()
            return gaveUp(name, why: hopelessness(of: blame, why), now: now)
        }
        switch blame.entry.phase {
        case .system where blame.examined == nil:
            // The next start needs to know which entity to set aside.
            self[child].await(until: now + plan.blame.examinationPatience)
            out += [.examine(name: name, blame, isAwaited: true)]
        case .idle, .engine, .declaration, .start, .migration, .arrival, .departure, .intent, .command, .system:
            restart(child, of: finder.startsPromptly(plan.blame) ? .ordered : .outside, why: why, now: now)
            out.append(.examine(name: name, blame, isAwaited: false))
        }
    }

    private func hopelessness(of blame: Blame, _ why: String) -> String {
        switch blame.entry.phase {
        case .declaration: "its declaration traps: \(oneLine(why)); its executable shows where with `--fast 0`"
        case .start: "its `start` traps or does not end: \(oneLine(why)); its executable shows where with `--fast 0`"
        case .migration: "its migration of the data traps or does not end: \(oneLine(why)); the data is as it was"
        case .idle, .engine, .arrival, .departure, .intent, .command, .system: "\(why), again and again after it was to be left out"
        }
    }

    private func oneLine(_ text: String) -> String { text.split(whereSeparator: \.isNewline).joined(separator: " ") }

    /// - Parameter cause: `ordered`: at once; `outside`: after growing pauses. A blamed death is not counted as one that says nothing.
    private mutating func restart(_ child: Child, of cause: DeathCause, why: String, now: UInt64) {
        guard case .restart(let delay) = self[child].died(of: cause, now: now, policy: policy, mayGiveUp: false) else {
            preconditionFailure("a blamed death is no reason to give up")
        }
        out.append(.notify(.restarting(child, why: why, afterNanoseconds: delay)))
        if delay == 0 { spawn(child) }
    }

    /// A side process has run the blamed tick again, or could not.
    /// - Parameter found: the blame, with the entity where it was found.
    mutating func examined(_ name: String, _ found: Blame, now: UInt64) {
        finders[index(of: name)].examined(found)
        guard self[.host(name)].isAwaited, !isEnding else { return }
        spawn(.host(name))
    }

    /// Gives a world up, in whichever phase of the server.
    mutating func gaveUp(_ name: String, why: String, now: UInt64) {
        if case .starting = phase { return stop(code: 1, message: "world \(name) did not start: \(why)", now: now) }
        worldFailed(name, why: why, now: now)
    }
}
