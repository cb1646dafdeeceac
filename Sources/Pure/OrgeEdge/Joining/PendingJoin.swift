import OrgeLink
import OrgeSchema
import OrgeWire

/// A player's join that the host has not answered.
struct PendingJoin {
    /// Of the session that the join opens, if it opens one.
    let ticket: Ticket
    /// The schema that the client holds.
    let knownSchema: UInt64
    /// The session that the client wants back.
    let resume: Resume?
    /// What the host is told, at each link again.
    let tickets: JoinTickets

    init(ticket: Ticket, knownSchema: UInt64, resume: Resume?) {
        self.ticket = ticket
        self.knownSchema = knownSchema
        self.resume = resume
        tickets = JoinTickets(opens: ticket.hash, resume: resume.map { ResumeRequest($0) })
    }
}

extension ResumeRequest {
    fileprivate init(_ resume: Resume) {
        self.init(
            session: resume.session, proof: resume.ticket.hash, acknowledged: resume.acknowledged, incarnation: resume.incarnation, tick: resume.tick,
            eventsThrough: resume.eventsThrough)
    }
}

extension Resumption {
    /// What a client is told of the host's answer; nil where it asked for nothing.
    /// - Parameter isContinued: the client's view goes on.
    init?(_ answer: ResumeAnswer, isContinued: Bool = false) {
        switch answer {
        case .notAsked: return nil
        case .unknown: self = .unknown
        case .ended(_, let oldest, let through): self = .ended(oldest: oldest, through: through)
        case .resumed(let resumed):
            let fork = resumed.fork.map { fork -> Resumed.Fork in
                switch fork {
                case .after(let tick): .after(tick: tick)
                case .unknown: .unknown
                }
            }
            self = .resumed(
                Resumed(
                    isContinued: isContinued, fork: fork, oldest: resumed.oldest, lastIntent: resumed.lastIntent, lostEvents: resumed.lostEvents))
        }
    }
}
