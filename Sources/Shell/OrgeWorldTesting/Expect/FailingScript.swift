import Testing

/// The shortest script that was found to break what a test expects.
public struct FailingScript: Sendable {
    /// Of the world and of the random script alike.
    public let seed: UInt64
    /// As ``TestWorld/run(script:sourceLocation:)`` takes it.
    public let script: String
    /// What is wrong after its last tick.
    public let what: String

    /// The failure, shrunk, as a test reports it.
    init(_ expectation: String, _ failure: Trial.Failure, of trial: Trial, at sourceLocation: SourceLocation) {
        let shrunk = Shrinker.shrunk(failure, of: trial)
        seed = trial.seed
        script = shrunk.world?.script ?? ""
        what = shrunk.what
        let lines = script.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
        Issue.record(
            """
            \(expectation): not so in \(trial.kind.name), seed \(seed), after tick \(shrunk.tick)\(what.isEmpty ? "" : "\n\(what)")
            The shortest script found, \(shrunk.steps.count) of \(failure.steps.count) steps:
            \(lines.isEmpty ? "    (none: the world is so from the start)" : lines)
            `TestWorld(…, seed: \(seed))` and `run(script:)` with these lines run it again.
            """,
            sourceLocation: sourceLocation)
    }
}
