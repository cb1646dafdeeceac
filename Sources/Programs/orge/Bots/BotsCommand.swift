import ArgumentParser
import Glibc
import NIOCore
import NIOPosix
import OrgeSystem

struct Bots: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs many clients in a world at once, and reports the outcomes of their commands.",
        discussion: """
            Open loop: each bot sends its commands at the given rate whether or not answers come; commands and intents are \
            generated from the schema, intents at the world's tick rate on top. At the end every bot waits for the \
            outcomes of its commands and has its view audited by the world. With --json the last line has the result: sent = \
            applied + refused + unknown + expired + withdrawn + unanswered; held counts commands that were due while the server granted no \
            credit and were never sent; clients + absent are all bots, and absent bots are counted by reason. A bot that loses its connection \
            resumes its session (resumed), and sends again what had not arrived (resent), except with --churn. Ctrl-C ends a run in the same way; \
            a second one does not wait.

            Examples:
              orge bots --data data --world meadow --count 50 --seconds 30
              orge bots --data data --world ledger --rate 5 --seconds 10 --json
              orge bots --connect 127.0.0.1:9512 --world meadow --churn 3
              orge bots --data data --world ledger --drop 2 --seconds 10 --json
            """
    )

    @OptionGroup var options: ConnectOptions

    @Option(help: "How many bots, 1 to 10000.")
    var count = 100

    @Option(help: ArgumentHelp("Commands a second of each bot, 0 to 1000.", valueName: "r"))
    var rate = 1.0

    @Option(help: ArgumentHelp("How long they act (default: until stopped).", valueName: "s"))
    var seconds: Double?

    @Option(help: ArgumentHelp("Each bot drops its connection after about so many seconds and connects again.", valueName: "s"))
    var churn: Double?

    @Option(
        help: ArgumentHelp(
            "Each bot's connection is cut after about so many seconds; it connects again and resumes its session.", valueName: "s"))
    var drop: Double?

    @Option(
        help: ArgumentHelp(
            "Begins the bots' names (default: bot- and four random letters, so that two runs have different names).", valueName: "text"))
    var prefix = "bot-" + Bots.runName()

    @Option(help: "Determines what the bots do.")
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Writes a line of JSON for each outcome to this file.", valueName: "path"))
    var outcomes: String?

    @Flag(help: "Prints one JSON object at the end.")
    var json = false

    /// Of a supervisor that watches them.
    @Option(help: .hidden) var controlFd: Int32?

    /// Four letters that another run hardly has.
    private static func runName() -> String { String((0..<4).map { _ in "abcdefghijkmnpqrstuvwxyz".randomElement() ?? "a" }) }

    func validate() throws {
        if !(1...10_000).contains(count) { throw ValidationError("--count must be from 1 to 10000.") }
        if !(0...1_000).contains(rate) { throw ValidationError("--rate must be from 0 to 1000 commands a second.") }
        if let seconds, !(0...86_400).contains(seconds) { throw ValidationError("--seconds must be from 0 to 86400.") }
        if let churn, !(0.1...86_400).contains(churn) { throw ValidationError("--churn must be from 0.1 to 86400 seconds.") }
        if let drop, !(0.1...86_400).contains(drop) { throw ValidationError("--drop must be from 0.1 to 86400 seconds.") }
        if drop != nil, churn != nil { throw ValidationError("--drop and --churn exclude each other: the one resumes sessions, the other does not.") }
        if prefix.utf8.count > 24 { throw ValidationError("--prefix has at most 24 characters.") }
    }

    private var plan: BotsPlan {
        BotsPlan(server: options, count: count, prefix: prefix, rate: rate, seconds: seconds, churn: churn, drop: drop, seed: seed, isJSON: json)
    }

    func run() throws {
        let (host, port) = try options.address()
        // Each bot is a connection, and a shell's soft limit is often 1,024.
        try raiseDescriptorLimit()
        // Before any thread exists, so that none of them takes the signal.
        let interrupts = try SignalQueue([SIGINT])
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let loop = group.next()
        let log = try outcomes.map { try OutcomeLog($0) }
        let finished = loop.makePromise(of: Void.self)
        // SAFETY: made here, and used by the loop alone while this thread waits for the promise.
        nonisolated(unsafe) let herd = Herd(plan, host: host, port: port, on: loop, log: log)
        let reports = try controlFd.map { try LifeReports(descriptor: $0) }
        loop.execute {
            reports?.start(on: loop)
            unsafe herd.start(finished)
        }
        try wait(for: finished.futureResult, interrupts) { loop.execute { unsafe herd.drain() } }
        let hasJoined = unsafe herd.tally.clients > 0
        log?.flush()
        var failure: CommandFailure?
        if !hasJoined { failure = CommandFailure("none of the \(count) bots was let in", remedy: unsafe herd.lastRefusal) }
        if let reason = log?.failure?.reason { failure = CommandFailure("the log of outcomes cannot be written: \(reason)") }
        // Scripts get their object in any case; people would only look for the reason between the zeros.
        if json || hasJoined { unsafe herd.report(failure) }
        guard let failure else { return }
        guard json else { throw failure }
        (try? Console(STDERR_FILENO))?.print("Error: \(failure)")
        throw ExitCode.failure
    }
}
