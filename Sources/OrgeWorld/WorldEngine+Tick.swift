package import OrgeSchema

extension WorldEngine {
    /// Whether the bytes have the structure of such a command or intent. Rules are not looked at: breaking one is refused by the world.
    package func check(command kind: UInt16, _ payload: [UInt8]) -> DecodeError? {
        schema.command(kind).flatMap { check($0.row, payload) }
    }

    package func check(intent kind: UInt16, _ payload: [UInt8]) -> DecodeError? {
        schema.intent(kind).flatMap { schema.component($0.component) }.flatMap { check($0.row, payload) }
    }

    private func check(_ row: RowLayout, _ payload: [UInt8]) -> DecodeError? {
        var reader = ByteReader(payload)
        do throws(DecodeError) {
            try row.validate(&reader)
            try reader.expectEnd()
            return nil
        } catch {
            return error
        }
    }

    /// Runs one tick: the inputs in the order given, then the systems that are due.
    /// - Precondition: `tick` follows the last one (after a jump over empty ticks it may be greater).
    package func execute(tick: UInt64, utcMilliseconds: UInt64, inputs: [Input]) -> TickOutput {
        precondition(tick > self.tick, "tick \(tick) after tick \(self.tick)")
        unsafe core.pointee.tick = tick
        unsafe core.pointee.utc = utcMilliseconds
        var output = TickOutput(tick: tick, stateHash: 0)
        for (ordinal, input) in inputs.enumerated() { take(input, UInt64(ordinal), &output) }
        runSystems()
        return finish(output)
    }

    private func take(_ input: Input, _ ordinal: UInt64, _ output: inout TickOutput) {
        switch input {
        case .arrive(let session, let account): output.arrivals.append(Arrival(session: session, result: arrive(session, account, ordinal)))
        case .resume(let session, let old):
            guard let known = sessions[old] else { preconditionFailure("session \(old) resumes and is not in the world") }
            setSession(old, nil)
            setSession(session, known)
        case .detach(let session): clearIntents(of: session)
        case .depart(let session): depart(session, ordinal)
        case .command(let session, let sequence, let kind, let payload):
            let bytes = run(session, kind, payload, ordinal)
            output.outcomes.append(CommandOutcome(session: session, sequence: sequence, bytes: bytes))
        case .intent(let session, let kind, let payload):
            if !take(intent: kind, payload, of: session) { output.droppedIntents += 1 }
        }
    }

    private func arrive(_ session: UInt64, _ account: String, _ ordinal: UInt64) -> Result<Entity, Refusal> {
        precondition(sessions[session] == nil, "session \(session) arrives twice")
        let mark = unsafe core.pointee.begin()
        var turn = unsafe Turn(core, avatar: .none, drawSeed: drawSeed(.transaction, ordinal))
        do throws(Refusal) {
            let avatar = try hooks.arrive(Account(name: account), &turn)
            guard turn.isAlive(avatar) else { preconditionFailure("\(schema.name) gave \(account) an avatar that does not live") }
            unsafe core.pointee.setAvatar(of: account, to: avatar)
            unsafe core.pointee.commit()
            setSession(session, Session(account: account, avatar: avatar))
            return .success(avatar)
        } catch {
            unsafe core.pointee.rollBack(to: mark)
            return .failure(error)
        }
    }

    private func depart(_ session: UInt64, _ ordinal: UInt64) {
        guard let known = sessions[session] else { return }
        clearIntents(of: session)
        var turn = unsafe Turn(core, avatar: known.avatar, drawSeed: drawSeed(.transaction, ordinal))
        hooks.depart(known.avatar, &turn)
        if !turn.isAlive(known.avatar) { unsafe core.pointee.setAvatar(of: known.account, to: nil) }
        setSession(session, nil)
    }

    private func clearIntents(of session: UInt64) {
        guard let avatar = sessions[session]?.avatar, unsafe core.pointee.entities.isAlive(avatar) else { return }
        for intent in schema.intents { unsafe core.pointee.remove(Int(intent.component), avatar) }
    }

    /// Runs a command as a transaction.
    private func run(_ session: UInt64, _ kind: UInt16, _ payload: [UInt8], _ ordinal: UInt64) -> [UInt8] {
        var writer = ByteWriter(capacity: 16)
        do throws(Refusal) {
            guard let avatar = sessions[session]?.avatar else { throw Refusal(.notFound, "the session is not in the world") }
            guard Int(kind) < registry.commands.count else { throw Refusal(.unknownKind, "there is no command \(kind)") }
            writer.u8(0)
            try transact(registry.commands[Int(kind)], payload, avatar, ordinal, &writer)
        } catch {
            writer.removeAll()
            Outcome.refused(error).encode(to: &writer)
        }
        return writer.bytes
    }

    private func transact(
        _ entry: CommandEntry, _ payload: [UInt8], _ avatar: Entity, _ ordinal: UInt64, _ writer: inout ByteWriter
    ) throws(Refusal) {
        if let error = entry.hasRules ? check(entry.plan.layout, payload) : nil { throw Refusal(.invalid, "\(entry.name): \(error)") }
        if entry.hasRules, let broken = entry.plan.layout.brokenRule(ByteReader(payload)) { throw Refusal(.ruleBroken, broken.rule, field: broken.field) }
        let mark = unsafe core.pointee.begin()
        var reader = ByteReader(payload)
        var turn = unsafe Turn(core, avatar: avatar, drawSeed: drawSeed(.transaction, ordinal))
        do throws(Refusal) {
            try entry.run(&turn, &reader, &writer, entry.plan, entry.resultPlan)
            unsafe core.pointee.commit()
        } catch {
            unsafe core.pointee.rollBack(to: mark)
            throw error
        }
    }

    /// Lays an intent into its component of the avatar.
    /// - Returns: false when there is no such intent or avatar, or the row is malformed or breaks a rule.
    private func take(intent kind: UInt16, _ payload: [UInt8], of session: UInt64) -> Bool {
        guard let avatar = sessions[session]?.avatar, unsafe core.pointee.entities.isAlive(avatar), let intent = schema.intent(kind) else { return false }
        let column = Int(intent.component)
        let plan = unsafe core.pointee.plans[column]
        guard check(plan.layout, payload) == nil, plan.layout.brokenRule(ByteReader(payload)) == nil else { return false }
        unsafe core.pointee.setIntent(column, avatar, payload)
        return true
    }

    private func runSystems() {
        for (index, system) in registry.systems.enumerated() where tick % system.period == 0 {
            let seed = drawSeed(.system, UInt64(index))
            unsafe core.pointee.drawSeed = seed
            unsafe core.pointee.writeMask = registry.mask(system.writes)
            unsafe core.pointee.readMask = core.pointee.writeMask | registry.mask(system.reads)
            unsafe core.pointee.running = system.name
            var turn = unsafe Turn(core, avatar: .none, drawSeed: seed)
            system.run(&turn)
        }
        unsafe core.pointee.readMask = .max
        unsafe core.pointee.writeMask = .max
        unsafe core.pointee.running = schema.name
    }

    /// Ends a tick: what changed is hashed and written out.
    func finish(_ started: TickOutput) -> TickOutput {
        var output = started
        output.changes = unsafe core.pointee.drainChanges()
        let (records, bytes) = unsafe core.pointee.outbox.take()
        output.eventBytes = bytes
        for record in records {
            guard let audience = place(record.audience) else { continue }
            output.events.append(
                EventRecord(kind: record.kind, isReliable: record.isReliable, audience: audience, bytes: record.start..<record.end))
        }
        output.stateHash = stateHash
        return output
    }

    /// Fills in where an audience is at the tick's end; nil when the entity has gone or has no place.
    private func place(_ audience: Audience) -> EventAudience? {
        switch audience {
        case .all: return .all
        case .session(let avatar): return .session(avatar)
        case .disc(let entity, let radius):
            guard unsafe core.pointee.entities.isAlive(entity), let place = unsafe core.pointee.currentPlace(of: entity) else { return nil }
            return .disc(x: place.x, y: place.y, radius: radius)
        }
    }
}
