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
    /// For the engine.
    var inputs: [Input] = []
    /// The same as world code sees them.
    var seen = WorldChain.Inputs()
    var answers: [ExecutedTick.Answer] = []
    var closed: [UInt64] = []
    var detached: [UInt64] = []
    /// Sealed together by session: the latest number of each.
    var consumed: [ExecutedTick.Consumed] = []

    /// What newcomers are told of the sessions that they asked for, by their new sessions.
    private var claims: [(session: UInt64, claim: EndedClaim)] = []

    init(tick: UInt64, utcMilliseconds: UInt64, capacity: Int, _ amendments: [FaultAmendment]) {
        self.tick = tick
        self.utcMilliseconds = utcMilliseconds
        skips = amendments.filter { $0.phase != .system }
        isUsed = Array(repeating: false, count: skips.count)
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

    mutating func answer(_ attachment: Attachment, _ answer: AttachmentAnswer, _ recollection: Recollection? = nil) {
        answers.append(ExecutedTick.Answer(attachment: attachment, answer: answer, recollection: recollection))
    }

    mutating func note(_ claim: EndedClaim, of session: UInt64) {
        if claim.answer != .notAsked { claims.append((session, claim)) }
    }

    func claim(of session: UInt64) -> EndedClaim { claims.first { $0.session == session }?.claim ?? EndedClaim() }
}

/// What a newcomer is told of the session that it asked for, which it does not get.
struct EndedClaim {
    var answer = ResumeAnswer.notAsked
    var recollection: Recollection?
}
