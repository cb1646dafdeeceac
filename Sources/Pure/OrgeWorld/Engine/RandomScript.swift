package import OrgeSchema

/// Draws what a few accounts do, tick after tick: they join, act, lose their connection, return and leave.
///
/// It decides, and its owner carries out: `--fast` straight on an engine, tests through a host.
package struct RandomScript {
    /// One thing that an account does.
    package enum Act: Equatable, Sendable {
        case join(Int)
        /// After a disconnection.
        case rejoin(Int)
        case disconnect(Int)
        case leave(Int)
        case intent(Int, kind: UInt16, [UInt8])
        case command(Int, kind: UInt16, [UInt8])
    }

    private enum Presence { case away, present, detached }

    /// Ticks after which the generator's list of entities is renewed.
    private static let renewalPeriod: UInt64 = 64

    private var generator: CommandGenerator
    private var accounts: [Presence]

    /// - Parameter drawsBoundaries: as ``CommandGenerator/drawsBoundaries``.
    package init(schema: WorldSchema, seed: UInt64, accountCount: Int, drawsBoundaries: Bool = false) {
        generator = CommandGenerator(schema: schema, seed: seed)
        generator.drawsBoundaries = drawsBoundaries
        accounts = Array(repeating: .away, count: accountCount)
    }

    /// What happens before the engine's next tick, in order.
    package mutating func acts(in engine: WorldEngine) -> [Act] {
        if engine.tick % Self.renewalPeriod == 0 { renewEntities(engine) }
        var acts: [Act] = []
        for account in accounts.indices { act(account, &acts) }
        return acts
    }

    /// Adds an entity that commands may name.
    package mutating func see(_ entity: Entity) { generator.see(entity) }

    /// The world did not let the account in.
    package mutating func joinRefused(_ account: Int) { accounts[account] = .away }

    private mutating func renewEntities(_ engine: WorldEngine) {
        generator.forgetAll()
        for entity in engine.entities { generator.see(entity) }
    }

    private mutating func act(_ account: Int, _ acts: inout [Act]) {
        switch accounts[account] {
        case .away:
            guard generator.random.chance(1, outOf: 10) else { return }
            acts.append(.join(account))
            accounts[account] = .present
        case .detached:
            if generator.random.chance(1, outOf: 10) {
                acts.append(.rejoin(account))
                accounts[account] = .present
            } else if generator.random.chance(1, outOf: 20) {
                acts.append(.leave(account))
                accounts[account] = .away
            }
        case .present: accounts[account] = actPresent(account, &acts)
        }
    }

    private mutating func actPresent(_ account: Int, _ acts: inout [Act]) -> Presence {
        if generator.random.chance(1, outOf: 200) {
            acts.append(.disconnect(account))
            return .detached
        }
        if generator.random.chance(1, outOf: 400) {
            acts.append(.leave(account))
            return .away
        }
        for intent in generator.schema.intents where generator.random.chance(1, outOf: 4) {
            acts.append(.intent(account, kind: intent.id, generator.intent(intent)))
        }
        if generator.random.chance(1, outOf: 4), let (kind, payload) = generator.command() { acts.append(.command(account, kind: kind, payload)) }
        return .present
    }
}
