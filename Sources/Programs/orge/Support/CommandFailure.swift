import OrgeSchema

/// A command cannot go on. The text says the cause and then the remedy; the exit code is 1. The cause may be a server's words.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ cause: String, remedy: String? = nil) {
        let lines = cause.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
        description = (lines + [remedy].compactMap { $0 }).joined(separator: "\n")
    }
}
