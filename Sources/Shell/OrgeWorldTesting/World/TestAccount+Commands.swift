public import OrgeSchema
public import OrgeWorld
public import Testing

extension TestAccount {
    /// Sends a command and runs a tick.
    /// - Returns: the command's result.
    /// - Throws: when it was not applied; the failure is recorded at the caller's line, with the command as one would type it for `orge call`.
    @discardableResult
    public func call<C: Command>(
        _ command: C, key: IdempotencyKey? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> C.Result where C.Result: Record {
        let sent = try applied(command, key, sourceLocation)
        guard let result = sent.result else { preconditionFailure("the world's own result") }
        return result
    }

    /// Sends a command and runs a tick.
    /// - Throws: when it was not applied; the failure is recorded at the caller's line, with the command as one would type it for `orge call`.
    public func call<C: Command>(
        _ command: C, key: IdempotencyKey? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws where C.Result == Void {
        _ = try applied(command, key, sourceLocation)
    }

    private func applied<C: Command>(_ command: C, _ key: IdempotencyKey?, _ sourceLocation: SourceLocation) throws -> SentCommand<C> {
        let sent = send(command, key: key)
        world.perform(.tick)
        if !sent.isApplied { try fail("\(typed(command)) → \(Self.text(of: sent.pending))", sourceLocation) }
        return sent
    }

    /// Sends a command, runs a tick, and expects that the world refuses it for this reason.
    /// - Returns: the refusal; nil when it was applied, which is recorded at the caller's line.
    @discardableResult
    public func expectRefused<C: Command>(
        _ command: C, _ code: Refusal.Code, key: IdempotencyKey? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) -> Refusal? {
        let sent = send(command, key: key)
        world.perform(.tick)
        if sent.refusal?.code != code {
            Issue.record(
                "\(typed(command)) → \(Self.text(of: sent.pending)); it should be refused with code \(code.rawValue)", sourceLocation: sourceLocation)
        }
        return sent.refusal
    }

    /// Sends a command: it runs in the next tick, in the order in which the host seals what all accounts have sent.
    /// - Parameters:
    ///   - command: may break its field rules: then the outcome is a refusal.
    ///   - key: an idempotency key, as of `orge call --key`.
    @discardableResult
    public func send<C: Command>(_ command: C, key: IdempotencyKey? = nil) -> SentCommand<C> {
        let (schema, row) = row(of: command)
        let pending = sendCommand(schema.id, row, key)
        if pending != nil { world.note(.command(index, kind: schema.id, row, key: key)) }
        return SentCommand(pending: pending)
    }

    /// Sends an intent: the latest of its kind is in the world with the next tick.
    ///
    /// The host drops an intent that breaks a field rule, without an answer; here that is recorded at the caller's line.
    public func steer<I: Intent>(_ intent: I, sourceLocation: SourceLocation = #_sourceLocation) {
        guard let component = world.schema.component(named: I.name), let kind = world.schema.intents.first(where: { $0.component == component.id })?.id else {
            trapForMissingPart(I.self)
        }
        let bytes = RecordCoding<I>().encode(intent)
        let typed = "\(name) \(component.name)\(StateText.typed(component.row, bytes))"
        if !isInWorld {
            Issue.record("\(typed) → not sent: the account is not in the world", sourceLocation: sourceLocation)
        } else if let broken = component.row.brokenRule(ByteReader(bytes)) {
            Issue.record("\(typed) → dropped: \(broken)", sourceLocation: sourceLocation)
        }
        world.perform(.intent(index, kind: kind, world.scriptRow(component.row, bytes)))
    }

    private func row<C: Command>(of command: C) -> (WorldSchema.Command, ScriptRow) {
        guard let schema = world.schema.command(named: C.name) else { trapForMissingPart(C.self) }
        return (schema, world.scriptRow(schema.row, RecordCoding<C>().encode(command)))
    }

    private func typed<C: Command>(_ command: C) -> String {
        let (schema, _) = row(of: command)
        return "\(name) \(schema.name)\(StateText.typed(schema.row, RecordCoding<C>().encode(command)))"
    }

    private static func text(of command: AwaitedCommand?) -> String {
        switch command?.outcome {
        case .applied: "applied"
        case .repeated(let tick, _): "applied (repeated: tick \(tick) applied it)"
        case .refused(let refusal): TestWorld.text(of: refusal)
        case nil: command == nil ? "not sent: the account is not in the world" : "no outcome"
        }
    }
}
