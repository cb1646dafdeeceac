import OrgeSchema

/// A command cannot go on. The text says the cause and then the remedy; the exit code is 1. The cause may be a server's words.
struct CommandFailure: Error, CustomStringConvertible {
    /// Printable, one line or several.
    let cause: String
    let remedy: String?

    init(_ cause: String, remedy: String? = nil) {
        let lines = cause.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
        self.cause = lines.joined(separator: "\n")
        self.remedy = remedy
    }

    var description: String { [cause, remedy].compactMap { $0 }.joined(separator: "\n") }
}
