import Glibc
import OrgeSchema
import OrgeSystem

/// Runs a world from several seeds with drawn commands, boundary values among them, each seed in two processes, and judges what became of them.
struct SeedRuns {
    /// Of one run; a debug build of a large world needs a second for some hundred ticks.
    static let totalSeconds = 30

    let executable: String
    let sources: AuthorSources
    private let lines: ExecutableLines
    /// Of the systems.
    let systems: [String]
    let limits: TracedRun.Limits

    /// Hashes are to differ from process to process, whatever our own environment says.
    private static let environment = [BacktraceSetting.on(frames: 64, images: true), "SWIFT_DETERMINISTIC_HASHING=0"]
    /// In the second process freed and new memory holds other bytes: code that reads what it has not set comes to another state.
    private static let otherMemory = ["MALLOC_PERTURB_=165"]

    /// Commands that failed in an earlier seed and are left out, so that the others run too.
    private(set) var without: [String] = []
    /// What failed is no command: further seeds would fail likewise.
    private(set) var isDone = false

    init(executable: String, sources: AuthorSources, systems: [String], limits: TracedRun.Limits) {
        self.executable = executable
        lines = ExecutableLines(executable)
        self.sources = sources
        self.systems = systems
        self.limits = limits
    }

    /// Runs one seed.
    mutating func run(seed: UInt64, into report: inout CheckReport) throws {
        do throws(SystemError) {
            let runs = [
                try TracedRun(executable, seed: seed, without: without, limits, environment: Self.environment),
                try TracedRun(executable, seed: seed, without: without, limits, environment: Self.environment + Self.otherMemory),
            ]
            try Self.finish(runs)
            for run in runs {
                judge(run, seed, &report)
                leaveOut(run, seed, &report)
            }
            compare(runs[0], runs[1], seed, &report)
            report.seeds += 1
            report.ticks += max(0, runs.map(\.log.nextTick).min()! - 1)
        } catch {
            throw CommandFailure("\(executable) was not run: \(error.reason)", kind: .unchecked)
        }
    }

    private static func finish(_ runs: [TracedRun]) throws(SystemError) {
        while runs.contains(where: { $0.end == nil }) {
            _ = waitUntilReady(runs.filter { $0.end == nil }.flatMap(\.awaited), timeoutMilliseconds: 100)
            for run in runs { try run.look() }
        }
    }

    private func judge(_ run: TracedRun, _ seed: UInt64, _ report: inout CheckReport) {
        if !run.printed.isEmpty {
            let line = String(decoding: run.printed, as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
            report.add(Finding(.output, at: nil, "prints to standard output: \"\(line.prefix(80))\" (seed \(seed))"))
        }
        switch (run.stop, run.end) {
        case (.loop?, _): report.add(endless(run, seed, "no tick in \(limits.patience / 1_000_000_000) s of processor time"))
        case (.wait?, _): report.add(endless(run, seed, "no tick in \(limits.waiting / 1_000_000_000) s, in which it waits"))
        case (.enough?, _): report.notes.append("seed \(seed) was ended after \(run.log.nextTick - 1) ticks and \(Self.totalSeconds) s of processor time")
        case (nil, .killed(let signal)?): report.add(trap(run, seed, signal))
        case (nil, .exited(let code)?) where code != 0 || run.log.nextTick <= limits.ticks:
            let words = run.errorLine.map { ": \($0)" } ?? ""
            report.add(Finding(.trap, at: nil, "\(subject(run)) ends the process with exit code \(code) (seed \(seed), tick \(run.log.nextTick))\(words)"))
        default: break
        }
    }

    private mutating func leaveOut(_ run: TracedRun, _ seed: UInt64, _ report: inout CheckReport) {
        guard run.stop != .enough, run.end != .exited(code: 0) else { return }
        guard let command = run.log.command(run.entry) else { return isDone = true }
        if !without.contains(command) { without.append(command) }
    }

    private func subject(_ run: TracedRun) -> String { run.log.subject(run.entry, systems: systems) }

    private func endless(_ run: TracedRun, _ seed: UInt64, _ why: String) -> Finding {
        let subject = subject(run)
        return Finding(
            .loop, at: run.backtrace.place(sources, lines), "\(subject) does not end: \(why) (seed \(seed), tick \(run.log.nextTick))",
            subject: run.log.command(run.entry) ?? subject)
    }

    private func trap(_ run: TracedRun, _ seed: UInt64, _ signal: Int32) -> Finding {
        let backtrace = run.backtrace
        let reason = backtrace.reason ?? (signal == SIGSEGV ? "a wrong access to memory, or the stack is full" : "signal \(signal)")
        let subject = subject(run)
        return Finding(
            .trap, at: backtrace.place(sources, lines), "\(subject) traps: \(reason) (seed \(seed), tick \(run.log.nextTick))",
            subject: run.log.command(run.entry) ?? subject)
    }

    /// The common part of both runs must have led to the same states.
    private func compare(_ one: TracedRun, _ other: TracedRun, _ seed: UInt64, _ report: inout CheckReport) {
        guard let tick = zip(one.log.hashes, other.log.hashes).enumerated().first(where: { $1.0 != $1.1 })?.offset else { return }
        let what = tick == 0 ? "its start" : "tick \(tick)"
        report.add(Finding(.difference, at: nil, "two runs of seed \(seed) with the same inputs differ from \(what) on"))
    }
}
