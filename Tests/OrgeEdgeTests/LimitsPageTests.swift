import Foundation
import OrgeEdge
import OrgeSession
import OrgeWire
import Testing

/// The numbers that the pages state are those of the code: a limit that is off by a factor is a broken promise, and tests that go by the
/// constants would follow it.
@Suite("The limits that the pages state")
struct LimitsPageTests {
    @Test("protocol.md tells clients the limits that the server keeps")
    func protocolPage() throws {
        let rows = try Self.rows(of: "protocol.md")
        for (label, limit) in Self.promised { #expect(rows.contains { $0.first == label && $0.dropFirst().first == limit }, "\(label)") }
    }

    @Test("limits.md states the edge's and the conversation's")
    func limitsPage() throws {
        let rows = try Self.rows(of: "limits.md")
        for (name, limit) in Self.constants { #expect(rows.contains { $0.first == "`\(name)`" && $0.dropFirst().first == limit }, "\(name)") }
    }

    private static let promised: [(String, String)] = [
        ("size of a client frame", count(WireLimits.clientFrameBytes)), ("size of a server frame", count(WireLimits.serverFrameBytes)),
        ("name of an account or a world", "\(WireLimits.nameBytes) bytes"), ("software text", "\(WireLimits.softwareBytes) bytes"),
        ("reason, field, close text", "\(WireLimits.reasonBytes) bytes"), ("worlds in a list", count(WireLimits.worldCount)),
        ("commands without an outcome", count(Int(SessionLimits.commandWindow))),
        ("bytes of commands without an outcome", count(Int(SessionLimits.byteWindow))), ("ping", rate(SessionLimits.ping)),
        ("intent", rate(SessionLimits.intent)), ("audit", "\(rate(SessionLimits.audit)), 1 unanswered"),
        ("describe and join", "\(rate(SessionLimits.choice)), together"), ("handshake", seconds(SessionLimits.handshake)),
        ("idle", seconds(SessionLimits.idle)), ("leaving", seconds(SessionLimits.leaving)),
        ("not read, beside updates", "\(count(EdgeLimits.unreadBytes)) bytes"),
        ("not read, updates and their like", "\(EdgeLimits.unreadBulks), none for longer than \(seconds(EdgeLimits.updateWait))"),
        ("not logged in", "\(EdgeLimits.unauthenticatedConnections) connections, web requests included"),
    ]

    private static let constants: [(String, String)] = [
        ("handshake", seconds(SessionLimits.handshake)), ("idle", seconds(SessionLimits.idle)), ("leaving", seconds(SessionLimits.leaving)),
        ("commandWindow", "\(SessionLimits.commandWindow) commands"), ("byteWindow", "\(SessionLimits.byteWindow / 1024) KiB"),
        ("clientPing", seconds(SessionLimits.clientPing)), ("viewEntities", count(SessionLimits.viewEntities)),
        ("auditRows", count(SessionLimits.auditRows)), ("unauthenticatedConnections", "\(EdgeLimits.unauthenticatedConnections)"),
        ("connections", count(EdgeLimits.connections)),
        ("unreadBytes", "\(EdgeLimits.unreadBytes / 1024) KiB"), ("droppableBytes", "\(EdgeLimits.droppableBytes / 1024) KiB"),
        ("unreadBulks", "\(EdgeLimits.unreadBulks)"), ("updateWait", seconds(EdgeLimits.updateWait)),
        ("timerInterval", "\(EdgeLimits.timerInterval / 1_000_000) ms"),
        ("keptViewsBytes`, `keptViewBytes", "\(EdgeLimits.keptViewsBytes >> 20) MiB, \(EdgeLimits.keptViewBytes >> 10) KiB each"),
        ("keptViewTime", seconds(EdgeLimits.keptViewTime)), ("seenTickWait", seconds(EdgeLimits.seenTickWait)),
        ("slotWait", seconds(EdgeLimits.slotWait)), ("fullPause", "\(EdgeLimits.fullPause / 1_000_000) ms"),
    ]

    /// The cells of all tables of a page.
    private static func rows(of page: String) throws -> [[String]] {
        let path = String(#filePath).split(separator: "/").dropLast(3).joined(separator: "/")
        return try String(contentsOfFile: "/\(path)/docs/\(page)", encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("|") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    private static func count(_ number: Int) -> String {
        var digits = Array(String(number))
        for place in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: place) }
        return String(digits)
    }

    private static func seconds(_ nanoseconds: UInt64) -> String { "\(nanoseconds / SessionLimits.second) s" }

    private static func rate(_ rate: Rate) -> String {
        "\(SessionLimits.second / rate.interval) a second, \(rate.tolerance / rate.interval + 1) at once"
    }
}
