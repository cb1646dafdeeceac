internal import OrgeImage
import OrgeLink
import OrgeSchema
import OrgeWorld

/// What holds in every state between two ticks. A restored state is refused where it does not, so that no tick meets what it relies on broken.
extension HostState {
    /// Traps where the state contradicts itself.
    package func checkInvariants() {
        if let contradiction { preconditionFailure("tick \(tick): \(contradiction)") }
        table.checkInvariants()
    }

    /// What contradicts itself: damage where the state was restored, a bug where ticks led to it. Nil in a sound state.
    /// - Complexity: O(sessions · log sessions + what is kept).
    package var contradiction: String? {
        if let wrong = engine.contradiction { return wrong }
        if utcMilliseconds > ImageLimits.counter { return "the time is out of range" }
        if let wrong = engine.keyContradiction(utcMilliseconds: utcMilliseconds) { return wrong }
        return sessionContradiction ?? endedContradiction ?? edgeContradiction ?? worldContradiction ?? historyContradiction
    }

    private var sessionContradiction: String? {
        if table.nextNumber > ImageLimits.counter { return "the number of the next session is out of range" }
        if engine.presenceCount != table.sessions.count { return "the sessions and those in the world are not the same" }
        var attachments: [Attachment] = []
        for session in table.sessions.values {
            if let wrong = contradiction(in: session) { return "session \(session.number): \(wrong)" }
            if session.isAttached { attachments.append(session.attachment) }
        }
        attachments.sort()
        return zip(attachments, attachments.dropFirst()).contains { $0 == $1 } ? "two sessions of one connection" : nil
    }

    private func contradiction(in session: Session) -> String? {
        if session.number == 0 || session.number >= table.nextNumber { return "its number is not given yet" }
        if session.attachedAt > tick { return "its connection joined in a tick to come" }
        if session.detachedSince ?? 0 > tick { return "its connection was lost in a tick to come" }
        if session.lastIntent?.tick ?? 0 > tick { return "an intent was consumed in a tick to come" }
        if !engine.isPresent(session.number, as: session.account, session.avatar) { return "it is another one in the world" }
        return contradiction(in: session.window)
    }

    private var endedContradiction: String? {
        for session in table.ended.all.values {
            if session.number == 0 || session.number >= table.nextNumber { return "the number of an ended session is not given yet" }
            if table.session(session.number) != nil { return "session \(session.number) has ended and has not" }
            if let wrong = contradiction(in: session.window) { return "ended session \(session.number): \(wrong)" }
        }
        return nil
    }

    private func contradiction(in window: OutcomeWindow) -> String? {
        if window.highest > ImageLimits.counter { return "its sequences are out of range" }
        if window.acknowledged > window.highest { return "outcomes are acknowledged that were not given" }
        var last = window.acknowledged
        for outcome in window.kept {
            guard outcome.sequence > last, outcome.sequence <= window.highest else { return "its kept outcomes are out of order" }
            if outcome.tick > tick { return "an outcome of a tick to come" }
            last = outcome.sequence
        }
        return nil
    }

    private var edgeContradiction: String? {
        for (number, edge) in table.edges {
            if edge.goneSince ?? 0 > tick { return "edge \(number) was given up in a tick to come" }
            if edge.kept.entries.contains(where: { $0.tick > tick }) { return "an answer for edge \(number) of a tick to come" }
        }
        return nil
    }

    private var worldContradiction: String? {
        for (number, inbox) in table.worlds {
            if let wrong = contradiction(in: inbox.window) { return "world \(number): \(wrong)" }
        }
        return nil
    }

    private var historyContradiction: String? {
        if events.ticks.contains(where: { $0.tick > tick }) || events.drops.contains(where: { $0.tick > tick }) { return "events of a tick to come" }
        if events.ticks.contains(where: { $0.events.contains { Int($0.kind) >= engine.schema.events.count } }) {
            return "an event that the world does not have"
        }
        if faults.stop?.tick ?? 0 > tick { return "the world is stopped at a tick to come" }
        return openings.contains { $0.tick > tick } ? "a host that started at a tick to come" : nil
    }
}
