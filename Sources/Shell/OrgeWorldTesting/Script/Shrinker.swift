import OrgeSchema

/// Finds a shorter script that fails in the same way: drops steps in ever smaller pieces, lets one account do what two did, and makes the values of
/// what is left simpler, as long as it still fails.
///
/// What is found is minimal in this sense: no single step can be dropped, and no value be made simpler by one try. Within the limits below.
struct Shrinker {
    /// Runs that it may take. With scripts of a few hundred steps, about ten times what is needed.
    private static let runLimit = 2_000
    /// Ticks of all its runs together: a world of which each tick takes a millisecond is done within a few minutes.
    private static let tickLimit = 200_000

    private let trial: Trial
    private var best: Trial.Failure
    private var runsLeft = runLimit
    private var ticksLeft = tickLimit

    private init(_ trial: Trial, _ failure: Trial.Failure) {
        self.trial = trial
        best = failure
    }

    static func shrunk(_ failure: Trial.Failure, of trial: Trial) -> Trial.Failure {
        var shrinker = Shrinker(trial, failure)
        repeat {
            shrinker.dropSteps()
            shrinker.mergeAccounts()
            shrinker.dropSteps()
        } while shrinker.simplifyValues()
        return shrinker.best
    }

    /// Takes the candidate for the best if it fails.
    private mutating func attempt(_ steps: [Step]) -> Bool {
        guard runsLeft > 0, ticksLeft > 0 else { return false }
        runsLeft -= 1
        ticksLeft -= steps.count { $0.isTick }
        guard let failure = trial.run(steps) else { return false }
        best = failure
        return true
    }

    private mutating func dropSteps() {
        var size = max(1, best.steps.count / 2)
        while true {
            var isShorter = false
            // From the end: what made it fail is mostly late, and what is before it can go.
            var end = best.steps.count
            while end > 0 {
                let start = max(0, end - size)
                var candidate = best.steps
                candidate.removeSubrange(start..<end)
                if attempt(candidate) {
                    isShorter = true
                    end = min(start, best.steps.count)
                } else {
                    end = start
                }
            }
            if size == 1 && !isShorter { return }
            if !isShorter { size = max(1, size / 2) }
        }
    }

    private mutating func mergeAccounts() {
        for target in trial.identities.indices {
            for account in trial.identities.indices.dropFirst(target + 1) where best.steps.contains(where: { $0.account == account }) {
                _ = attempt(best.steps.map { $0.renamed(account, target) })
            }
        }
    }

    /// - Returns: whether a value has become simpler.
    private mutating func simplifyValues() -> Bool {
        var isSimpler = false
        var index = 0
        while index < best.steps.count {
            for field in 0..<(best.steps[index].row?.values.count ?? 0) {
                while index < best.steps.count, simplify(index, field) { isSimpler = true }
                if index < best.steps.count, bisect(index, field) { isSimpler = true }
            }
            index += 1
        }
        return isSimpler
    }

    /// Takes the simplest value with which it fails of those that are tried one after the other.
    private mutating func simplify(_ index: Int, _ field: Int) -> Bool {
        guard let (schema, row) = self.field(index, field) else { return false }
        for value in schema.simpler(than: row.values[field]) where attempt(index, row, field, value) { return true }
        return false
    }

    /// Takes the whole number nearest to the simplest one with which it fails: a bound is found in as many runs as the number has bits.
    private mutating func bisect(_ index: Int, _ field: Int) -> Bool {
        guard let (schema, row) = self.field(index, field), case .value(let value) = row.values[field], var passing = schema.simplestNumber(like: value)
        else { return false }
        var failing = value
        while let middle = FieldValue.middle(passing, failing) {
            if attempt(index, row, field, .value(middle)) { failing = middle } else { passing = middle }
        }
        return failing != value
    }

    private func field(_ index: Int, _ field: Int) -> (FieldSchema, ScriptRow)? {
        guard let row = best.steps[index].row, row.values.indices.contains(field),
            let schema = best.world.flatMap({ best.steps[index].field(field, in: $0.schema) })
        else { return nil }
        return (schema, row)
    }

    private mutating func attempt(_ index: Int, _ row: ScriptRow, _ field: Int, _ value: ScriptRow.Value) -> Bool {
        // With the last value it may have failed before this step.
        guard index < best.steps.count else { return false }
        var changed = row
        changed.values[field] = value
        var candidate = best.steps
        candidate[index] = candidate[index].with(changed)
        return attempt(candidate)
    }
}

extension Step {
    /// Of a command or an intent.
    fileprivate var row: ScriptRow? {
        switch self {
        case .command(_, _, let row, _), .intent(_, _, let row): row
        case .join, .leave, .disconnect, .tick, .change: nil
        }
    }

    fileprivate func with(_ row: ScriptRow) -> Step {
        switch self {
        case .command(let account, let kind, _, let key): .command(account, kind: kind, row, key: key)
        case .intent(let account, let kind, _): .intent(account, kind: kind, row)
        case .join, .leave, .disconnect, .tick, .change: self
        }
    }

    fileprivate var account: Int? {
        switch self {
        case .join(let account), .leave(let account), .disconnect(let account), .command(let account, _, _, _), .intent(let account, _, _): account
        case .tick, .change: nil
        }
    }

    /// What one account does, done by another.
    fileprivate func renamed(_ old: Int, _ new: Int) -> Step {
        func renamed(_ account: Int) -> Int { account == old ? new : account }
        func renamed(_ row: ScriptRow) -> ScriptRow {
            ScriptRow(values: row.values.map { if case .avatar(let account) = $0 { .avatar(renamed(account)) } else { $0 } })
        }
        return switch self {
        case .join(let account): .join(renamed(account))
        case .leave(let account): .leave(renamed(account))
        case .disconnect(let account): .disconnect(renamed(account))
        case .command(let account, let kind, let row, let key): .command(renamed(account), kind: kind, renamed(row), key: key)
        case .intent(let account, let kind, let row): .intent(renamed(account), kind: kind, renamed(row))
        case .tick, .change: self
        }
    }

    fileprivate func field(_ index: Int, in schema: WorldSchema) -> FieldSchema? {
        switch self {
        case .command(_, let kind, _, _): schema.command(kind)?.row.fields[index]
        case .intent(_, let kind, _): schema.intent(kind).flatMap { schema.component($0.component) }?.row.fields[index]
        case .join, .leave, .disconnect, .tick, .change: nil
        }
    }
}
