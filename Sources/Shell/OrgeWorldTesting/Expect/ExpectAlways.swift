import OrgeSchema
public import OrgeWorld
public import Testing

/// Expects that something holds in a world before its first tick and after every tick, whatever its accounts do.
///
///     @Test func noMoneyIsMade() {
///         expectAlways("money is neither made nor lost", in: Ledger.self) { world in
///             let balances = world.rows(Balance.self)
///             return balances.reduce(0) { $0 + $1.row.cents } == Int64(balances.count) * Ledger.openingBalance
///         }
///     }
///
/// For each seed a few accounts join, send drawn commands and intents, lose their connection, return and leave. The draws keep the declared field rules; every
/// boundary value of every field is among them. The first failure is shrunk: the test reports the shortest script that it found.
/// - Parameters:
///   - expectation: a sentence for the report.
///   - world: the world's type.
///   - seeds: one run for each; the seed of the world and of the script.
///   - ticks: of each run.
///   - accounts: how many take part, 1...16.
///   - start: fills the empty world instead of the world's own `start`; nil for that one.
///   - sourceLocation: the line that a failure is reported for.
///   - holds: must only read the world, and not record issues itself: it is called for every script that is tried while shrinking.
/// - Returns: the failing script; nil when there is none.
@discardableResult
public func expectAlways<W: World>(
    _ expectation: String, in world: W.Type, seeds: ClosedRange<UInt64> = 1...3, ticks: Int = 200, accounts: Int = 4,
    start: ((inout Turn) -> Void)? = nil, sourceLocation: SourceLocation = #_sourceLocation, _ holds: @escaping (TestWorld) throws -> Bool
) -> FailingScript? {
    let kind = WorldKind(world, start: start)
    return firstFailure(expectation, kind, seeds, ticks, accounts, sourceLocation) { _ in { try holds($0) ? nil : "" } }
}

/// Expects that a world is sound, whatever its accounts do: that every run of the same inputs comes to the same state, and that nothing that matters is kept
/// outside the rows.
///
///     @Test func sound() { expectSound(Ledger.self) }
///
/// As ``expectAlways(_:in:seeds:ticks:accounts:start:sourceLocation:_:)``, with two questions after each tick.
/// A world that began from the same seed and ran the same inputs must be in the same state: otherwise the world's code goes by a clock, by the order
/// of a Set or Dictionary, by random numbers of the system or by memory that was not set.
/// A world that was restored from an image of a few ticks before must be in the same state: otherwise the world's code keeps something in a global or
/// static variable.
/// - Returns: the failing script; nil when there is none.
@discardableResult
public func expectSound<W: World>(
    _ world: W.Type, seeds: ClosedRange<UInt64> = 1...3, ticks: Int = 200, accounts: Int = 4, start: ((inout Turn) -> Void)? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) -> FailingScript? {
    let kind = WorldKind(world, start: start)
    return firstFailure(soundness, kind, seeds, ticks, accounts, sourceLocation) { soundnessJudge($0, .all) }
}

extension TestWorld {
    /// Expects of what this test has done so far what ``expectSound(_:seeds:ticks:accounts:start:sourceLocation:)`` expects of drawn scripts: it is all
    /// done again, in a new world of the same seed, and compared after each tick.
    /// - Returns: the failing script; nil when there is none.
    @discardableResult
    public func expectSound(sourceLocation: SourceLocation = #_sourceLocation) -> FailingScript? {
        let trial = Trial(kind: kind, seed: seed, identities: accounts.map(\.identity)) { soundnessJudge($0, .all) }
        return trial.run(steps).map { FailingScript(soundness, $0, of: trial, at: sourceLocation) }
    }
}

private let soundness = "the same inputs lead to the same state"

private func soundnessJudge(_ world: TestWorld, _ checks: Verifier.Checks) -> Trial.Judge {
    world.host.verify(world.kind, seed: world.seed, checks: checks)
    return { $0.host.verifier?.finding }
}

private func firstFailure(
    _ expectation: String, _ kind: WorldKind, _ seeds: ClosedRange<UInt64>, _ ticks: Int, _ accounts: Int, _ sourceLocation: SourceLocation,
    _ makeJudge: @escaping (TestWorld) -> Trial.Judge
) -> FailingScript? {
    let names = ["ada", "bob", "eve", "dan", "fay", "gus", "hal", "ida", "jon", "kim", "leo", "mia", "ned", "ora", "pam", "quy"]
    precondition((1...names.count).contains(accounts), "\(accounts) accounts; a script has 1 to \(names.count)")
    for seed in seeds {
        let trial = Trial(kind: kind, seed: seed, identities: names.prefix(accounts).map { .guest($0) }, makeJudge: makeJudge)
        if let failure = trial.run(randomTicks: ticks) { return FailingScript(expectation, failure, of: trial, at: sourceLocation) }
    }
    return nil
}
