import ArgumentParser
import Glibc

@main
struct Orge: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orge",
        abstract: "Serves simulated worlds, and looks into served ones.",
        discussion: """
            Examples:
              orge serve --world .build/release/meadow --data data --port 9512
              orge status --data data
            """,
        version: "orge 0.1.0",
        subcommands: [Serve.self, Status.self, Call.self, Watch.self, Schema.self, Bots.self, ListImage.self, Config.self, Edge.self]
    )

    /// Parses and runs; a failure is told once, to people or to a script.
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
        } catch {
            end(error, arguments)
        }
    }

    private static func end(_ error: any Error, _ arguments: [String]) -> Never {
        // Help, the version, and commands that have said everything themselves.
        guard !(error is ExitCode), !exitCode(for: error).isSuccess else { exit(withError: error) }
        let report = FailureReport(error, arguments: arguments)
        if arguments.contains("--json") { print(report.json.text) }
        guard report.code != "failed" else { exit(withError: error) }
        let words = report.code == "usage" ? [fullMessage(for: error), report.hint].compactMap { $0 } : [fullMessage(for: error)]
        (try? Console(STDERR_FILENO))?.print(words.joined(separator: "\n"))
        Glibc.exit(report.exitCode)
    }
}
