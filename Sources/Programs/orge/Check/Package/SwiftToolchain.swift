import Glibc
import OrgeSystem

/// The `swift` in PATH, and the tools that lie beside it.
struct SwiftToolchain {
    /// Of a description or a path: seconds are enough, but another process of the package manager may hold the package.
    private static let patience: UInt64 = 300_000_000_000
    /// Of a description: a large package has some hundred files in each of some dozen targets.
    private static let bytesLimit = 16 << 20

    let swift: String
    /// Absolute, without links, of the folder of the tools.
    private let folder: String

    init() throws {
        guard let swift = programInPath("swift") else {
            throw CommandFailure("there is no swift in PATH", remedy: "Give a world's executable instead of its package.", kind: .unchecked)
        }
        self.swift = swift
        let real = (try? absolutePath(swift)) ?? swift
        folder = real.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }

    /// A tool of the toolchain; nil where this one does not have it.
    func tool(_ name: String) -> String? {
        let path = "\(folder)/\(name)"
        return isExecutableFile(path) ? path : nil
    }

    /// What a command prints that only reads the package.
    /// - Parameter command: `package` or `build`.
    func ask(_ package: String, _ command: String, _ words: String...) throws -> String {
        let run = try BriefRun(
            swift, ["swift", command, "--package-path", package] + words, environment: ServerPlan.environment(adding: []), bytesLimit: Self.bytesLimit,
            patience: Self.patience)
        guard run.how == .exited(code: 0) else {
            let words = run.errors.split(whereSeparator: \.isNewline).map(String.init).joined(separator: "\n")
            throw CommandFailure("\(package) is no package that Swift can read\(words.isEmpty ? "" : ":\n\(words)")", kind: .unchecked)
        }
        return run.output
    }

    /// Builds one product; the build's own words go to standard error.
    func build(_ package: String, _ product: String) throws {
        let lifeline = try Lifeline()
        let launch = Launch(
            path: swift, arguments: ["swift", "build", "--package-path", package, "--product", product], environment: ServerPlan.environment(adding: []),
            standardOutput: STDERR_FILENO, standardError: STDERR_FILENO)
        let process = try launch.start(lifeline: lifeline, at: 0)
        while true {
            _ = waitUntilReady([Awaited(process.descriptor.number)], timeoutMilliseconds: nil)
            guard let end = try process.reap() else { continue }
            if end == .exited(code: 0) { return }
            throw CommandFailure("\(product) was not built: the words of `swift build` stand above", kind: .unchecked)
        }
    }
}
