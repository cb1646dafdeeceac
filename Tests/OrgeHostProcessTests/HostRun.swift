import Foundation
import Glibc
import OrgeControl
import OrgeSystem
import Testing

/// A world's executable as its supervisor runs it.
final class HostRun {
    static let binaries = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
    /// Everything awaited here takes milliseconds; a machine at its limits may take longer.
    static let patience: UInt64 = 30_000_000_000

    let process: ChildProcess
    private let control: Descriptor
    private let lifeline: Descriptor
    private var stream = ControlStream<ChildMessage>()
    private(set) var ready: HostReady?
    private(set) var status: OrgeControl.HostStatus?
    private(set) var failure: String?
    /// What it reported before it was ready.
    private(set) var loading: [ChildMessage] = []
    private var end: ProcessEnd?

    init(_ program: String, folder: String, controlVersion: UInt16 = ControlFrame.formatVersion) throws {
        let channel = try Ends.channel()
        let line = try Lifeline()
        let null = try Descriptor.null()
        let path = "\(Self.binaries)/\(program)"
        var launch = Launch(
            path: path,
            arguments: [
                path, "host", "--data", folder, "--name", program, "--number", "5", "--control-fd", "3", "--lifeline-fd", "4", "--control-version",
                "\(controlVersion)",
            ],
            environment: ["SWIFT_BACKTRACE=enable=no"], standardOutput: null.number, standardError: 2)
        launch.inherited = [channel.second.number]
        process = try launch.start(lifeline: line, at: 1)
        control = channel.keepFirst()
        lifeline = line.keep()
    }

    static func freshFolder() -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "orge-host-\(UUID().uuidString)").path
        return folder
    }

    /// Hears what the host has to say.
    func listen() throws {
        while case .bytes(let bytes) = try control.read(atMost: 4096) {
            stream.append(bytes)
            while let message = try stream.next() {
                switch message {
                case .hostReady(let ready): self.ready = ready
                case .hostStatus(let status): self.status = status
                case .failed(let message): failure = message
                case .alive, .inStorage: loading.append(message)
                default: Issue.record("a host says \(message)")
                }
            }
        }
    }

    func untilReady() throws -> HostReady { try until("ready") { ready } }

    func untilEnd() throws -> ProcessEnd {
        try until("the end") {
            if end == nil { end = try process.reap() }
            return end
        }
    }

    func until<Value>(_ what: String, _ condition: () throws -> Value?) throws -> Value {
        let deadline = monotonicNanoseconds() + Self.patience
        while monotonicNanoseconds() < deadline {
            try listen()
            if let value = try condition() { return value }
            _ = waitUntilReady([Awaited(process.descriptor.number), Awaited(control.number)], timeoutMilliseconds: 5)
        }
        throw Missing(what: "\(what); it said: \(failure ?? "nothing")")
    }

    func kill() throws {
        try process.send(signal: SIGKILL)
        #expect(try untilEnd() == .killed(signal: SIGKILL))
    }

    struct Missing: Error { let what: String }

    /// Runs a program to its end.
    static func output(_ program: String, _ arguments: [String]) throws -> (text: String, end: ProcessEnd) {
        let printed = try Ends.pipe()
        let line = try Lifeline()
        let path = "\(binaries)/\(program)"
        let launch = Launch(path: path, arguments: [path] + arguments, environment: [], standardOutput: printed.second.number, standardError: 2)
        let process = try launch.start(lifeline: line, at: 0)
        let keep = line.keep()
        let reader = printed.keepFirst()
        var bytes: [UInt8] = []
        while case .bytes(let part) = try reader.read(atMost: 65_536) { bytes += part }
        while true {
            if let end = try process.reap() {
                _ = keep.number
                return (String(decoding: bytes, as: UTF8.self), end)
            }
            _ = waitUntilReady([Awaited(process.descriptor.number)], timeoutMilliseconds: 1000)
        }
    }
}
