import OrgeSchema
import OrgeSystem
import OrgeWorld

/// A way in which a world may fail, and the runs that look for it.
struct Trial {
    /// Says what is wrong with a world after a tick; nil for nothing.
    typealias Judge = (TestWorld) throws -> String?

    /// A run that failed.
    struct Failure {
        /// Through the tick after which it failed, or in which the world's code trapped.
        var steps: [Step]
        var what: String
        /// Nil where its start trapped.
        var world: TestWorld?
        /// The last tick that ran.
        var tick: UInt64
    }

    let kind: WorldKind
    let seed: UInt64
    /// In the order in which steps number them.
    let identities: [Identity]
    /// A judge of a new world, before its first tick.
    let makeJudge: (TestWorld) -> Judge

    /// Runs steps in a new world.
    func run(_ steps: [Step]) -> Failure? {
        let (world, judge): (TestWorld, Judge)
        switch begin() {
        case .success(let begun): (world, judge) = begun
        case .failure(let signal): return trapped(signal)
        }
        if let failure = failure([], judge, world) { return failure }
        for (index, step) in steps.enumerated() {
            world.perform(step)
            guard step.isTick, let failure = failure(steps[...index], judge, world) else { continue }
            return failure
        }
        return nil
    }

    /// Runs random steps in a new world.
    func run(randomTicks ticks: Int) -> Failure? {
        let (world, judge): (TestWorld, Judge)
        switch begin() {
        case .success(let begun): (world, judge) = begun
        case .failure(let signal): return trapped(signal)
        }
        var script = RandomScript(schema: world.schema, seed: seed, accountCount: identities.count, drawsBoundaries: true)
        if let failure = failure([], judge, world) { return failure }
        for _ in 0..<ticks {
            for act in script.acts(in: world.host.engine) { world.perform(step(act, world)) }
            world.perform(.tick)
            if world.trap != nil { return failure(world.steps[...], judge, world) }
            for account in world.accounts where account.isInWorld { script.see(account.avatar) }
            for account in world.accounts where !account.isInWorld && account.joinRefusal != nil { script.joinRefused(account.index) }
            if let failure = failure(world.steps[...], judge, world) { return failure }
        }
        return nil
    }

    private func begin() -> Result<(TestWorld, Judge), RaisedSignal> {
        guarded { [self] in
            let world = TestWorld(kind, seed: seed, isGuarded: true)
            for identity in identities { _ = world.account(identity) }
            return (world, makeJudge(world))
        }
    }

    private func trapped(_ signal: RaisedSignal) -> Failure {
        Failure(steps: [], what: "its start or its declaration trapped (\(signal.name)); what it said is in the test's output", tick: 0)
    }

    /// What is wrong with a world after its last step; nil for nothing.
    private func failure(_ steps: ArraySlice<Step>, _ judge: Judge, _ world: TestWorld) -> Failure? {
        if let trap = world.trap { return Failure(steps: Array(steps), what: trap.text, world: world, tick: trap.tick) }
        do {
            guard let what = try judge(world) else { return nil }
            return Failure(steps: Array(steps), what: what, world: world, tick: world.tick)
        } catch {
            return Failure(steps: Array(steps), what: "it threw \(error)", world: world, tick: world.tick)
        }
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
