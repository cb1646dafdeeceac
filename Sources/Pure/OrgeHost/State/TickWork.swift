import OrgeJournal
import OrgeLink
import OrgeSchema
import OrgeWorld

/// What the inputs of one tick come to, before the world runs.
struct TickWork {
    let tick: UInt64
    /// Of its record.
    let utcMilliseconds: UInt64
    /// Inputs that the tick leaves out, because the world failed on them.
    private var skips: [FaultAmendment]
    private var isUsed: [Bool]
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

    init(tick: UInt64, utcMilliseconds: UInt64, firstNewSession: UInt64, capacity: Int, _ amendments: [FaultAmendment]) {
        self.tick = tick
        self.utcMilliseconds = utcMilliseconds
        skips = amendments.filter { $0.phase != .system }
        isUsed = Array(repeating: false, count: skips.count)
        self.firstNewSession = firstNewSession
        inputs.reserveCapacity(capacity)
    }

    /// Whether amendments leave something out.
    var isAmended: Bool { !skips.isEmpty }

    /// Whether an amendment leaves this out; it has then amended something.
    mutating func skips(_ isMeant: (FaultAmendment) -> Bool) -> Bool {
        guard let index = skips.firstIndex(where: isMeant) else { return false }
        isUsed[index] = true
        return true
    }

    /// An amendment that has left nothing out.
    var unused: FaultAmendment? { isUsed.firstIndex(of: false).map { skips[$0] } }

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
