import Foundation
import Glibc
import OrgeSystem
import Testing

/// What tests look at from outside.
extension ServeRun {
    struct Outcome {
        var end: ProcessEnd
        var output: String
    }

    /// Another `orge` command, to its end; what it printed on both outputs.
    static func orge(_ arguments: [String]) throws -> Outcome {
        let printed = try Ends.pipe()
        let line = try Lifeline()
        let launch = Launch(
            path: "\(binaries)/orge", arguments: ["orge"] + arguments, environment: [], standardOutput: printed.second.number,
            standardError: printed.second.number)
        let process = try launch.start(lifeline: line, at: 0)
        let output = printed.keepFirst()
        var bytes: [UInt8] = []
        while case .bytes(let part) = try output.read(atMost: 65_536) { bytes += part }
        _ = waitUntilReady([Awaited(process.descriptor.number)], timeoutMilliseconds: nil)
        return Outcome(end: try #require(try process.reap()), output: String(decoding: bytes, as: UTF8.self))
    }

    func status() throws -> [String: Any] {
        let outcome = try Self.orge(["status", "--data", data, "--json"])
        guard outcome.end == .exited(code: 0) else { return [:] }
        return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    func world(_ index: Int) throws -> [String: Any] { try row("worlds", index) }

    private func row(_ table: String, _ index: Int) throws -> [String: Any] {
        let rows = try status()[table] as? [[String: Any]]
        guard let rows, index < rows.count else { return [:] }
        return rows[index]
    }

    /// The process of a world that is ready, another one than `old`.
    func pid(ofWorld index: Int, not old: Int32? = nil) throws -> Int32 {
        try until("a ready world \(index)") { try Self.readyPid(world(index), not: old) }
    }

    func pidOfEdge(_ index: Int = 0, not old: Int32? = nil) throws -> Int32 {
        try until("a ready edge \(index)") { try Self.readyPid(row("edges", index), not: old) }
    }

    private static func readyPid(_ row: [String: Any], not old: Int32?) -> Int32? {
        guard row["state"] as? String == "ready", let pid = (row["pid"] as? Int).map(Int32.init), pid != old else { return nil }
        return pid
    }

    func isAlive(_ pid: Int32) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
        return !status.contains(") Z ")
    }

    /// A line to the fake edge, a line back.
    static func ask(_ line: String, of client: borrowing Descriptor) throws -> String {
        try client.writeAll(Array("\(line)\n".utf8))
        guard case .bytes(let bytes) = try client.read(atMost: 4_096) else { return "" }
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
