import OrgeSchema
import OrgeWorld

/// A way in which a world may fail, and the runs that look for it.
struct Trial {
    /// Says what is wrong with a world after a tick; nil for nothing.
    typealias Judge = (TestWorld) throws -> String?

    /// A run that failed.
    struct Failure {
        /// Through the tick after which it failed.
        var steps: [Step]
        var what: String
        var world: TestWorld
    }

    let kind: WorldKind
    let seed: UInt64
    /// In the order in which steps number them.
    let identities: [Identity]
    /// A judge of a new world, before its first tick.
    let makeJudge: (TestWorld) -> Judge

    /// Runs steps in a new world.
    func run(_ steps: [Step]) -> Failure? {
        let (world, judge) = begin()
        if let what = verdict(judge, world) { return Failure(steps: [], what: what, world: world) }
        for (index, step) in steps.enumerated() {
            world.perform(step)
            guard step.isTick, let what = verdict(judge, world) else { continue }
            return Failure(steps: Array(steps[...index]), what: what, world: world)
        }
        return nil
    }

    /// Runs random steps in a new world.
    func run(randomTicks ticks: Int) -> Failure? {
        let (world, judge) = begin()
        var script = RandomScript(schema: world.schema, seed: seed, accountCount: identities.count, drawsBoundaries: true)
        if let what = verdict(judge, world) { return Failure(steps: [], what: what, world: world) }
        for _ in 0..<ticks {
            for act in script.acts(in: world.host.engine) { world.perform(step(act, world)) }
            world.perform(.tick)
            for account in world.accounts where account.isInWorld { script.see(account.avatar) }
            for account in world.accounts where !account.isInWorld && account.joinRefusal != nil { script.joinRefused(account.index) }
            if let what = verdict(judge, world) { return Failure(steps: world.steps, what: what, world: world) }
        }
        return nil
    }

    private func begin() -> (TestWorld, Judge) {
        let world = TestWorld(kind, seed: seed)
        for identity in identities { _ = world.account(identity) }
        return (world, makeJudge(world))
    }

    private func verdict(_ judge: Judge, _ world: TestWorld) -> String? {
        do { return try judge(world) } catch { return "it threw \(error)" }
    }

    private func step(_ act: RandomScript.Act, _ world: TestWorld) -> Step {
        switch act {
        case .join(let account), .rejoin(let account): return .join(account)
        case .disconnect(let account): return .disconnect(account)
        case .leave(let account): return .leave(account)
        case .command(let account, let kind, let payload):
            guard let command = world.schema.command(kind) else { preconditionFailure("a command that the generator made up") }
            return .command(account, kind: kind, world.scriptRow(command.row, payload))
        case .intent(let account, let kind, let payload):
            guard let component = world.schema.intent(kind).flatMap({ world.schema.component($0.component) }) else {
                preconditionFailure("an intent that the generator made up")
            }
            return .intent(account, kind: kind, world.scriptRow(component.row, payload))
        }
    }
}
