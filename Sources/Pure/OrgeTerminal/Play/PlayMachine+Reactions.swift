import OrgeSchema
import OrgeSession
import OrgeWire

/// What the session says.
extension PlayMachine {
    mutating func react(_ reaction: ClientReaction, now: UInt64) {
        switch reaction {
        case .outcome(let command, _, let outcome):
            unansweredCount = max(unansweredCount - 1, 0)
            show(outcome, of: command, now)
        case .event(let tick, let kind, let payload): show(event: kind, payload, tick)
        case .pong(let time): roundTrip = min(time, roundTrip.map { $0 + $0 / 8 } ?? time)
        case .notice(let notice): show(notice)
        case .settled(let commands):
            unansweredCount = max(unansweredCount - commands.count, 0)
            for command in commands { show(command) }
        case .disconnected:
            if standing == .connected || standing == .worldAway { log.add("the connection is lost; trying again", .yellow) }
            if standing != .leaving { standing = .lost }
        case .resumed(_, let resumed):
            if standing != .leaving { standing = .connected }
            log.add("the connection is back: the session goes on" + (resumed.lostEvents == 0 ? "" : "; events were lost"), .yellow)
        case .joined: log.add("in the world again, in a new session", .yellow)
        case .timelineChanged(let change, let notRun):
            log.add("the world goes on from \(change.forkTick.map { "tick \($0)" } ?? "an earlier tick"): what came after it is lost", .yellow)
            unansweredCount = max(unansweredCount - notRun.count, 0)
            for command in notRun { log.add("\(name(of: command.kind)): did not run", .red) }
        case .joinRefused(let refusal): log.add("not admitted: \(refusal.text)", .yellow)
        case .closed, .fault, .nothing, .send, .choose, .described, .viewComplete, .creditRaised, .audited, .auditBusy: break
        }
    }

    private func name(of kind: UInt16) -> String { table?.schema.command(kind)?.name ?? "command \(kind)" }

    private mutating func show(_ outcome: CommandOutcome, of command: ClientSession.Unanswered, _ now: UInt64) {
        let name = name(of: command.kind)
        let result = table?.schema.command(command.kind)?.result
        let time = now > command.sentAt ? " (\(millisecondsText(now - command.sentAt)))" : ""
        switch outcome {
        case .applied(let row): log.add("\(name): applied\(result?.text(row) ?? "")\(time)", .green)
        case .repeated(let first, let row): log.add("\(name): applied\(result?.text(row) ?? "") in tick \(first) already", .green)
        case .refused(let code, let field, let reason):
            log.add("\(name): refused: \(field.isEmpty ? "" : field + ": ")\(reason) (code \(code))", .red)
        }
    }

    private mutating func show(event kind: UInt16, _ payload: [UInt8], _ tick: UInt64) {
        guard let event = table?.schema.event(kind) else { return }
        log.add("\(tick) \(event.name)\(event.row.text(payload, label: { words?.label(of: $0) }))", .cyan)
    }

    private mutating func show(_ command: ClientSession.Settled) {
        let fate =
            switch command.fate {
            case .expired, .notRun: "did not run: the session had ended"
            case .tooOld: "had its outcome, which the server no longer has"
            case .unknown: "may have run or not: the server does not know the session any more"
            }
        log.add("\(name(of: command.command.kind)): \(fate)", .red)
    }

    private mutating func show(_ notice: ServerFrame.Notice) {
        switch notice {
        case .hostAway:
            if standing == .connected { standing = .worldAway }
            log.add("the world's process is away", .yellow)
        case .hostBack(_, let tick):
            if standing == .worldAway { standing = .connected }
            log.add("the world is back, at tick \(tick)", .yellow)
        case .dilated(let permille): dilationPermille = permille
        case .stopping(let milliseconds, let text):
            if standing != .leaving { standing = .stopping(text) }
            log.add("the server stops within \(milliseconds) ms\(text.isEmpty ? "" : ": \(text)")", .yellow)
        case .timelineChanged, .viewed: break
        }
    }
}

extension RowLayout {
    /// The values with their names, each with a space before it; nothing for bytes that are no row.
    /// - Parameter label: what follows an entity's id.
    func text(_ row: [UInt8], label: (Entity) -> String? = { _ in nil }) -> String {
        let values = values(row)
        guard values.count == fields.count else { return "" }
        return zip(fields, values).map { field, value in
            let note = if case .entity(let entity) = value { label(entity).map { " (\($0))" } ?? "" } else { "" }
            return " \(field.name)=\(quotedForShell(value.description))\(note)"
        }.joined()
    }
}

/// "12 ms", "0.4 ms".
func millisecondsText(_ nanoseconds: UInt64) -> String {
    let tenths = (nanoseconds + 50_000) / 100_000
    return tenths < 100 ? "\(tenths / 10).\(tenths % 10) ms" : "\((tenths + 5) / 10) ms"
}
