import ArgumentParser
import OrgeSchema
import OrgeSystem

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks for mistakes in a world: its declaration, its code, and what it does from ten seeds.",
        discussion: """
            Given a package's folder it builds the package's worlds (a debug build), and looks at three things. The declaration: every mistake at once. The \
            object files of the author's modules: clocks, Foundation, threads, random numbers other than the turn's, unordered collections, state outside \
            the rows, input and output, functions of the C library whose results differ between machines; and commands, components, intents, events and \
            systems that are written and not among the world's parts. Runs: generated commands from each seed, boundary values of their fields among them, \
            each seed in two processes, whose states must agree after every tick; a trap, an endless loop and printing are findings. \
            Given an executable it cannot look at code, and does the rest.

            Prints a line for each finding, FILE:LINE: SENTENCE, the file named from the package's folder; without a finding what the world declares. A \
            comment on the line or the line before, `// orge:allow KIND: REASON`, allows in code what its author knows to be harmless.

            Exit codes: 0 without a finding, 1 with one, 2 when it could not check, as when the package is not built. With --json it prints {"findings": \
            [{"program","kind","file","line","message"}],"worlds":[{"program","declaration","files","seeds","ticks","allowed","notes"}]}.

            Examples:
              orge check .
              orge check ../tally --product tally
              orge check .build/release/tally --json | jq '.findings[].message'
            """
    )

    @Argument(help: ArgumentHelp("The folder of a world's package, or a world's executable.", valueName: "folder|executable"))
    var path: String

    @Option(help: ArgumentHelp("Of a package with several worlds: only this one. Several are allowed.", valueName: "name"))
    var product: [String] = []

    @Option(help: ArgumentHelp("How many seeds to run from, 0 to 1000.", valueName: "count"))
    var seeds = 10

    @Option(help: ArgumentHelp("Ticks of each run, 1 to 1000000.", valueName: "count"))
    var ticks = 200

    @Option(help: ArgumentHelp("Seconds of processor time without a tick after which a run counts as endless, 1 to 600.", valueName: "seconds"))
    var patience = 10

    @Flag(help: "Prints one JSON object on one line.")
    var json = false

    func validate() throws {
        guard (0...1_000).contains(seeds) else { throw ValidationError("--seeds: \(seeds) is not in 0...1000") }
        guard (1...1_000_000).contains(ticks) else { throw ValidationError("--ticks: \(ticks) is not in 1...1000000") }
        guard (1...600).contains(patience) else { throw ValidationError("--patience: \(patience) is not in 1...600") }
    }

    func run() throws {
        let console = try Console(2)
        let second: UInt64 = 1_000_000_000
        let limits = TracedRun.Limits(ticks: ticks, patience: UInt64(patience) * second, total: UInt64(SeedRuns.totalSeconds) * second)
        let checker = Checker(seeds: seeds, limits: limits) { console.print("check: \($0)") }
        let reports = try look(checker)
        print(json ? Self.json(reports) : Self.lines(reports).map(\.printable).joined(separator: "\n"))
        if reports.contains(where: { !$0.findings.isEmpty }) { throw ExitCode(1) }
    }

    private func look(_ checker: Checker) throws -> [CheckReport] {
        let resolved: String
        do throws(SystemError) { resolved = try absolutePath(path) } catch {
            throw CommandFailure("\(path) is not there: \(error.reason)", kind: .unchecked)
        }
        if isExecutableFile(resolved) {
            guard product.isEmpty else { throw CommandFailure("--product is for a package; \(path) is an executable", kind: .unchecked) }
            return [try checker.check(executable: path.contains("/") ? path : "./\(path)")]
        }
        guard isFolder(resolved) else {
            throw CommandFailure("\(path) is neither a folder nor an executable", remedy: "Give a world's package or its executable.", kind: .unchecked)
        }
        return try checker.check(package: resolved, products: product)
    }

    private static func lines(_ reports: [CheckReport]) -> [String] {
        reports.flatMap { report in
            let declaration = report.findings.isEmpty ? report.declaration?.lines ?? [] : []
            return declaration + report.findings.map { $0.line(report.program) } + report.notes.map { "\(report.program): \($0)" } + [report.summary]
        }
    }

    private static func json(_ reports: [CheckReport]) -> String {
        JSONValue.object([
            ("findings", .array(reports.flatMap { report in report.findings.map { $0.json(report.program) } })),
            ("worlds", .array(reports.map(\.json))),
        ]).text
    }
}
