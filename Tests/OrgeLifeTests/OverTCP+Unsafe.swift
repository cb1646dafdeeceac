import Foundation
import Glibc
import OrgeSystem
import OrgeTestSupport

/// `orge serve` as a process, with a world's own executable.
final class ServedOverTCP: Server {
    private let process: ChildProcess
    private let lifeline: Descriptor
    private let output: Descriptor
    private let folder: String
    let port: UInt16

    private static let binaries = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path

    struct Failure: Error { var why: String }

    init(_ world: String) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "orge-life-\(UUID().uuidString)").path
        let printed = try Ends.pipe()
        let line = try Lifeline()
        let arguments = ["orge", "serve", "--json", "--data", folder, "--port", "0", "--world", "\(Self.binaries)/\(world)"]
        let launch = Launch(
            path: "\(Self.binaries)/orge", arguments: arguments, environment: ProcessInfo.processInfo.environment.map { "\($0)=\($1)" },
            standardOutput: printed.second.number, standardError: 2)
        process = try launch.start(lifeline: line, at: 0)
        lifeline = line.keep()
        output = printed.keepFirst()
        port = try Self.port(in: Self.firstLine(of: output))
    }

    deinit {
        kill(process.pid, SIGKILL)
        // Reaped here: a dead child that is not reaped makes the exit tests of other suites wait for ever.
        _ = waitUntilReady([Awaited(process.descriptor.number)], timeoutMilliseconds: 60_000)
        _ = try? process.reap()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func firstLine(of output: borrowing Descriptor) throws -> String {
        var line: [UInt8] = []
        while line.last != 10 {
            guard waitUntilReady([Awaited(output.number)], timeoutMilliseconds: 60_000) == [true] else { throw Failure(why: "the server is not ready") }
            guard case .bytes(let bytes) = try output.read(atMost: 4_096) else { throw Failure(why: "the server has ended") }
            line += bytes
        }
        return String(decoding: line, as: UTF8.self)
    }

    private static func port(in line: String) throws -> UInt16 {
        guard let digits = line.firstMatch(of: /127\.0\.0\.1:([0-9]+)"/)?.1, let port = UInt16(digits) else { throw Failure(why: line) }
        return port
    }

    func connect() throws -> any Line { try TCPLine(port) }
}

private final class TCPLine: Line {
    private let socket: Descriptor

    init(_ port: UInt16) throws { socket = try connectLoopback(port: port) }

    var now: UInt64 { monotonicNanoseconds() }

    func send(_ bytes: [UInt8]) throws { try socket.writeAll(bytes) }

    func hangUp() throws { guard shutdown(socket.number, Int32(SHUT_RDWR)) == 0 else { throw ServedOverTCP.Failure(why: "no connection to end") } }

    func receive() throws -> [UInt8] {
        guard waitUntilReady([Awaited(socket.number)], timeoutMilliseconds: 60_000) == [true] else { throw ServedOverTCP.Failure(why: "the server is silent") }
        guard case .bytes(let bytes) = try socket.read(atMost: 65_536) else { throw ServedOverTCP.Failure(why: "the server hung up") }
        return bytes
    }
}
