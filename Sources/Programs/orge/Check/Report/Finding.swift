import OrgeSchema

/// One thing that is wrong with a world.
struct Finding: Equatable {
    /// What it is about; scripts read the raw values.
    enum Kind: String, CaseIterable {
        case declaration
        /// Code that a tick may not run.
        case clock, foundation, threads, randomness, unordered, state, input, float
        case trap, loop, output, difference
    }

    /// Where the author wrote it.
    struct Place: Equatable {
        /// From the package's folder where it lies below it.
        var file: String
        var line: Int
    }

    var kind: Kind
    /// Nil where nothing says it.
    var place: Place?
    /// A sentence without a full stop, on one line.
    var message: String
    /// Of a trap and a loop: the command or the system that ran, by which two findings are the same. Empty for others.
    var subject: String

    init(_ kind: Kind, at place: Place?, _ message: String, subject: String = "") {
        self.kind = kind
        self.place = place
        self.message = message.printable
        self.subject = subject
    }

    /// As compilers print it, so that editors find the place.
    /// - Parameter program: stands where there is no place.
    func line(_ program: String) -> String { "\(place.map { "\($0.file):\($0.line)" } ?? program): \(message)" }

    func json(_ program: String) -> JSONValue {
        .object([
            ("program", .string(program)), ("kind", .string(kind.rawValue)), ("file", place.map { .string($0.file) } ?? .null),
            ("line", place.map { .integer($0.line) } ?? .null), ("message", .string(message)),
        ])
    }
}
