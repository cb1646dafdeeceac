import OrgeSchema

/// A command cannot go on. The text says the cause and then the remedy. The cause may be a server's words.
struct CommandFailure: Error, CustomStringConvertible {
    /// Printable, one line or several.
    let cause: String
    let remedy: String?
    let kind: Kind

    enum Kind: Equatable {
        case failed
        /// The server is there and has not answered in time.
        case timeout
        /// `orge check` could not look: 1 would say that it found something.
        case unchecked

        /// For scripts, in the JSON of a failure.
        var code: String { self == .timeout ? "timeout" : self == .unchecked ? "unchecked" : "failed" }
        /// 75 is EX_TEMPFAIL of sysexits.h: the same call may succeed later.
        var exitCode: Int32 { self == .timeout ? 75 : self == .unchecked ? 2 : 1 }
    }

    init(_ cause: String, remedy: String? = nil, kind: Kind = .failed) {
        self.kind = kind
        let lines = cause.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
        self.cause = lines.joined(separator: "\n")
        self.remedy = remedy
    }

    var description: String { [cause, remedy].compactMap { $0 }.joined(separator: "\n") }
}
