import Foundation
import Testing

@testable import OrgeHost

/// What docs/limits.md says of a host is what the host goes by: tests that take a constant for right would follow it wherever it goes.
@Suite("The limits of a host that the page states")
struct LimitsPageTests {
    @Test("are those of the code")
    func page() throws {
        let path = String(#filePath).split(separator: "/").dropLast(3).joined(separator: "/")
        let rows = try String(contentsOfFile: "/\(path)/docs/limits.md", encoding: .utf8).split(separator: "\n").map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        for (names, limit) in Self.limits {
            let name = names.map { "`\($0)`" }.joined(separator: ", ")
            #expect(rows.contains { $0.first == name && $0.dropFirst().first == limit }, "\(name)")
        }
    }

    private static let limits: [([String], String)] = [
        (["payloadBytes"], count(HostLimits.payloadBytes)), (["outcomesPerSession"], "\(HostLimits.outcomesPerSession)"),
        (["ticksInFlight"], "\(HostLimits.ticksInFlight)"), (["commandsPerTick"], count(HostLimits.commandsPerTick)),
        (["inputBytesPerTick"], mebibytes(HostLimits.inputBytesPerTick)), (["arrivalsPerTick"], count(HostLimits.arrivalsPerTick)),
        (["endingsPerTick"], count(HostLimits.endingsPerTick)),
        (["sessions"], count(HostLimits.sessions)), (["edges", "edgesRemembered"], "\(HostLimits.edges), \(HostLimits.edgesRemembered)"),
        (["ticksRetained", "bytesRetained"], "\(HostLimits.ticksRetained), \(mebibytes(HostLimits.bytesRetained))"),
        (["bytesUnacknowledged"], mebibytes(HostLimits.bytesUnacknowledged)), (["eventBytesKept"], mebibytes(HostLimits.eventBytesKept)),
        (["chainsKept"], count(HostLimits.chainsKept)), (["openingsKept"], "\(HostLimits.openingsKept)"),
        (["linger"], seconds(HostLimits.linger)), (["edgeGrace"], seconds(HostLimits.edgeGrace)),
        (["replayBudget", "replayBytes"], "\(HostLimits.replayBudget / 1_000_000) ms, \(mebibytes(HostLimits.replayBytes))"),
        (["strikesKept"], count(HostLimits.strikesKept)), (["entitiesSetAside"], count(HostLimits.entitiesSetAside)),
        (["liftRequests"], count(HostLimits.liftRequests)),
        (["replayBudgetAfterFault"], "\(HostLimits.replayBudgetAfterFault / 1_000_000) ms"), (["carefulNanoseconds"], seconds(HostLimits.carefulNanoseconds)),
        (["imageShare"], "\(HostLimits.imageShare)"), (["catchUpTicks"], "\(HostLimits.catchUpTicks)"),
    ]

    private static func count(_ number: Int) -> String { number < 1_000 ? "\(number)" : "\(number / 1_000),\(String(number % 1_000 + 1_000).dropFirst())" }
    private static func mebibytes(_ bytes: Int) -> String { "\(bytes >> 20) MiB" }
    private static func seconds(_ nanoseconds: UInt64) -> String { "\(nanoseconds / 1_000_000_000) s" }
}
