import ArgumentParser
import Glibc

extension Orge {
    /// The report of an error that a command threw or that the parser found.
    /// - Parameter arguments: without the program's name.
    static func report(of error: any Error, arguments: [String]) -> FailureReport {
        if let failure = error as? CommandFailure { return FailureReport(failure) }
        let isUsage = exitCode(for: error) == .validationFailure
        return FailureReport(
            code: isUsage ? "usage" : "failed", message: message(for: error), hint: isUsage ? usageHint(arguments) : nil,
            exitCode: exitCode(for: error).rawValue)
    }

    /// What was probably meant by arguments that the parser refuses.
    static func usageHint(_ arguments: [String]) -> String? {
        let names = configuration.subcommands.map { $0._commandName }.filter { $0 != "edge" && $0 != "check-history" }
        guard let first = arguments.first else { return nil }
        if first.hasPrefix("-") {
            guard let name = arguments.first(where: names.contains) else { return nil }
            let others = arguments.filter { $0 != name }
            return "Options come after the subcommand: orge \(([name] + others).joined(separator: " "))"
        }
        guard !names.contains(first) else { return nil }
        if let meant = nearest(to: first, among: names) { return "Did you mean: orge \(([meant] + arguments.dropFirst()).joined(separator: " "))" }
        return "There is: \(names.joined(separator: ", "))"
    }

    /// Prints the report of an error, for scripts or for people, and exits with its code.
    static func end(_ error: any Error, _ arguments: [String]) -> Never {
        // Help, the version, and commands that have printed everything themselves.
        guard !(error is ExitCode), !exitCode(for: error).isSuccess else { exit(withError: error) }
        let report = report(of: error, arguments: arguments)
        if arguments.contains("--json") { print(report.json.text) }
        guard report.code != "failed" else { exit(withError: error) }
        let words = report.code == "usage" ? [fullMessage(for: error), report.hint].compactMap { $0 } : [fullMessage(for: error)]
        (try? Console(STDERR_FILENO))?.print(words.joined(separator: "\n"))
        Glibc.exit(report.exitCode)
    }
}
