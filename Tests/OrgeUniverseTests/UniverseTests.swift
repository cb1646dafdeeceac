import OrgeUniverse
import Testing

@Suite("A universe in memory")
struct UniverseTests {
    /// Seeds for each world and front, as many as a debug build runs in some seconds.
    private static let ledger = (1...24).map { UniverseSettings(seed: UInt64($0)) }
    private static let scripted = (101...112).map { UniverseSettings(seed: UInt64($0), front: .script) }
    private static let meadow = (201...206).map { UniverseSettings(seed: UInt64($0), world: .meadow, lengthPermille: 250) }
    /// A client that learns from an image which of its intents the world consumed last.
    private static let intents = [UniverseSettings(seed: 1037, world: .meadow, lengthPermille: 400)]
    private static let both = (301...304).map { UniverseSettings(seed: UInt64($0), world: .both, front: $0 % 2 == 0 ? .edge : .script, lengthPermille: 200) }

    /// Disks that lose durable records; 1009: a start whose record lies before the segments that the next start reads.
    private static let lossy = [1003, 1009, 1011, 1014].map { UniverseSettings(seed: $0, world: .meadow, lengthPermille: 400, losesTails: true) }
    /// Seeds whose scripted edges leave a timeline, lose the link before they hear which sessions are theirs, and name an old attachment again.
    private static let lossyScripts = [78, 447].map { UniverseSettings(seed: $0, front: .script, losesTails: true) }

    @Test("keeps every promise of the protocol, whatever dies", arguments: ledger + scripted + meadow + intents + both + lossy + lossyScripts)
    func promises(settings: UniverseSettings) throws {
        _ = try Universe.run(settings).get()
    }

    @Test("contains what its world fails on, whatever dies meanwhile, and comes to what a model without it comes to")
    func poisoned() throws {
        var faults = 0
        for seed in 1...12 as ClosedRange<UInt64> {
            faults += try Universe.run(UniverseSettings(seed: seed, front: seed % 3 == 0 ? .script : .edge, isPoisoned: true)).get().faults
        }
        #expect(faults > 5)
    }

    @Test("goes on with one of two hosts where locks do not hold, and keeps every promise of both")
    func secondHosts() throws {
        var (fenced, refused) = (0, 0)
        for seed in 801...810 as ClosedRange<UInt64> {
            let settings = UniverseSettings(
                seed: seed, front: seed % 2 == 0 ? .edge : .script, lengthPermille: 500, hunts: seed % 4 == 3, losesLocks: true)
            let report = try Universe.run(settings).get()
            fenced += report.fencedHosts
            refused += report.refusedHosts
            #expect(report.fencedHosts + report.refusedHosts == report.secondHosts, "seed \(seed)")
        }
        // Either may be the one that ends.
        #expect(fenced > 10 && refused > 0, "\(fenced) fenced at work, \(refused) refused")
    }

    @Test("is the same whenever its seed is run")
    func sameAgain() throws {
        var applied = 0
        let all = [
            UniverseSettings(seed: 40), UniverseSettings(seed: 41), UniverseSettings(seed: 42, front: .script), UniverseSettings(seed: 43, losesLocks: true),
        ]
        for settings in all {
            let report = try Universe.run(settings).get()
            #expect(try Universe.run(settings).get() == report)
            applied += report.applied
        }
        #expect(applied > 0)
    }

    @Test("is caught when something in it is broken on purpose", arguments: Breakage.allCases, Front.allCases)
    func controls(breakage: Breakage, front: Front) {
        let caught = (1...12).contains { seed in
            if case .failure = Universe.run(UniverseSettings(seed: UInt64(seed), front: front, breakage: breakage)) { true } else { false }
        }
        #expect(caught, "\(breakage.rawValue) goes unnoticed")
    }

    @Test("is left as it was by clients who do nothing right")
    func hostile() throws {
        for seed in [5, 21] as [UInt64] {
            let report = try Universe.run(UniverseSettings(seed: seed)).get()
            #expect(report.hostile > 0 && report.sent == 0)
        }
    }

    @Test("says how to run it again")
    func again() {
        let settings = UniverseSettings(seed: 7, world: .both, front: .script, breakage: .lostRow, lengthPermille: 10)
        #expect(settings.command == "swift run orge-universe --seed 7 --world both --front script --break lost-row --length 10")
    }
}

extension UniverseSettings: CustomTestStringConvertible {
    public var testDescription: String { command }
}
