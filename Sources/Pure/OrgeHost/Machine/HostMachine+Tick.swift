import OrgeControl
import OrgeLink
import OrgeSchema
import OrgeWorld

/// The commit of a tick: seal, hand to the journal, execute, hold, release.
extension HostMachine {
    private var inputsWait: Bool { waiting.isUrgent || !queue.isEmpty || !lifts.isEmpty }

    private var maySeal: Bool {
        phase == .running && !isPaused && pending == nil && held.count < HostLimits.ticksInFlight && !images.stopsWorld
    }

    /// The number of the tick that would begin now; nil when a flat-out world has nothing due and no input waits.
    ///
    /// Flat out, ticks in which nothing would happen are left out: nothing of the state depends on whether they ran.
    private var nextTick: UInt64? {
        guard pacer.pace == .flatOut, !inputsWait else { return state.tick + 1 }
        return state.engine.nextDueTick
    }

    /// When ``HostEvent/turn(utcMilliseconds:)`` is due at the latest; 0 for at once, nil for when something else happens.
    package var nextTurn: UInt64? {
        guard phase == .running else { return nil }
        var next = [edgeDeadlines.values.min(), audits.nextStep].compactMap { $0 }.min()
        if !isOnClock, let first = lingering.first { next = min(next ?? .max, first.deadline) }
        guard maySeal, nextTick != nil else { return next }
        if inputsWait, pacer.pace == .onDemand { return 0 }
        return [next, pacer.nextStart].compactMap { $0 }.min()
    }

    private var isOnClock: Bool { if case .fixed = pacer.pace { true } else { false } }

    mutating func turn(_ utc: UInt64, _ now: UInt64) {
        decide(now)
        askForStep(now)
        guard maySeal, let tick = nextTick, let late = pacer.begin(now: now, inputsWait: inputsWait) else { return }
        let record = seal(tick, utc, late)
        let body = record.encoded()
        pending = (record, body)
        images.bytes += body.count
        directives.append(.append(tick: record.tick, body: body))
        if let care, care.deadline <= now { self.care = nil }
        if care == nil { directives.append(.execute) }
    }

    /// A tick that waits for its record runs when it is durable.
    mutating func executeWhenRecorded() {
        if care != nil, let pending, pending.record.tick <= max(durableTick, recordedTick) { directives.append(.execute) }
    }

    /// The suspect has run without harm: nothing is left to be careful with.
    private mutating func endCare() {
        guard let suspect = care?.suspect, suspect.phase == .command, let source = suspect.source else { return }
        let highest =
            switch source {
            case .session(let number): state.table.session(number)?.window.highest
            case .world(let world): state.table.inbox(of: world)?.window.highest
            }
        if highest ?? 0 >= suspect.sequence { care = nil }
    }

    /// What the clock decides enters the log as an input.
    private mutating func decide(_ now: UInt64) {
        for (edge, deadline) in edgeDeadlines where deadline <= now { giveUp(edge, isUrgent: true) }
        let (tick, isOnClock) = (state.tick, isOnClock)
        let expired = lingering.prefix { isOnClock ? tick >= $0.lastTick : now >= $0.deadline }
        for gone in expired {
            guard let session = state.table.session(gone.session), session.detachedSince == gone.since else { continue }
            waiting.expire(session.number, of: session.account, since: gone.since)
        }
        lingering.removeFirst(expired.count)
    }

    mutating func linger(_ session: UInt64, since tick: UInt64, _ now: UInt64) {
        var last = tick
        if pacer.period > 0 { last += settings.linger / pacer.period }
        lingering.append(Lingering(session: session, since: tick, lastTick: last, deadline: now + settings.linger))
    }

    private mutating func seal(_ tick: UInt64, _ utc: UInt64, _ late: UInt32) -> TickRecord {
        let seed = mix64(state.engine.seed ^ mix64(tick))
        var inputs: [HostInput] = []
        queue.sealAcknowledgements(into: &inputs)
        waiting.sealReleased(into: &inputs)
        lifts.seal(in: tick, into: &inputs)
        let table = state.table
        waiting.reconsiderExpired { table.session($0)?.detachedSince == $1 }
        waiting.sealEndings(seed: seed, into: &inputs, hasCommands: queue.hasCommands)
        let joins = inputs.count
        for (attachment, join) in waiting.nextJoins(seed: seed) { inputs.append(input(attachment, join)) }
        var closing: [UInt64] = []
        for input in inputs[joins...] { if let session = resumed(input) { closing.append(session) } }
        queue.close(closing)
        queue.sealIntents(seed: seed, into: &inputs)
        carriedOver += UInt64(queue.sealCommands(seed: seed, budget: SealBudget(), into: &inputs))
        return state.seal(tick: tick, utcMilliseconds: utc, lateMicroseconds: late, inputs: inputs)
    }

    /// A join with what this host decides about it.
    private func input(_ attachment: Attachment, _ join: WaitingLifecycle.Join) -> HostInput {
        var left: Fork?
        if let request = join.tickets.resume { left = fork(of: Timeline(incarnation: request.incarnation, tick: request.tick, chain: 0)) }
        return .join(attachment, join.identity, join.tickets, takesOver: isTakenOver(by: attachment, join.identity.id), fork: left)
    }

    private func isTakenOver(by newcomer: Attachment, _ account: AccountID) -> Bool {
        guard let holder = state.table.session(ofAccount: account)?.attachment.edge else { return false }
        // An edge without a link may only be reconnecting, with the client that has the name.
        return holder != newcomer.edge && roster?.isGone(holder) == true
    }

    /// The session that a join goes on with. What waits of its old connection is dropped: the client sends it again.
    private func resumed(_ input: HostInput) -> UInt64? {
        guard case .join(_, let identity, let tickets, _, _) = input, let request = tickets.resume else { return nil }
        return state.table.session(request, of: identity.id)?.number
    }

    mutating func execute(_ now: UInt64) {
        guard let (record, body) = pending else { preconditionFailure("nothing is sealed") }
        pending = nil
        let executed = state.run(record, body: body)
        endCare()
        queue.close(executed.closed)
        for session in executed.detached { linger(session, since: executed.tick, now) }
        var tick = HeldTick(executed, dilationPermille: pacer.dilationPermille)
        let (parts, keepsAll) = scopes.follow(executed.output, tick.head, state)
        tick.add(parts: parts, keepsAll: keepsAll)
        held.append(tick)
        audits.executed(executed.output.changes, now)
        if images.isDue { directives.append(.beginImage) }
        release(through: durableTick)
        askForStep(now)
    }

    /// Encodes what was executed last, if an edge will be sent it: while the journal syncs its record, and not in the time that counts as the tick's.
    package mutating func encodeHeldTick() {
        guard !held.isEmpty, links.values.contains(where: { $0.edge.map(scopes.isWhole) ?? false }) else { return }
        held[held.count - 1].encodeShared(world: worldNumber)
    }

    /// Lets out every held tick whose record is on the disk.
    mutating func release(through tick: UInt64) {
        durableTick = max(durableTick, tick)
        recordedTick = max(recordedTick, durableTick)
        let count = held.prefix { $0.tick <= durableTick }.count
        guard count > 0 else { return }
        for tick in held[..<count] {
            retained.append(tick)
            releasedTick = tick.tick
            releasedHash = tick.stateHash
        }
        held.removeFirst(count)
        for link in links.keys {
            pump(link, lastTime)
            reconsiderScope(link, lastTime)
        }
        answerLifts()
    }
}
