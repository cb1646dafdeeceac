/// Why a run of the program failed, for people on standard error or, with `--json`, as one object on standard output.
struct FailureReport {
    /// For scripts: `usage` when the arguments make no sense (exit code 64), `timeout` when the server has not answered in time (exit code 75),
    /// `failed` when the command cannot go on (exit code 1).
    var code: String
    var message: String
    var hint: String?
    var exitCode: Int32

    init(code: String, message: String, hint: String?, exitCode: Int32) {
        self.code = code
        self.message = message
        self.hint = hint
        self.exitCode = exitCode
    }

    init(_ failure: CommandFailure) {
        self.init(code: failure.kind.code, message: failure.cause, hint: failure.remedy, exitCode: failure.kind.exitCode)
    }

    var json: JSONValue { .object([("error", errorJSON)]) }

    var errorJSON: JSONValue {
        var fields: [(String, JSONValue)] = [("code", .string(code)), ("message", .string(message))]
        if let hint { fields.append(("hint", .string(hint))) }
        return .object(fields)
    }
}
