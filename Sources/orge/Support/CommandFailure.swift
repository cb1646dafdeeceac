/// A command cannot go on. The text says the cause and then the remedy; the exit code is 1.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ cause: String, remedy: String? = nil) {
        description = if let remedy { "\(cause)\n\(remedy)" } else { cause }
    }
}
