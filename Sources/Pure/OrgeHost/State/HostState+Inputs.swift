import OrgeJournal
import OrgeLink
import OrgeSchema
import OrgeWorld

extension HostState {
    /// Lets one input change the session table and hands the engine what concerns it. Inputs whose session is no more fall away.
    mutating func apply(_ input: HostInput, _ work: inout TickWork) {
        switch input {
        case .command(let source, let sequence, let kind, let payload): command(source, sequence, kind, payload, &work)
        case .keyed(let session, let sequence, let key, let kind, let payload): keyed(session, sequence, key, kind, payload, &work)
        case .malformed(let source, let sequence):
            // World code never sees it.
            if accept(sequence, from: source) != nil { work.inputs.append(.malformed(source, sequence: sequence)) }
        case .intent(let session, let number, let kind, let payload): intent(session, number, kind, payload, &work)
        case .acknowledged(.session(let session), let sequence): table.update(session) { $0.window.acknowledge(sequence) }
        case .acknowledged(.world(let source), let sequence): table.update(source) { $0.acknowledge(sequence) }
        case .lift(let lift):
            faults.lift(lift)
            engine.restraints = faults.restraints
        case .released(let edge, let tick): table.released(edge: edge, through: tick)
        case .leave(let attachment):
            if let session = table.session(of: attachment) { depart(session, &work) }
            work.answer(attachment, .ended(.left))
        case .expire(let number):
            if let session = table.session(number), !session.isAttached { depart(session, &work) }
        case .detach(let attachment):
            if let session = table.number(of: attachment) { detach(session, &work) }
            work.answer(attachment, .ended(.detached))
        case .edgeGone(let edge): detachAll(of: edge, &work)
        case .join(let attachment, let identity, let tickets, let takesOver, let fork):
            enter(attachment, identity, tickets, takesOver, fork, &work)
        }
    }

    private mutating func command(_ source: Source, _ sequence: UInt64, _ kind: UInt16, _ payload: [UInt8], _ work: inout TickWork) {
        guard let avatar = accept(sequence, from: source) else { return }
        if work.isAmended || faults.refusesInputs, let why = refusal(of: source, sequence, kind, &work) {
            return work.inputs.append(.refused(source, sequence: sequence, why))
        }
        if source.session != nil { work.seen.command(avatar, kind, payload) }
        work.inputs.append(.command(source, sequence: sequence, kind: kind, payload: payload))
    }

    private mutating func keyed(
        _ session: UInt64, _ sequence: UInt64, _ key: IdempotencyKey, _ kind: UInt16, _ payload: [UInt8], _ work: inout TickWork
    ) {
        let source = Source.session(session)
        guard let avatar = accept(sequence, from: source) else { return }
        if work.isAmended || faults.refusesInputs, let why = refusal(of: source, sequence, key, kind, &work) {
            return work.inputs.append(.refused(source, sequence: sequence, why))
        }
        work.seen.command(avatar, kind, key, payload)
        work.inputs.append(.keyed(session: session, sequence: sequence, key, kind: kind, payload: payload))
    }

    private mutating func intent(_ session: UInt64, _ number: UInt32, _ kind: UInt16, _ payload: [UInt8], _ work: inout TickWork) {
        guard let avatar = table.update(session, { work.consume(number, of: &$0) }) ?? nil else { return }
        if work.isAmended || faults.refusesInputs, dropsIntent(of: session, kind, &work) { return }
        work.seen.intent(avatar, kind, payload)
        work.inputs.append(.intent(session: session, kind: kind, payload: payload))
    }

    private mutating func detachAll(of edge: UInt64, _ work: inout TickWork) {
        for number in table.attached(through: edge) {
            if let attachment = table.session(number)?.attachment { work.answer(attachment, .ended(.detached)) }
            detach(number, &work)
        }
        table.giveUp(edge: edge, at: work.tick)
    }

    /// A connection goes on with the session whose ticket it shows, or joins as any other.
    private mutating func enter(
        _ attachment: Attachment, _ identity: Identity, _ tickets: JoinTickets, _ takesOver: Bool, _ fork: Fork?, _ work: inout TickWork
    ) {
        guard table.number(of: attachment) == nil else { return }
        if let request = tickets.resume, let session = table.session(request, of: identity.id) {
            resume(session, request, attachment, fork, &work)
        } else {
            join(attachment, identity, tickets, takesOver, &work)
        }
    }

    /// - Returns: the avatar that acts, `none` for a world; nil when the source takes no command.
    private mutating func accept(_ sequence: UInt64, from source: Source) -> Entity? {
        switch source {
        case .session(let number):
            let avatar = table.update(number) { session -> Entity? in
                guard session.isAttached else { return nil }
                session.window.acceptOfClient(sequence)
                return session.avatar
            }
            return avatar ?? nil
        case .world(let source):
            table.accept(sequence, from: source)
            return Entity.none
        }
    }

    private mutating func depart(_ session: Session, _ work: inout TickWork) {
        table.end(session.number, utcMilliseconds: work.utcMilliseconds)
        work.closed.append(session.number)
        if work.skips({ $0.phase == .departure && $0.source == .session(session.number) }) {
            work.seen.detach(session.avatar)
            return work.inputs.append(.abandon(session: session.number))
        }
        work.seen.depart(session.avatar)
        work.inputs.append(.depart(session: session.number))
    }

    private mutating func detach(_ number: UInt64, _ work: inout TickWork) {
        table.detach(number, at: work.tick)
        work.closed.append(number)
        work.detached.append(number)
        if let session = table.session(number) { work.seen.detach(session.avatar) }
        work.inputs.append(.detach(session: number))
    }

    private mutating func join(_ attachment: Attachment, _ identity: Identity, _ tickets: JoinTickets, _ takesOver: Bool, _ work: inout TickWork) {
        let claim = endedClaim(tickets.resume, identity)
        if work.isAmended || faults.refusesInputs, let why = refusal(of: identity.id, &work)?.refusal {
            let answer = JoinAnswer.refused(.refused, code: why.code.rawValue, text: why.text, resume: claim.answer)
            return work.answer(attachment, .join(answer), claim.recollection)
        }
        let old = table.session(ofAccount: identity.id)
        if let holder = old?.identity.name ?? engine.name(of: identity.id), identity.id.isGuest, holder != identity.name {
            let text = Self.collision(identity.name)
            work.answer(attachment, .join(.refused(.refused, code: Refusal.Code.conflict.rawValue, text: text, resume: claim.answer)))
        } else if let old {
            // Only what the seal saw can be taken over, not what another join of this very tick has.
            guard !old.isAttached || (takesOver && old.attachedAt < work.tick) else {
                let text = "\(identity.name) is in this world through another connection"
                return work.answer(attachment, .join(.refused(.accountInUse, code: 0, text: text, resume: claim.answer)), claim.recollection)
            }
            takeOver(old, as: identity, attachment, tickets.opens, claim, &work)
        } else if table.sessions.count >= HostLimits.sessions {
            let text = "the world has as many sessions as it takes"
            work.answer(attachment, .join(.refused(.full, code: 0, text: text, resume: claim.answer)), claim.recollection)
        } else {
            let number = table.open(identity, avatar: .none, attachment: attachment, at: work.tick, ticket: tickets.opens)
            work.note(claim, of: number)
            work.seen.arrive(identity)
            work.inputs.append(.arrive(session: number, identity))
        }
    }

    /// Two names of guests with the same id: the name that came first keeps it for as long as session or world know the account.
    private static func collision(_ name: String) -> String { "the name \(name) cannot be told from another guest's here; take another name" }

    /// What a client is told of the session that it asks for and does not get.
    private mutating func endedClaim(_ request: ResumeRequest?, _ identity: Identity) -> EndedClaim {
        guard let request else { return EndedClaim() }
        guard table.ended(request, of: identity.id) != nil else { return EndedClaim(answer: .unknown) }
        table.ended.acknowledge(request.session, through: request.acknowledged)
        guard let window = table.ended[request.session]?.window else { preconditionFailure("an ended session that is not there") }
        return EndedClaim(
            answer: .ended(session: request.session, oldest: window.acknowledged + 1, through: window.highest),
            recollection: Recollection(outcomes: window.kept))
    }

    /// The account joins without the session's ticket: the avatar goes on in a session of its own, with sequences from 1, and the old one ends.
    private mutating func takeOver(
        _ old: Session, as identity: Identity, _ attachment: Attachment, _ ticket: TicketHash, _ claim: EndedClaim, _ work: inout TickWork
    ) {
        if old.isAttached {
            work.answer(old.attachment, .ended(.replaced))
            work.seen.detach(old.avatar)
            work.inputs.append(.detach(session: old.number))
        }
        table.end(old.number, utcMilliseconds: work.utcMilliseconds)
        work.closed.append(old.number)
        let number = table.open(identity, avatar: old.avatar, attachment: attachment, at: work.tick, ticket: ticket)
        work.inputs.append(.resume(session: number, from: old.number))
        let answer = JoinAnswer.joined(session: number, avatar: old.avatar, nextSequence: 1, resume: claim.answer)
        work.answer(attachment, .join(answer), claim.recollection)
    }

    /// Another connection of the client goes on with its session. The newer one wins.
    private mutating func resume(
        _ session: Session, _ request: ResumeRequest, _ attachment: Attachment, _ fork: Fork?, _ work: inout TickWork
    ) {
        if session.isAttached {
            work.answer(session.attachment, .ended(.resumedElsewhere))
            work.seen.detach(session.avatar)
            work.inputs.append(.detach(session: session.number))
        }
        table.resume(request, attachment, at: work.tick)
        work.closed.append(session.number)
        // A client that has outcomes which were never given here saw another timeline, whatever is remembered of starts.
        let fork = fork ?? (request.acknowledged > session.window.highest ? .unknown : nil)
        guard let window = table.session(session.number)?.window else { preconditionFailure("a session that is not there resumes") }
        var recollection = Recollection(outcomes: window.kept)
        recollection.add(events, after: request.eventsThrough, before: work.tick, avatar: session.avatar)
        let lost = events.lost(after: request.eventsThrough).map { UInt32(clamping: $0 + recollection.droppedEvents) }
        let resumed = ResumeAnswer.Resumed(
            oldest: window.acknowledged + 1, lastIntent: session.lastIntent?.number ?? 0, lostEvents: lost ?? ResumeAnswer.Resumed.eventsUnknown,
            fork: fork)
        let answer = JoinAnswer.joined(
            session: session.number, avatar: session.avatar, nextSequence: window.highest + 1, resume: .resumed(resumed))
        work.answer(attachment, .join(answer), recollection)
    }
}
