import ArgumentParser
import Glibc

/// Why a run of the program failed, for people on standard error or, with `--json`, as one object on standard output.
struct FailureReport {
    /// For scripts: `usage` when the arguments make no sense (exit code 64), `timeout` when the server has not answered in time (exit code 75),
    /// `failed` when the command cannot go on (exit code 1).
    var code: String
    var message: String
    var hint: String?
    var exitCode: Int32

    /// - Parameter arguments: without the program's name.
    init(_ error: any Error, arguments: [String]) {
        if let failure = error as? CommandFailure {
            (exitCode, code) = (failure.kind.exitCode, failure.kind.code)
            (message, hint) = (failure.cause, failure.remedy)
        } else {
            exitCode = Orge.exitCode(for: error).rawValue
            code = exitCode == ExitCode.validationFailure.rawValue ? "usage" : "failed"
            message = Orge.message(for: error)
            hint = code == "usage" ? Self.usageHint(arguments) : nil
        }
    }

    /// What was probably meant by arguments that the parser refuses.
    static func usageHint(_ arguments: [String]) -> String? {
        let names = Orge.configuration.subcommands.map { $0._commandName }.filter { $0 != "edge" }
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

    var json: JSONValue { .object([("error", errorJSON)]) }

    var errorJSON: JSONValue {
        var fields: [(String, JSONValue)] = [("code", .string(code)), ("message", .string(message))]
        if let hint { fields.append(("hint", .string(hint))) }
        return .object(fields)
    }
}
