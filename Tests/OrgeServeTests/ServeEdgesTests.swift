import Glibc
import OrgeControl
import OrgeSystem
import OrgeTestSupport
import Testing

@Suite("orge serve: several edges, with fake children") struct ServeEdgesTests {
    static let options = ["--port", "0", "--edges", "2", "--max-clients", "3"]

    /// A connection that the edge with this process id takes; the kernel chooses, so it may take some.
    func connect(_ port: UInt16, to edge: Int32, _ run: ServeRun) throws -> Descriptor {
        var others: [Int32] = []
        for _ in 0..<200 {
            let client = try connectLoopback(port: port)
            if try ServeRun.ask("pid", of: client) == "\(edge)" { return client }
            others.append(client.release())
            // Kept open for a while: the kernel chooses by the client's port.
            if others.count > 20 { close(others.removeFirst()) }
        }
        others.forEach { close($0) }
        throw ServeRun.Missing(what: "a connection to edge \(edge)", errors: run.complaints)
    }

    @Test("Two edges share one port, and both get connections; status lists both; a stop ends both")
    func spread() throws {
        let run = try ServeRun(["alpha"], options: Self.options)
        let port = try run.ready()
        let (first, second) = (try run.pidOfEdge(0), try run.pidOfEdge(1))
        #expect(first != second)
        for edge in [first, second] { _ = try connect(port, to: edge, run) }
        let rows = try #require(try run.status()["edges"] as? [[String: Any]])
        #expect(rows.map { $0["address"] as? String } == ["fake", "fake"] && rows.map { $0["limit"] as? Int } == [3, 3])
        try run.stop()
        #expect(!run.isAlive(first) && !run.isAlive(second))
    }

    @Test("An edge that dies: who waits in its backlog waits for its successor, the other edge goes on, hosts are told who is dead")
    func death() throws {
        let run = try ServeRun(["alpha"], options: Self.options)
        let port = try run.ready()
        let (old, other) = (try run.pidOfEdge(0), try run.pidOfEdge(1))
        let gone = UInt64(try ServeRun.ask("id", of: connect(port, to: old, run)))
        let kept = try connect(port, to: other, run)
        // Stopped, it accepts nothing; what the kernel gives it from now on waits in its socket.
        kill(old, SIGSTOP)
        let clients = try (0..<24).map { _ in try connectLoopback(port: port).release() }
        kill(old, SIGKILL)
        let new = try run.pidOfEdge(0, not: old)
        let answers = try clients.map { number in try ServeRun.ask("pid", of: Descriptor(owning: number)) }
        #expect(Set(answers) == ["\(new)", "\(other)"], "24 connections through one edge of two alone are one case in eight million")
        #expect(try ServeRun.ask("pid", of: kept) == "\(other)")
        let id = try #require(gone)
        let line = "alive: [\(UInt32(truncatingIfNeeded: id) == 1 ? 2 : 1)]"
        _ = try run.until("the host to be told") { run.complaints.contains(line) ? true : nil }
        try run.stop()
    }

    @Test("Edges share the server's slots, and those of a dead one come back")
    func slots() throws {
        let run = try ServeRun(["alpha"], options: Self.options)
        let port = try run.ready()
        let (first, second) = (try run.pidOfEdge(0), try run.pidOfEdge(1))
        let one = try connect(port, to: first, run)
        let two = try connect(port, to: second, run)
        func ask(_ count: Int, _ client: borrowing Descriptor, for answer: String) throws {
            try client.writeAll(Array("slots \(count)\n".utf8))
            while try !ServeRun.ask("told", of: client).contains(answer) { try #require(run.isAlive(run.process.pid)) }
        }
        try ask(3, one, for: "slots(count: 3)")
        // The first gives back what it does not use, as the fake does always.
        try ask(2, two, for: "slots(count: 2)")
        kill(second, SIGKILL)
        _ = try run.pidOfEdge(1, not: second)
        try ask(2, one, for: "slots(count: 2)")
        try run.stop()
    }

    @Test("In development mode any edge may have a world killed")
    func developmentKill() throws {
        let run = try ServeRun(["alpha"], options: ["--port", "0", "--edges", "2", "--dev"])
        let port = try run.ready()
        let token = try #require(try run.line(0).firstMatch(of: #/#token=([0-9a-f]{32})"/#)?.1)
        for index in 0..<2 {
            let old = try run.pid(ofWorld: 0)
            let client = try connect(port, to: run.pidOfEdge(index), run)
            try client.writeAll(Array("kill alpha \(token)\n".utf8))
            _ = try run.pid(ofWorld: 0, not: old)
        }
        try run.stop()
    }

    @Test("A port on which several edges listen is taken, for a server with several edges too")
    func takenPort() throws {
        let run = try ServeRun(["alpha"], options: Self.options)
        let port = try run.ready()
        for edges in ["1", "2"] {
            let second = try ServeRun(["alpha"], options: ["--port", "\(port)", "--edges", edges])
            #expect(try second.exit() == .exited(code: 1))
            #expect(second.complaints.contains("cannot listen on 127.0.0.1 port \(port): Address already in use"))
        }
        try run.stop()
    }

    @Test("The number of edges is bounded", arguments: ["0", "33", "-1"])
    func bound(edges: String) throws {
        let run = try ServeRun(["alpha"], options: ["--edges=\(edges)"])
        #expect(try run.exit() != .exited(code: 0))
        #expect(run.complaints.contains("--edges: \(edges) is not in 1...32"), "\(run.complaints)")
    }
}
