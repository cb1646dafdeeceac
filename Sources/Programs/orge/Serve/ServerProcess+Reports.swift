import OrgeControl
import OrgeSchema
import OrgeSupervisor

/// What a server prints: lines of JSON on standard output for scripts, sentences for people.
extension ServerProcess {
    func announceReady() {
        isAnnounced = true
        beginHistoryChecks()
        if plan.output == .json {
            standardOutput.print(JSONValue.object([("event", .string("ready")), ("address", .string(plan.address)), ("web", .string(plan.web))]).text)
            return
        }
        standardOutput.print("Orge serves \(plan.worlds.map(\.name).joined(separator: ", ")).")
        standardOutput.print("  clients   \(plan.address)")
        standardOutput.print("  web page  \(plan.web)")
        if plan.settings.bots > 0 { standardOutput.print("  bots      \(plan.settings.bots) in \(plan.worlds[0].name)") }
        standardOutput.print("  data      \(plan.data)")
        standardOutput.print("  stop      Ctrl-C, or SIGTERM")
    }

    /// Printed at once, because the last images may take some seconds.
    func announceStop() {
        if plan.output != .json { standardOutput.print("Stopping in order; a second Ctrl-C does not wait.") }
    }

    func announceEnd() {
        if plan.output != .json, exit?.code == 0 { standardOutput.print("Stopped. The worlds are in \(plan.data).") }
    }

    func tell(_ notice: Notice) {
        if plan.output == .json, isAnnounced { standardOutput.print(document(of: notice).text) }
        standardError.print("orge: \(sentence(of: notice))")
    }

    /// In front of a child's own lines.
    func label(_ child: Child) -> String {
        switch child {
        case .host(let name): name
        case .edge(let index): plan.listeners.count == 1 ? "edge" : "edge-\(index)"
        case .bots: "bots"
        }
    }

    private func sentence(of notice: Notice) -> String {
        switch notice {
        case .restarting(let child, let why, let delay):
            "\(machine.name(of: child)) has died, \(why). It is started again \(delay == 0 ? "at once" : "in \(thousandthsText(delay / 1_000_000)) s")."
        case .back(let child): "\(machine.name(of: child)) is back."
        case .worldFailed(let name, let why):
            """
            world \(name) has failed: it died again and again without releasing a tick, at last \(why). It is not started any more. \
            To see where it dies or hangs: \(plan.world(name).executable) --replay \(plan.world(name).folder)
            """
        case .fenced(let name, let why): "world \(name) is fenced, and not started any more: \(why)"
        case .stillWaiting(let children): "still waiting for \(children.map { machine.name(of: $0) }.joined(separator: ", ")) to be ready."
        case .killing(let name): "killing world \(name), as a client asked."
        case .silent(let child, let limit):
            "\(machine.name(of: child)) is silent: it reports nothing.\(ends(of: child, limit))"
        case .responds(let child, let silence): "\(machine.name(of: child)) reports again, after \(thousandthsText(silence / 1_000_000)) s."
        case .killRefused(let name): "a client asked to kill \"\(name)\"; that is no running world, or this is not development mode."
        case .settled(let name, _): "world \(name): the records of other code are settled."
        case .blamed(let name, let blame):
            blame.entry.phase == .migration
                ? "world \(name): its migration of the data \(cause(blame.cause))."
                : "world \(name): \(work(blame.entry)) \(cause(blame.cause)); it is not run again. See `orge faults --data \(plan.data)`."
        case .suspected(let name, let entry): "world \(name): \(work(entry)) is run once more, by the same bounds, before it is blamed."
        case .slowTick(let name, let tick):
            "world \(name): tick \(tick) uses much processor time, none of its inputs more than processor_limit_ms: no input is blamed."
        case .overdue(let child): "\(machine.name(of: child)) did not end when asked to, and is killed."
        }
    }

    /// What ends a silent child: its silence, or, of a host, what it runs; whichever comes first.
    private func ends(of child: Child, _ silence: UInt64?) -> String {
        var causes = silence.map { ["it has reported nothing for \($0 / 1_000_000_000) s"] } ?? []
        if case .host = child, let bound = plan.supervision.blame.processorTime {
            causes.append("what it runs has used \(bound / 1_000_000) ms of processor time")
        }
        return causes.isEmpty ? "" : " It is killed when \(causes.joined(separator: ", or before that when "))."
    }

    /// `command 3 of session 8, number 17, in tick 1204`.
    private func work(_ entry: FlightEntry) -> String {
        let source = entry.source.map { " of \($0)" } ?? ""
        let what =
            switch entry.phase {
            case .command: "command kind \(entry.kind)\(source), number \(entry.sequence),"
            case .intent: "intent \(entry.kind)\(source)"
            case .system: "system \(entry.system)" + (entry.entity.isNone ? "" : " at entity \(entry.entity)")
            case .idle, .declaration, .start, .arrival, .departure, .engine, .migration: "\(entry.phase.name)\(source)"
            }
        return "\(what) in tick \(entry.tick)"
    }

    private func cause(_ cause: Blame.Cause) -> String {
        switch cause {
        case .signal(let number): "ended the process by signal \(number)"
        case .processorTime(let bound): "used more than \(bound / 1_000_000) ms of processor time, twice"
        case .memory: "used up the memory, twice"
        }
    }

    private func document(of notice: Notice) -> JSONValue {
        func event(_ name: String, _ child: Child?, _ more: [(String, JSONValue)] = []) -> JSONValue {
            .object([("event", .string(name))] + (child.map { [("child", .string(label($0)))] } ?? []) + more)
        }
        return switch notice {
        case .restarting(let child, let why, let delay): event("restarting", child, [("why", .string(why)), ("after_ms", .milliseconds(delay))])
        case .back(let child): event("back", child)
        case .worldFailed(let name, let why): event("failed", .host(name), [("why", .string(why))])
        case .fenced(let name, let why): event("fenced", .host(name), [("why", .string(why))])
        case .stillWaiting(let children): event("waiting", nil, [("children", .array(children.map { .string(label($0)) }))])
        case .killing(let name): event("killing", .host(name))
        case .killRefused(let name): event("kill_refused", nil, [("name", .string(name))])
        case .silent(let child, let limit): event("silent", child, [("limit_ms", limit.map(JSONValue.milliseconds) ?? .null)])
        case .responds(let child, let silence): event("responds", child, [("silent_ms", .milliseconds(silence))])
        case .settled(let name, let left): event("settled", .host(name), [("left", .integer(left))])
        case .overdue(let child): event("overdue", child)
        case .blamed(let name, let blame):
            event(
                "fault", .host(name), [("tick", .count(blame.entry.tick)), ("phase", .string(blame.entry.phase.name)), ("cause", .string(cause(blame.cause)))])
        case .suspected(let name, let entry): event("suspected", .host(name), [("tick", .count(entry.tick)), ("phase", .string(entry.phase.name))])
        case .slowTick(let name, let tick): event("slow_tick", .host(name), [("tick", .count(tick))])
        }
    }
}
