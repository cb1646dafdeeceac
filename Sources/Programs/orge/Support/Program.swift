/// This build of the command line.
enum Program {
    /// As `--version` prints it, and as clients and edges name themselves in their hello.
    static let software = "orge 0.1.0"
}
