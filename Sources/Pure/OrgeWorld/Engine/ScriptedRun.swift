import OrgeSchema

/// Runs a world flat out with inputs generated from a seed: accounts arrive, act, lose their connection, return and leave.
///
/// Two runs of the same world, seeds and length must end in the same state, in every build and on every machine.
package struct ScriptedRun {
    private enum Presence {
        case away
        case present(session: UInt64, sequence: UInt64)
        case detached(session: UInt64)
    }

    /// Enough that accounts meet each other, few enough that each sends often.
    private static let accountCount = 16
    /// Ticks after which the generator's list of entities is renewed.
    private static let renewalPeriod: UInt64 = 64

    package let engine: WorldEngine
    private var generator: CommandGenerator
    private var accounts: [Presence]
    private var nextSession: UInt64 = 1
    package private(set) var applied = 0
    package private(set) var refused = 0

    /// - Parameter seed: of the script; the world has its own.
    package init(_ engine: WorldEngine, seed: UInt64) {
        self.engine = engine
        generator = CommandGenerator(schema: engine.schema, seed: seed)
        accounts = Array(repeating: .away, count: Self.accountCount)
    }

    /// Runs ticks one after the other.
    package mutating func run(ticks: UInt64) {
        for _ in 0..<ticks { step() }
    }

    private mutating func step() {
        if engine.tick % Self.renewalPeriod == 0 { renewEntities() }
        var inputs: [Input] = []
        for account in accounts.indices { step(account, &inputs) }
        // Fifty milliseconds a tick from 2026-01-01 on, for worlds that read the calendar.
        let output = engine.execute(tick: engine.tick + 1, utcMilliseconds: 1_767_225_600_000 + engine.tick * 50, inputs: inputs)
        for outcome in output.outcomes { if output.bytes(of: outcome).first == 0 { applied += 1 } else { refused += 1 } }
        for arrival in output.arrivals { handle(arrival) }
    }

    private mutating func renewEntities() {
        generator.forgetAll()
        for entity in engine.entities { generator.see(entity) }
    }

    private mutating func handle(_ arrival: Arrival) {
        switch arrival.result {
        case .success(let avatar): generator.see(avatar)
        case .failure:
            for account in accounts.indices {
                if case .present(arrival.session, _) = accounts[account] { accounts[account] = .away }
            }
        }
    }

    private mutating func step(_ account: Int, _ inputs: inout [Input]) {
        switch accounts[account] {
        case .away:
            guard generator.random.chance(1, outOf: 10) else { return }
            inputs.append(.arrive(session: nextSession, .guest("account-\(account)")))
            accounts[account] = .present(session: nextSession, sequence: 0)
            nextSession += 1
        case .detached(let session):
            if generator.random.chance(1, outOf: 10) {
                inputs.append(.resume(session: nextSession, from: session))
                accounts[account] = .present(session: nextSession, sequence: 0)
                nextSession += 1
            } else if generator.random.chance(1, outOf: 20) {
                inputs.append(.depart(session: session))
                accounts[account] = .away
            }
        case .present(let session, let sequence): accounts[account] = act(session, sequence, &inputs)
        }
    }

    private mutating func act(_ session: UInt64, _ sequence: UInt64, _ inputs: inout [Input]) -> Presence {
        if generator.random.chance(1, outOf: 200) {
            inputs.append(.detach(session: session))
            return .detached(session: session)
        }
        if generator.random.chance(1, outOf: 400) {
            inputs.append(.depart(session: session))
            return .away
        }
        for intent in engine.schema.intents where generator.random.chance(1, outOf: 4) {
            inputs.append(.intent(session: session, kind: intent.id, payload: generator.intent(intent)))
        }
        guard generator.random.chance(1, outOf: 4), let (kind, payload) = generator.command() else {
            return .present(session: session, sequence: sequence)
        }
        inputs.append(.command(session: session, sequence: sequence + 1, kind: kind, payload: payload))
        return .present(session: session, sequence: sequence + 1)
    }
}
