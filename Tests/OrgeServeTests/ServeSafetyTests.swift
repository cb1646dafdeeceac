import Foundation
import Glibc
import OrgeSystem
import Testing

@Suite("orge serve: no orphans, nothing leaked, failures told") struct ServeSafetyTests {
    @Test("SIGKILL of the supervisor ends every child, also one that never looks up from its work")
    func noOrphans() throws {
        let run = try ServeRun(["alpha", "beta:busy"], options: ["--port", "0", "--dev", "--bots", "1"])
        _ = try run.ready()
        let children = try [run.pid(ofWorld: 0), run.pid(ofWorld: 1), run.pidOfEdge()] + [run.until("bots") { try bots(of: run) }]
        try run.process.send(signal: SIGKILL)
        #expect(try run.exit() == .killed(signal: SIGKILL))
        _ = try run.until("the end of all children") { children.contains { run.isAlive($0) } ? nil : true }
    }

    func bots(of run: ServeRun) throws -> Int32? {
        let path = "/proc/\(run.process.pid)/task/\(run.process.pid)/children"
        let pids = try String(contentsOfFile: path, encoding: .utf8).split(separator: " ").compactMap { Int32($0) }
        return pids.first { (try? String(contentsOfFile: "/proc/\($0)/cmdline", encoding: .utf8))?.contains("bots") == true }
    }

    @Test("A child has its own descriptors, no other, no blocked or ignored signal, and a group of its own")
    func inheritance() throws {
        let run = try ServeRun(["alpha:busy", "beta"])
        _ = try run.ready()
        let host = try run.pid(ofWorld: 0)
        #expect(try descriptors(host) == ["0", "1", "2", "3", "4", "5"])
        // 6, 7: the fake edge's own.
        let edge = try run.pidOfEdge()
        #expect(try descriptors(edge).prefix(6) == ["0", "1", "2", "3", "4", "5"])
        #expect(try kinds(edge).filter { $0.hasPrefix("socket") }.count == 2, "its channel and the listener, not those of others")
        let status = try String(contentsOfFile: "/proc/\(host)/status", encoding: .utf8)
        #expect(status.contains("SigBlk:\t0000000000000000") && status.contains("SigIgn:\t0000000000000000"))
        #expect(getpgid(host) == host)
        try run.stop()
    }

    func descriptors(_ pid: Int32) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").sorted() }
    func kinds(_ pid: Int32) throws -> [String] {
        try descriptors(pid).map { try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/\($0)") }
    }

    @Test("Two servers on one data folder: the second says so and ends with 1")
    func twoServers() throws {
        let run = try ServeRun(["alpha"])
        _ = try run.ready()
        let second = try ServeRun(["alpha"], data: run.data)
        #expect(try second.exit() == .exited(code: 1))
        #expect(second.complaints.contains("another `orge serve` is at work on the data folder \(run.data)"))
        _ = try run.pid(ofWorld: 0)
        try run.stop()
    }

    @Test("A server that was killed leaves nothing that hinders the next one")
    func afterKill() throws {
        let run = try ServeRun(["alpha"])
        _ = try run.ready()
        try run.process.send(signal: SIGKILL)
        _ = try run.exit()
        let next = try ServeRun(["alpha"], data: run.data)
        _ = try next.ready()
        try next.stop()
    }

    @Test(
        "A world that fails at its start: serve says why and ends with 1",
        arguments: [
            ("crash", "world alpha did not start: it exited with status 3; its last words:\nthe moon is full\nso I crash"),
            ("refuse", "world alpha did not start: the journal is damaged"),
            ("nonsense", "world alpha did not start: its control channel carries nonsense: length 4294967295 over limit 16384 at byte 0"),
            ("no-world", "describe` exited with status 1; its words:\nI am no world"),
            ("strange", "did not print one line \"NAME VERSION\""),
        ])
    func failedStart(mode: String, message: String) throws {
        let run = try ServeRun(["alpha:\(mode)", "beta"])
        #expect(try run.exit() == .exited(code: 1))
        #expect(run.complaints.contains(message), "\(run.complaints)")
        #expect(run.lines.count <= 1 && run.lines.allSatisfy { $0.hasPrefix("{\"error\":{\"code\":\"failed\"") }, "no address, at most the failure as JSON")
    }

    @Test(
        "What cannot be served is refused with cause and remedy",
        arguments: [
            (["--address", "0.0.0.0"], "0.0.0.0 is not a loopback address"),
            (["--address", "example.org"], "example.org is not a loopback address"),
            (["--bots", "5"], "Add --dev"),
            (["--max-clients", "0"], "--max-clients: 0 is not in 1...100000"),
            (["--world", "/nowhere"], "there is no executable at \"/nowhere\""),
        ])
    func refused(options: [String], message: String) throws {
        let run = try ServeRun(["alpha"], options: options)
        #expect(try run.exit() != .exited(code: 0))
        #expect(run.complaints.contains(message), "\(run.complaints)")
    }

    @Test("A port that is taken is named, with the way out")
    func takenPort() throws {
        let run = try ServeRun(["alpha"])
        let port = try run.ready()
        let second = try ServeRun(["alpha"], options: ["--port", "\(port)"])
        #expect(try second.exit() == .exited(code: 1))
        #expect(second.complaints.contains("cannot listen on 127.0.0.1 port \(port): Address already in use\nChoose another port"))
        try run.stop()
    }

    @Test("A damaged universe.json stops the start, and is left as it is")
    func damagedUniverse() throws {
        let data = ServeRun.freshFolder()
        defer { ServeRun.removeFolder(data) }
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        let damaged = #"{"format":2,"worlds":[{"number":1,"name":"a"},{"number":1,"name":"b"}]}"#
        try damaged.write(toFile: "\(data)/universe.json", atomically: true, encoding: .utf8)
        let run = try ServeRun(["alpha"], data: data)
        #expect(try run.exit() == .exited(code: 1))
        #expect(run.complaints.contains("universe.json is damaged at the world \"b\", number 1"))
    }

    @Test("Status without a server says how to start one")
    func noServer() throws {
        let outcome = try ServeRun.orge(["status", "--data", "/nowhere"])
        #expect(outcome.end == .exited(code: 1))
        #expect(outcome.output.contains("no server is running on the data folder /nowhere\nStart one: orge serve"))
    }

    @Test("Only its owner may open the control socket")
    func controlSocketMode() throws {
        let run = try ServeRun(["alpha"])
        _ = try run.ready()
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(run.data)/control.sock")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let folder = try FileManager.default.attributesOfItem(atPath: run.data)
        #expect(folder[.posixPermissions] as? Int == 0o700)
        try run.stop()
    }
}
