import Foundation
import Glibc
import OrgeControl
import OrgeSchema
import OrgeSystem
import Testing

@Suite("A host as a process")
struct HostProcessTests {
    private struct Line: Decodable {
        struct Fields: Decodable { var to: String; var amount: Int }
        struct Outcome: Decodable {
            struct Result: Decodable { var cents: Int }
            var status: String
            var result: Result?
        }
        var tick: UInt64
        var session: UInt64
        var account: String
        var avatar: String
        var sequence: UInt64
        var command: String
        var fields: Fields
        var outcome: Outcome
    }

    @Test("killed again and again under load it answers each command once, and a model fed by its replay reaches every balance")
    func killedUnderLoad() throws {
        let folder = HostRun.freshFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let client = LinkClient(accounts: 6)
        for round in 1...5 {
            let host = try HostRun("ledger", folder: folder)
            let ready = try host.untilReady()
            #expect(ready.incarnation == UInt64(round) && ready.name == "ledger" && ready.tick >= client.lastTick)
            try client.connect(folder)
            let target = client.clients.reduce(0) { $0 + $1.outcomes.count } + 300
            while client.clients.reduce(0, { $0 + $1.outcomes.count }) < target {
                try #require(try client.receive())
                if client.isJoined { try client.pay(inFlight: 8) } else { try client.flush() }
            }
            try host.kill()
            // What was sent before the death is heard; then the link is over.
            while try client.receive() {}
            client.disconnect()
        }
        let host = try HostRun("ledger", folder: folder)
        _ = try host.untilReady()
        try client.connect(folder)
        while client.unanswered > 0 { try #require(try client.receive()) }
        try checkReplay(of: folder, client)
        try host.process.send(signal: SIGTERM)
        #expect(try host.untilEnd() == .exited(code: 0))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/images").count >= 1)
    }

    /// A model that knows only what the replay prints.
    private func checkReplay(of folder: String, _ client: LinkClient) throws {
        let (text, end) = try HostRun.output("ledger", ["--replay", folder, "--json"])
        #expect(end == .exited(code: 0))
        let lines = try text.split(separator: "\n").dropLast().map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        var balances: [String: Int] = [:]
        for line in lines {
            guard line.outcome.status == "applied" else { continue }
            balances[line.avatar, default: 10_000] -= line.fields.amount
            balances[line.fields.to, default: 10_000] += line.fields.amount
            #expect(line.outcome.result?.cents == balances[line.avatar])
        }
        for one in client.clients {
            let printed = lines.filter { $0.session == one.session }
            #expect(printed.map(\.sequence) == one.outcomes.map(\.sequence))
            #expect(printed.map(\.tick) == one.outcomes.map(\.tick))
            #expect(printed.map { $0.outcome.status == "applied" } == one.outcomes.map { $0.bytes[0] == 0 })
            #expect(printed.allSatisfy { $0.account == one.account && $0.avatar == "\(one.avatar)" })
        }
        #expect(lines.count == client.clients.reduce(0) { $0 + $1.outcomes.count })
    }

    @Test("a second host on the same data says who has it, and fails")
    func locked() throws {
        let folder = HostRun.freshFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let first = try HostRun("ledger", folder: folder)
        _ = try first.untilReady()
        let second = try HostRun("ledger", folder: folder)
        #expect(try second.untilEnd() == .exited(code: 1))
        try second.listen()
        #expect(second.failure?.contains("\(first.process.pid)") == true)
        let other = try HostRun("meadow", folder: folder)
        #expect(try other.untilEnd() == .exited(code: 1))
        try first.kill()
        let third = try HostRun("meadow", folder: folder)
        #expect(try third.untilEnd() == .exited(code: 1))
        try third.listen()
        #expect(third.failure?.contains("ledger") == true, "\(third.failure ?? "")")
    }

    @Test("a world at a fixed pace ticks without clients, and goes on where it was killed")
    func ticksAlone() throws {
        let folder = HostRun.freshFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let first = try HostRun("meadow", folder: folder)
        let tick = try first.until("ticks") { first.status.flatMap { $0.tick > 5 ? $0.tick : nil } }
        try first.kill()
        let second = try HostRun("meadow", folder: folder)
        #expect(try second.untilReady().tick >= tick)
        // Each call of the disk is announced, and followed by a report.
        let calls = second.loading.indices.filter { second.loading[$0] == .inStorage }
        #expect(calls.count > 10 && calls.allSatisfy { second.loading[$0 + 1] == .alive })
        _ = try second.until("more ticks") { second.status.flatMap { $0.tick > tick + 5 ? $0 : nil } }
        #expect(second.status!.entities > 0)
        try second.process.send(signal: SIGTERM)
        #expect(try second.untilEnd() == .exited(code: 0))
    }

    @Test("a host refuses a supervisor that speaks another version of the control channel")
    func controlVersion() throws {
        let folder = HostRun.freshFolder()
        let host = try HostRun("ledger", folder: folder, controlVersion: ControlFrame.formatVersion + 1)
        #expect(try host.untilEnd() == .exited(code: 1))
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test("the same script ends in the same state, another one in another", arguments: ["ledger", "meadow"])
    func fast(world: String) throws {
        func hash(_ seed: String) throws -> Substring? {
            try HostRun.output(world, ["--fast", "60", "--script", seed]).text.split(whereSeparator: \.isWhitespace).last
        }
        let first = try hash("7")
        #expect(first?.count == 16)
        #expect(try hash("7") == first)
        #expect(try hash("8") != first)
    }

    @Test("describe and --version print name and version; nonsense is answered with the usage and code 2")
    func commandLine() throws {
        for word in ["describe", "--version"] { #expect(try HostRun.output("ledger", [word]).text == "ledger 1\n") }
        for arguments in [[], ["serve"], ["--fast", "x"], ["host"], ["--replay"], ["host", "--data", "/tmp/x", "--number", "99999"]] {
            #expect(try HostRun.output("ledger", arguments).end == .exited(code: 2), "\(arguments)")
        }
        #expect(try HostRun.output("ledger", ["--replay", "/nowhere"]).end == .exited(code: 1))
    }
}
