import OrgeSchema
public import OrgeWorld

/// A command on its way: its outcome comes with a tick.
final class AwaitedCommand {
    /// Account and command as a person would type them.
    let typed: String
    private(set) var outcome: Outcome?
    private(set) var tick: UInt64?

    init(_ typed: String) { self.typed = typed }

    func answer(_ outcome: Outcome, in tick: UInt64) {
        self.outcome = outcome
        self.tick = tick
    }

    var refusal: Refusal? { if case .refused(let refusal)? = outcome { refusal } else { nil } }
}

/// A command that was sent, and what has become of it since: ``TestAccount/send(_:key:)``.
public struct SentCommand<Sent: Command> {
    let pending: AwaitedCommand?

    /// Whether it has its outcome. A command of an account that was not in the world never has one.
    public var isAnswered: Bool { pending?.outcome != nil }
    /// The tick that ran or refused it; nil before.
    public var tick: UInt64? { pending?.tick }
    /// Why it was refused; nil when it was applied or has no outcome yet.
    public var refusal: Refusal? { pending?.refusal }

    /// Whether it was applied, or an earlier command with its key was.
    public var isApplied: Bool { isAnswered && refusal == nil }

    /// Whether it was not run, because an earlier command with its key was applied.
    public var isRepeated: Bool { if case .repeated? = pending?.outcome { true } else { false } }

    var resultRow: [UInt8]? {
        switch pending?.outcome {
        case .applied(let row), .repeated(_, let row): row
        case .refused, nil: nil
        }
    }
}

extension SentCommand where Sent.Result: Record {
    /// The result; nil unless the command was applied.
    public var result: Sent.Result? { resultRow.flatMap { RecordCoding<Sent.Result>().decode($0) } }
}
