import OrgeSystem

/// What is known of the history of one world.
struct CheckedHistory: Equatable {
    /// The last tick of what the present or last pass has read; nil before the first report.
    var through: UInt64?
    /// What was found first; it stays until a pass has found nothing.
    var damage: String?
}

/// The side process that reads the history of all worlds again, once a day, and what it has found.
///
/// No child of the supervisor machine: no client notices when it dies.
final class HistoryChecker {
    /// Nanoseconds from the end of a pass to the next.
    static let pause: UInt64 = 24 * 3_600 * 1_000_000_000
    /// After a pass that did not end in order.
    static let retryPause: UInt64 = 60_000_000_000
    private static let readBytes = 65_536

    private let launch: Launch
    private var process: ChildProcess?
    private var output: Descriptor?
    private var lifeline: Descriptor?
    private var lines = LineBuffer()
    private var startsAt: UInt64 = 0
    /// Worlds in which this pass has found damage.
    private var damaged: [String] = []
    private(set) var histories: [(world: String, history: CheckedHistory)]

    /// - Parameters:
    ///   - worlds: with their folders; `forgets`: segments may be deleted meanwhile.
    init(_ worlds: [(name: String, folder: String, forgets: Bool)], bytesPerSecond: Int, executable: String, environment: [String]) {
        var arguments = ["orge", "check-history", "--bytes-per-second", String(bytesPerSecond)]
        for world in worlds {
            arguments += ["--world", "\(world.name)=\(world.folder)"]
            if world.forgets { arguments += ["--forgets", world.name] }
        }
        launch = Launch(path: executable, arguments: arguments, environment: environment, standardOutput: -1, standardError: -1)
        histories = worlds.map { ($0.name, CheckedHistory()) }
    }

    var awaited: [Awaited] { [process?.descriptor.number, output?.number].compactMap { $0.map { Awaited($0) } } }

    /// To be called in each turn: starts a pass when one is due, and reads what it says.
    /// - Returns: sentences for the operator.
    func turn(now: UInt64) throws(SystemError) -> [String] {
        if process == nil, now >= startsAt { try start() }
        guard process != nil else { return [] }
        let end = try process?.reap()
        var said = try read()
        guard let end else { return said }
        if end != .exited(code: 0) {
            said.append("the check of history did not end in order: \(lines.lastWords.isEmpty ? "\(end)" : lines.lastWords)")
        } else {
            for index in histories.indices where !damaged.contains(histories[index].world) { histories[index].history.damage = nil }
        }
        startsAt = now + (end == .exited(code: 0) ? Self.pause : Self.retryPause)
        process = nil
        output = nil
        lifeline = nil
        return said
    }

    private func start() throws(SystemError) {
        let printed = try Ends.pipe()
        let lifeline = try Lifeline()
        try printed.first.setNonBlocking()
        var launch = launch
        launch.standardOutput = printed.second.number
        launch.standardError = printed.second.number
        process = try launch.start(lifeline: lifeline, at: 0)
        output = printed.keepFirst()
        self.lifeline = lifeline.keep()
        lines = LineBuffer()
        damaged = []
    }

    private func read() throws(SystemError) -> [String] {
        var said: [String] = []
        while case .bytes(let bytes)? = try output?.read(atMost: Self.readBytes) {
            for line in lines.receive(bytes) { if let sentence = note(line) { said.append(sentence) } }
        }
        return said
    }

    /// - Returns: a sentence for the operator.
    private func note(_ line: String) -> String? {
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count == 3, let index = histories.firstIndex(where: { $0.world == words[1] }) else { return nil }
        let world = histories[index].world
        switch words[0] {
        case "checked":
            histories[index].history.through = UInt64(words[2])
            return nil
        case "damaged":
            if !damaged.contains(world) { histories[index].history.damage = String(words[2]) }
            damaged.append(world)
            return """
                DAMAGE in the history of world \(world): \(words[2]). The world goes on, and no start needs this part; what is there of it can be \
                saved now: see `orge doctor`
                """
        default: return nil
        }
    }
}
