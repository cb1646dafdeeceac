import Foundation
import Glibc
import OrgeSystem
import Testing

/// `orge serve` as a process, with fake worlds and a fake edge, in a folder of its own.
final class ServeRun {
    let data: String
    let process: ChildProcess
    private let output: Descriptor
    private let errors: Descriptor
    private let lifeline: Descriptor
    private var outputBytes: [UInt8] = []
    private var errorBytes: [UInt8] = []
    private var end: ProcessEnd?
    private let readsOutput: Bool
    private let isFolderOurs: Bool

    static let binaries = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
    /// Everything awaited here takes milliseconds; a machine at its limits may take longer.
    static let patience: UInt64 = 30_000_000_000

    /// - Parameters:
    ///   - worlds: names, or `NAME:MODE` for a fake that breaks its contract.
    ///   - fullOutput: standard output is a full pipe that is never read.
    init(_ worlds: [String], data given: String? = nil, options: [String] = ["--port", "0"], fullOutput: Bool = false) throws {
        data = given ?? Self.freshFolder()
        isFolderOurs = given == nil
        readsOutput = !fullOutput
        let printed = try Ends.pipe()
        let complained = try Ends.pipe()
        let line = try Lifeline()
        try printed.first.setNonBlocking()
        try complained.first.setNonBlocking()
        var arguments = ["orge", "serve", "--data", data, "--json", "--edge-executable", "\(Self.binaries)/FakeChild"] + options
        for world in worlds { arguments += ["--world", try Self.executable(world, beside: data)] }
        if fullOutput {
            let filler = try Descriptor.output(printed.second.number)
            while try filler.writeNow([UInt8](repeating: 10, count: 4_096)[...]) > 0 {}
        }
        let environment = ProcessInfo.processInfo.environment.map { "\($0)=\($1)" }
        let launch = Launch(
            path: "\(Self.binaries)/orge", arguments: arguments, environment: environment, standardOutput: printed.second.number,
            standardError: complained.second.number)
        process = try launch.start(lifeline: line, at: 0)
        output = printed.keepFirst()
        errors = complained.keepFirst()
        lifeline = line.keep()
    }

    deinit {
        // A folder that was given belongs to the caller.
        if isFolderOurs { Self.removeFolder(data) }
    }

    static func removeFolder(_ data: String) { try? FileManager.default.removeItem(at: URL(filePath: data).deletingLastPathComponent()) }

    static func freshFolder() -> String {
        FileManager.default.temporaryDirectory.appending(path: "orge-serve-\(UUID().uuidString)/data").path
    }

    private static func executable(_ world: String, beside data: String) throws -> String {
        let parts = world.split(separator: ":").map(String.init)
        let folder = URL(filePath: data).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appending(path: world).path
        let mode = parts.count > 1 ? parts[1] : ""
        let script = "#!/bin/sh\nFAKE_NAME=\(parts[0]) FAKE_MODE=\(mode) exec \(binaries)/FakeChild \"$@\"\n"
        // Written by another process: a descriptor that writes it here could be inherited by a child that another test starts at this very moment,
        // and the kernel executes no file that a process has open for writing.
        let shell = Foundation.Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", #"printf %s "$1" > "$2" && chmod 755 "$2""#, "sh", script, path]
        try shell.run()
        shell.waitUntilExit()
        guard shell.terminationStatus == 0 else { throw Missing(what: "the executable \(path)", errors: "") }
        return path
    }

    /// Waits for a condition, looking again and again.
    func until<Value>(_ what: String, _ condition: () throws -> Value?) throws -> Value {
        let deadline = monotonicNanoseconds() + Self.patience
        while monotonicNanoseconds() < deadline {
            try collect()
            if let value = try condition() { return value }
            _ = waitUntilReady([Awaited(process.descriptor.number)], timeoutMilliseconds: 10)
        }
        throw Missing(what: what, errors: complaints)
    }

    struct Missing: Error {
        let what: String
        let errors: String
    }

    private func collect() throws {
        while readsOutput, case .bytes(let bytes) = try output.read(atMost: 65_536) { outputBytes += bytes }
        while case .bytes(let bytes) = try errors.read(atMost: 65_536) { errorBytes += bytes }
        if end == nil { end = try process.reap() }
    }

    var complaints: String { String(decoding: errorBytes, as: UTF8.self) }
    var lines: [String] { String(decoding: outputBytes, as: UTF8.self).split(separator: "\n").map(String.init) }

    func line(_ index: Int) throws -> String { try until("line \(index) of output") { lines.count > index ? lines[index] : nil } }

    func exit() throws -> ProcessEnd {
        let how = try until("the end of serve") { self.end }
        try collect()
        return how
    }

    /// The port, once everything is ready.
    func ready() throws -> UInt16 {
        let line = try line(0)
        let digits = try #require(line.firstMatch(of: #/"address":"127\.0\.0\.1:([0-9]+)"/#)?.1)
        return try #require(UInt16(digits))
    }

    func stop() throws {
        try process.send(signal: SIGTERM)
        #expect(try exit() == .exited(code: 0))
    }
}
