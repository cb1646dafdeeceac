import OrgeImage
import OrgeSchema

extension WorldEngine {
    /// Runs one tick: the inputs in the order given, then the systems that are due.
    /// - Precondition: `tick` is greater than the last one; by more than one when empty ticks were skipped.
    package func execute(tick: UInt64, utcMilliseconds: UInt64, inputs: [Input]) -> TickOutput {
        precondition(tick > self.tick, "tick \(tick) after tick \(self.tick)")
        flight.begin(tick: tick)
        defer { flight.leave(to: .idle) }
        core.state.tick = tick
        core.state.utc = utcMilliseconds
        var output = TickOutput(tick: tick, stateHash: 0)
        output.outcomes.reserveCapacity(inputs.count)
        // Most outcomes are one byte and a small result.
        var outcomes = ByteWriter(capacity: inputs.count * 16)
        var senders = SendersAhead()
        // Random draws follow from a transaction's place among the inputs that world code sees: a reconnection or a malformed command between
        // them changes nothing in the world.
        var ordinal: UInt64 = 0
        for index in inputs.indices {
            senders.look(ahead: inputs, at: index, present)
            apply(inputs[index], ordinal, senders[index], &output, &outcomes)
            if inputs[index].isSeenByWorld { ordinal += 1 }
        }
        output.outcomeBytes = outcomes.take()
        runSystems()
        flight.leave(to: .engine)
        return finish(output)
    }

    /// The next tick in which a system is due; nil when no system ever is. Without inputs the ticks before it change nothing and may be skipped.
    package var nextDueTick: UInt64? {
        registry.systems.compactMap { system in
            let next = (tick / system.period + 1).multipliedReportingOverflow(by: system.period)
            return next.overflow ? nil : next.partialValue
        }.min()
    }

    /// In line, or each input would be copied for the call.
    @inline(__always)
    private func apply(_ input: Input, _ ordinal: UInt64, _ sender: Presence?, _ output: inout TickOutput, _ outcomes: inout ByteWriter) {
        switch input {
        case .arrive(let session, let identity):
            flight.enter(.arrival, session: session, account: identity.id)
            output.arrivals.append(Arrival(session: session, result: arrive(session, identity, ordinal)))
        case .resume(let session, let old):
            guard let known = presences[old] else { preconditionFailure("session \(old) resumes and is not in the world") }
            setPresence(old, nil)
            setPresence(session, known)
        case .detach(let session): clearIntents(of: session)
        case .depart(let session): depart(session, ordinal)
        case .command(let source, let sequence, let kind, let payload):
            let start = outcomes.count
            switch source {
            case .session:
                flight.enterCommand(source, sequence: sequence, kind: kind, account: sender?.account)
                run(sender?.avatar, kind, payload, ordinal, &outcomes)
            case .world: Outcome.refused(Refusal(.unknownKind, "this world takes no commands of other worlds")).encode(to: &outcomes)
            }
            output.outcomes.append(ExecutedCommand(source: source, sequence: sequence, bytes: start..<outcomes.count))
        case .keyed(let session, let sequence, let key, let kind, let payload):
            let start = outcomes.count
            flight.enterCommand(.session(session), sequence: sequence, kind: kind, account: present[session]?.account)
            run(session, key, kind, payload, ordinal, &outcomes)
            output.outcomes.append(ExecutedCommand(source: .session(session), sequence: sequence, bytes: start..<outcomes.count))
        case .malformed(let source, let sequence):
            refuse(source, sequence, Refusal(.malformed, "the command is unknown, or its payload is no row of its kind"), &output, &outcomes)
        case .refused(let source, let sequence, let why): refuse(source, sequence, why.refusal, &output, &outcomes)
        case .abandon(let session):
            clearIntents(of: session)
            setPresence(session, nil)
        case .intent(let session, let kind, let payload):
            flight.enter(.intent, session: session, account: present[session]?.account, kind: kind)
            if !apply(intent: kind, payload, of: session) { output.droppedIntents += 1 }
        }
    }

    private func refuse(
        _ source: Source, _ sequence: UInt64, _ refusal: Refusal, _ output: inout TickOutput, _ outcomes: inout ByteWriter
    ) {
        let start = outcomes.count
        Outcome.refused(refusal).encode(to: &outcomes)
        output.outcomes.append(ExecutedCommand(source: source, sequence: sequence, bytes: start..<outcomes.count))
    }

    private func arrive(_ session: UInt64, _ identity: Identity, _ ordinal: UInt64) -> Result<Entity, Refusal> {
        precondition(presences[session] == nil, "session \(session) arrives twice")
        let mark = core.state.begin()
        var turn = Turn(core, avatar: .none, drawSeed: drawSeed(.transaction, ordinal))
        do throws(Refusal) {
            let avatar = try hooks.arrive(identity, &turn)
            guard turn.isAlive(avatar) else { trapForAuthor("\(schema.name) gave \(identity.name) an avatar that does not live") }
            guard core.state.accounts.hasRoom(for: identity.id) else { throw Refusal(.full, "the world has as many accounts as it has room for") }
            core.state.setAccount(AccountRecord(account: identity.id, avatar: avatar, name: identity.name))
            core.state.commit()
            setPresence(session, Presence(account: identity.id, avatar: avatar))
            return .success(avatar)
        } catch {
            core.state.rollBack(to: mark)
            return .failure(error)
        }
    }

    private func depart(_ session: UInt64, _ ordinal: UInt64) {
        guard let known = presences[session] else { return }
        clearIntents(of: session)
        flight.enter(.departure, session: session, account: known.account)
        var turn = Turn(core, avatar: known.avatar, drawSeed: drawSeed(.transaction, ordinal))
        hooks.depart(known.avatar, &turn)
        if !turn.isAlive(known.avatar) { core.state.forgetAccount(known.account) }
        setPresence(session, nil)
    }

    private func clearIntents(of session: UInt64) {
        guard let avatar = presences[session]?.avatar, core.state.entities.isAlive(avatar) else { return }
        for intent in schema.intents { core.state.remove(Int(intent.component), avatar) }
    }

    private func runSystems() {
        for (index, system) in registry.systems.enumerated() where tick % system.period == 0 && !restraints.isSuspended(index) {
            flight.enterSystem(index)
            restrain(index)
            let seed = drawSeed(.system, UInt64(index))
            core.state.writeMask = system.writeMask
            core.state.readMask = system.readMask
            core.state.running = system.name
            var turn = Turn(core, avatar: .none, drawSeed: seed)
            system.run(&turn)
        }
        core.state.readMask = .max
        core.state.writeMask = .max
        core.state.running = schema.name
        if core.state.scansSlowly { core.state.setAside = [] }
    }

    /// Prepares what the system does not visit.
    private func restrain(_ system: Int) {
        guard !restraints.setAside.isEmpty || core.state.scansSlowly else { return }
        let entities = restraints.setAside.filter { Int($0.system) == system && core.state.entities.isAlive($0.entity) }
        core.state.setAside = ContiguousArray(entities.map { Int($0.entity.slot) }.sorted())
    }

    /// Whether the entity that a system visits is noted in the recorder: only in a tick that is run again to find a fault.
    package var isExamined: Bool {
        get { core.state.isExamined }
        set { core.state.isExamined = newValue }
    }

    /// The name of a system; nil where there is none of this index.
    package var systemNames: [String] { registry.systems.map(\.name) }
    package func systemName(_ index: Int) -> String? { registry.systems.indices.contains(index) ? registry.systems[index].name : nil }

    /// Ends a tick: hashes and encodes the changed rows.
    func finish(_ started: consuming TickOutput) -> TickOutput {
        var output = started
        output.changes = core.state.drainChanges()
        let count = core.state.outbox.entries.count
        output.events.reserveCapacity(count)
        for index in 0..<count {
            let entry = core.state.outbox.entries[index]
            guard let audience = resolve(entry.audience) else { continue }
            output.events.append(
                EmittedEvent(kind: entry.kind, isReliable: entry.isReliable, audience: audience, bytes: entry.start..<entry.end))
        }
        output.eventBytes = core.state.outbox.take()
        output.stateHash = stateHash
        return output
    }

    /// Resolves an audience to a position at the tick's end; nil when the entity is gone or has no position.
    private func resolve(_ audience: Audience) -> EventAudience? {
        switch audience {
        case .all: return .all
        case .session(let avatar): return .avatar(avatar)
        case .disc(let entity, let radius):
            guard core.state.entities.isAlive(entity), let place = core.state.currentPlace(of: entity) else { return nil }
            return .disc(x: place.x, y: place.y, radius: radius)
        }
    }
}
