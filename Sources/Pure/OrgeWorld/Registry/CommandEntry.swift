import OrgeSchema

/// Runs a command from its row in memory and writes its result. Specialised where the world lists its parts.
@usableFromInline typealias CommandRun = (inout Turn, RowMemory, inout ByteWriter, RowPlan?) throws(Refusal) -> Void

/// A registered kind of command. A class, so that access copies nothing; and because arrays of closures over a noncopyable `inout` crash this
/// compiler.
final class CommandEntry {
    let run: CommandRun
    let name: String
    /// What idempotency keys are held to: it stays when other commands are added or removed.
    let nameHash: UInt64
    let plan: RowPlan
    let resultPlan: RowPlan?

    init(run: @escaping CommandRun, name: String, plan: RowPlan, resultPlan: RowPlan?) {
        self.run = run
        self.name = name
        nameHash = hash64(name.utf8)
        self.plan = plan
        self.resultPlan = resultPlan
    }
}
