import OrgeSchema

/// What a traced run has written so far; `RunTrace` in OrgeHostProcess has the lines.
struct RunLog {
    struct Input: Equatable {
        var session: UInt64
        /// 0 but for commands.
        var sequence: UInt64
        var account: String
        /// As one types it for `orge call`.
        var what: String
    }

    /// The state's hash after each tick, from tick 0 on.
    private(set) var hashes: [String] = []
    /// Of the tick that runs.
    private(set) var inputs: [Input] = []
    /// A line that no world's program writes.
    private(set) var stray: String?

    /// The tick that runs next, or runs now.
    var nextTick: Int { hashes.count }

    mutating func receive(_ line: String) {
        let words = line.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
        switch (words.first, words.count) {
        case ("t", 3) where Int(words[1]) == hashes.count:
            hashes.append(String(words[2]))
            inputs = []
        case ("i", 5):
            guard let session = UInt64(words[1]), let sequence = UInt64(words[2]) else { return stray = line }
            inputs.append(Input(session: session, sequence: sequence, account: "account-\(words[3])", what: String(words[4])))
        default: stray = stray ?? line
        }
    }

    /// The command that the world's code was at, without its fields; nil for other work.
    func command(_ entry: FlightEntry) -> String? {
        guard entry.phase == .command else { return nil }
        return inputs.first { $0.session == entry.source?.session && $0.sequence == entry.sequence }?.what.split(separator: " ").first.map(String.init)
    }

    /// What the world's code was at, in words: a command as it is typed.
    /// - Parameter systems: their names, in order of registration.
    func subject(_ entry: FlightEntry, systems: [String]) -> String {
        let input = inputs.first { $0.session == entry.source?.session && $0.sequence == entry.sequence }
        switch entry.phase {
        case .declaration: return "the declaration"
        case .start: return "the world's start"
        case .migration: return "the migration"
        case .arrival: return "the arrival of \(input?.account ?? "an account")"
        case .departure: return "the departure of \(input?.account ?? "an account")"
        case .intent, .command: return input?.what ?? "a \(entry.phase.name)"
        case .system:
            let index = Int(entry.system)
            return "system \(index < systems.count ? systems[index] : "\(index)")"
        case .idle, .engine: return nextTick == 0 ? "the world's start" : "the tick"
        }
    }
}
