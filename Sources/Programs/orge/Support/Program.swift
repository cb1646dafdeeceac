/// This build of the command line.
enum Program {
    /// As `--version` prints it, and as clients and edges name themselves in their hello.
    static let software = "orge \(version)"
    static let version = "0.1.0"
}
