import OrgeLink
import OrgeSchema
import OrgeWorld

/// What the inputs of one tick come to, before the world runs.
struct TickWork {
    let tick: UInt64
    /// Sessions from this number on were opened by the tick itself.
    let firstNewSession: UInt64
    /// For the engine.
    var inputs: [Input] = []
    /// The same as world code sees them.
    var seen = WorldChain.Inputs()
    var answers: [ExecutedTick.Answer] = []
    var closed: [UInt64] = []
    var detached: [UInt64] = []
    /// Sealed together by session: the latest number of each.
    var consumed: [ExecutedTick.Consumed] = []

    init(tick: UInt64, firstNewSession: UInt64, capacity: Int) {
        self.tick = tick
        self.firstNewSession = firstNewSession
        inputs.reserveCapacity(capacity)
    }

    /// Notes the number of a consumed intent.
    /// - Returns: the session's avatar; nil when it takes no intent.
    mutating func consume(_ number: UInt32, of session: inout Session) -> Entity? {
        guard session.isAttached else { return nil }
        session.consume(number, in: tick)
        if consumed.last?.session == session.number { consumed.removeLast() }
        consumed.append(.init(edge: session.attachment.edge, session: session.number, number: session.lastIntent?.number ?? number))
        return session.avatar
    }

    mutating func answer(_ attachment: Attachment, _ answer: AttachmentAnswer) {
        answers.append(ExecutedTick.Answer(attachment: attachment, answer: answer))
    }
}
