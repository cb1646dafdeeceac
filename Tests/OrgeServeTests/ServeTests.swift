import Foundation
import Glibc
import OrgeSystem
import OrgeTestSupport
import Testing

@Suite("orge serve, with fake children") struct ServeTests {
    @Test("The first line says where, status has every child, SIGTERM ends in order with 0", arguments: [SIGTERM, SIGINT, SIGHUP])
    func life(signal: Int32) throws {
        let run = try ServeRun(["alpha", "beta"], options: ["--port", "0", "--max-clients", "77"])
        let port = try run.ready()
        #expect(try run.line(0) == #"{"event":"ready","address":"127.0.0.1:\#(port)","web":"http://127.0.0.1:\#(port)/"}"#)
        _ = try run.until("reports of both") { try run.world(1)["hash"] as? String != nil && run.world(0)["hash"] as? String != nil ? true : nil }
        let status = try run.status()
        #expect((status["supervisor"] as? [String: Any])?["pid"] as? Int == Int(run.process.pid))
        let edge = try #require((status["edges"] as? [[String: Any]])?.first)
        #expect(edge["state"] as? String == "ready" && edge["kind"] as? String == "raw-fake" && edge["limit"] as? Int == 77)
        let world = try run.world(1)
        #expect(world["name"] as? String == "beta" && world["version"] as? Int == 7 && world["entities"] as? Int == 42)
        #expect((world["tick_ms"] as? [String: Double]) == ["p50": 1.5, "p99": 2.0, "max": 3.0])
        try run.process.send(signal: signal)
        #expect(try run.exit() == .exited(code: 0))
        #expect(try String(contentsOfFile: "\(run.data)/worlds/alpha/ended", encoding: .utf8) == "in order")
        #expect(!FileManager.default.fileExists(atPath: "\(run.data)/control.sock"))
        #expect(run.complaints.contains("[alpha] standard output is shown too"))
    }

    @Test("A host that is killed comes back with its state; clients stay connected; the port stays")
    func killedHost() throws {
        let run = try ServeRun(["alpha", "beta"])
        let port = try run.ready()
        let client = try connectLoopback(port: port)
        let edge = try ServeRun.ask("pid", of: client)
        let old = try run.pid(ofWorld: 0)
        let other = try run.pid(ofWorld: 1)
        let tick = try run.until("ticks") { try run.world(0)["tick"] as? Int }
        kill(old, SIGKILL)
        _ = try run.pid(ofWorld: 0, not: old)
        #expect(try #require(try run.world(0)["tick"] as? Int) >= tick)
        #expect(try run.pid(ofWorld: 1) == other)
        #expect(try ServeRun.ask("pid", of: client) == edge)
        #expect(try run.line(1).contains(#""event":"restarting","child":"alpha","why":"it was ended by signal 9","after_ms":0.000"#))
        try run.stop()
    }

    @Test("An edge that is killed comes back on the same port, and takes who waited")
    func killedEdge() throws {
        let run = try ServeRun(["alpha"])
        let port = try run.ready()
        let old = try run.pidOfEdge()
        kill(old, SIGKILL)
        let client = try connectLoopback(port: port)
        #expect(try ServeRun.ask("pid", of: client) == "\(try run.pidOfEdge(not: old))")
        try run.stop()
    }

    @Test("A world that dies again and again is failed: its edge is told, the other world goes on")
    func failedWorld() throws {
        let run = try ServeRun(["alpha:dying", "beta"])
        let port = try run.ready()
        try "".write(toFile: "\(run.data)/worlds/alpha/die", atomically: true, encoding: .utf8)
        _ = try run.until("the failure") { try run.world(0)["state"] as? String == "failed" ? true : nil }
        #expect(try run.world(0)["pid"] is NSNull)
        #expect(try run.world(1)["state"] as? String == "ready")
        let client = try connectLoopback(port: port)
        _ = try run.until("the edge to be told") { try ServeRun.ask("told", of: client).contains("worldFailed(name: \"alpha\")") ? true : nil }
        try run.stop()
    }

    @Test("In development mode who has the token may kill a world")
    func developmentKill() throws {
        let run = try ServeRun(["alpha"], options: ["--port", "0", "--dev", "--bots", "3"])
        let port = try run.ready()
        let token = try #require(try run.line(0).firstMatch(of: #/#token=([0-9a-f]{32})"/#)?.1)
        let old = try run.pid(ofWorld: 0)
        let client = try connectLoopback(port: port)
        try client.writeAll(Array("kill alpha \(token)\n".utf8))
        _ = try run.pid(ofWorld: 0, not: old)
        _ = try run.until("bots") { run.complaints.contains("[bots] bots for 127.0.0.1:\(port) in alpha: 3") ? true : nil }
        try run.stop()
    }

    @Test("A child that closes its control channel and goes on is killed and started again")
    func closingChild() throws {
        let run = try ServeRun(["alpha:closing"])
        _ = try run.until("the restart") { run.complaints.contains("it closed its control channel and went on") ? true : nil }
        try run.stop()
    }

    @Test("A host that reports nothing is killed and started again, and its edge hears of the silence")
    func hungChild() throws {
        let run = try ServeRun(["alpha:hung", "beta"], options: ["--port", "0", "--silence-limit-seconds", "3"])
        let port = try run.ready()
        let client = try connectLoopback(port: port)
        #expect(try run.line(1) == #"{"event":"silent","child":"alpha","limit_ms":3000.000}"#)
        let why = "it hung: it reported nothing for 3 s, and was killed"
        #expect(try run.line(2) == #"{"event":"restarting","child":"alpha","why":"\#(why)","after_ms":0.000}"#)
        #expect(try run.line(3) == #"{"event":"back","child":"alpha"}"#)
        #expect(try ServeRun.ask("told", of: client).contains("worldSilent(name: \"alpha\")"))
        #expect(try run.world(0)["state"] as? String == "ready" && run.world(0)["silent_ms"] as? Double == 0)
        try run.stop()
    }

    @Test("serve works when its standard output is not read")
    func fullOutput() throws {
        let run = try ServeRun(["alpha"], fullOutput: true)
        _ = try run.pidOfEdge()
        let old = try run.pid(ofWorld: 0)
        kill(old, SIGKILL)
        _ = try run.pid(ofWorld: 0, not: old)
        try run.stop()
    }

    @Test("World numbers are given once, in the order of first appearance")
    func numbers() throws {
        let data = ServeRun.freshFolder()
        defer { ServeRun.removeFolder(data) }
        for (worlds, file) in [(["beta"], ["beta"]), (["alpha", "beta"], ["beta", "alpha"]), (["alpha"], ["beta", "alpha"])] {
            let run = try ServeRun(worlds, data: data)
            _ = try run.ready()
            try run.stop()
            let universe = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: "\(data)/universe.json"))) as? [String: Any]
            let rows = try #require(universe?["worlds"] as? [[String: Any]])
            #expect(rows.map { $0["name"] as? String } == file)
            #expect(rows.map { $0["number"] as? Int } == Array(1...file.count))
        }
    }

    @Test("A data folder's path may be longer than a socket's")
    func longPath() throws {
        let data = ServeRun.freshFolder()
        defer { ServeRun.removeFolder(data) }
        let run = try ServeRun(["alpha"], data: data + String(repeating: "/a-folder-with-a-long-name", count: 8))
        _ = try run.ready()
        #expect(try run.pid(ofWorld: 0) > 0)
        try run.stop()
    }
}
