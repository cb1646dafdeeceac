package import OrgeBase
internal import OrgeSchema

/// Checking and running commands and intents from their payloads.
extension WorldEngine {
    /// Why the payload is not a row of the kind; nil when it is. Field rules are not checked: a broken rule is refused by the world.
    package func check(command kind: UInt16, _ payload: [UInt8]) -> DecodeError? {
        Int(kind) < registry.commands.count ? registry.commands[Int(kind)].plan.fault(in: payload) : nil
    }

    package func check(intent kind: UInt16, _ payload: [UInt8]) -> DecodeError? {
        schema.intent(kind).flatMap { registry.components[Int($0.component)].plan.fault(in: payload) }
    }

    /// Runs a command as a transaction and writes its outcome.
    /// - Parameter avatar: nil when the session is not in the world.
    func run(_ avatar: Entity?, _ kind: UInt16, _ payload: [UInt8], _ ordinal: UInt64, _ writer: inout ByteWriter) {
        let start = writer.count
        do throws(Refusal) {
            guard let avatar else { throw Refusal(.notFound, "the session is not in the world") }
            guard Int(kind) < registry.commands.count else { throw Refusal(.unknownKind, "there is no command \(kind)") }
            writer.u8(0)
            try transact(registry.commands[Int(kind)], payload, avatar, ordinal, &writer)
        } catch {
            writer.truncate(to: start)
            Outcome.refused(error).encode(to: &writer)
        }
    }

    private func transact(
        _ entry: CommandEntry, _ payload: [UInt8], _ avatar: Entity, _ ordinal: UInt64, _ writer: inout ByteWriter
    ) throws(Refusal) {
        if let error = scratch.decode(payload, entry.plan) { throw Refusal(.invalid, "\(entry.name): \(error)") }
        if !scratch.keepsRules(entry.plan) { throw Self.broken(entry.plan, payload) }
        let mark = core.state.begin()
        var turn = Turn(core, avatar: avatar, drawSeed: drawSeed(.transaction, ordinal))
        do throws(Refusal) {
            try entry.run(&turn, scratch, &writer, entry.resultPlan)
            core.state.commit()
        } catch {
            core.state.rollBack(to: mark)
            throw error
        }
    }

    /// The refusal for a row that breaks a rule.
    private static func broken(_ plan: RowPlan, _ payload: [UInt8]) -> Refusal {
        guard let broken = plan.layout.brokenRule(ByteReader(payload)) else { preconditionFailure("the two checks of rules disagree") }
        return Refusal(.ruleBroken, broken.rule, field: broken.field)
    }

    /// Writes an intent into its component of the avatar.
    /// - Returns: false when there is no such intent or avatar, or the row is malformed or breaks a rule.
    func apply(intent kind: UInt16, _ payload: [UInt8], of session: UInt64) -> Bool {
        guard let avatar = present[session]?.avatar, core.state.entities.isAlive(avatar), let intent = schema.intent(kind) else { return false }
        let column = Int(intent.component)
        let plan = registry.components[column].plan
        guard scratch.decode(payload, plan) == nil, scratch.keepsRules(plan) else { return false }
        core.state.set(column, avatar, scratch, size: plan.size)
        return true
    }
}
