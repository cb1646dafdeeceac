import OrgeWorld
import OrgeWorldTesting
import Testing

/// What the body reports, with the failures that it records taken as known.
func found(_ body: () -> FailingScript?) throws -> FailingScript {
    var found: FailingScript?
    withKnownIssue { found = body() }
    return try #require(found)
}

/// Each world has one mistake: it is found, and its script is shrunk to the shortest one.
@Suite("Mistakes in worlds", .serialized)
struct FindingTests {
    @Test("a property that is broken after three commands is found, with those three commands", arguments: 1...4 as ClosedRange<UInt64>)
    func property(seed: UInt64) throws {
        let bug = try found {
            expectAlways("nobody counts to three", in: ThirdTime.self, seeds: seed...seed) { world in
                world.rows(Ledgered.self).allSatisfy { $0.row.total < 3 }
            }
        }
        let count = "ada count by=0\n"
        #expect(bug.script == "join ada\ntick\n" + count + count + count + "tick\n")
    }

    @Test("a value is shrunk to the least that breaks the property, and other fields to nothing", arguments: 1...4 as ClosedRange<UInt64>)
    func threshold(seed: UInt64) throws {
        let bug = try found {
            expectAlways("numbers stay small", in: Threshold.self, seeds: seed...seed) { world in world.rows(Ledgered.self).allSatisfy { $0.row.total < 37 } }
        }
        #expect(bug.script == "join ada\ntick\nada put number=37 note=\"\"\ntick\n")
    }

    @Test("an account that gives to itself makes coins")
    func selfGift() throws {
        let bug = try found {
            expectAlways("no coins are made", in: Market.self, ticks: 400) { world in
                let purses = world.rows(Purse.self)
                return purses.reduce(0) { $0 + $1.row.coins } <= Int64(purses.count) * 100
            }
        }
        #expect(bug.script == "join ada\ntick\nada give to=1:0.1 coins=1\ntick\n")
        // The script alone brings it about.
        let world = TestWorld(Market.self, seed: bug.seed)
        try world.run(script: bug.script)
        #expect(world.rows(Purse.self).map(\.row.coins) == [101])
    }

    @Test("state that no image has is found, and its script is the shortest one")
    func hiddenState() throws {
        let bug = try found { expectSound(Hoarder.self) }
        #expect(bug.script == "join ada\ntick\nada hide\nada show\ntick\n")
        #expect(bug.what.contains("ledgered total="), "\(bug.what)")
    }

    @Test("a world that goes by the order of a set is found by running it twice")
    func nondeterminism() throws {
        let bug = try found { expectSound(Lottery.self) }
        #expect(bug.what.contains("run twice from the same seed"), "\(bug.what)")
        #expect(bug.script == "join ada\ntick\nada draw\ntick\n")
    }

    @Test("a command on which the world's code traps is found, named and shrunk, and the test goes on", arguments: 1...3 as ClosedRange<UInt64>)
    func trap(seed: UInt64) throws {
        let bug = try found { expectSound(Brittle.self, seeds: seed...seed) }
        #expect(bug.script == "join ada\ntick\nada divide by=0 note=\"\"\ntick\n")
        #expect(bug.what.contains("trapped in tick 2 (SIG") && bug.what.contains("in ada divide by=0 note=\"\""), "\(bug.what)")
    }

    @Test("a system that traps is named, and the script is what brings it about")
    func systemTrap() throws {
        let bug = try found { expectSound(Withering.self, seeds: 5...5) }
        #expect(bug.script == "join ada\ntick\nada empty\ntick\n")
        #expect(bug.what.contains("in the system Wither"), "\(bug.what)")
    }

    @Test("a stack that is used up is a trap like others")
    func recursion() throws {
        let bug = try found { expectSound(Bottomless.self) }
        #expect(bug.script == "join ada\ntick\nada deepen\ntick\n")
        #expect(bug.what.contains("SIGSEGV") && bug.what.contains("in ada deepen"), "\(bug.what)")
    }

    @Test("a world that traps at its start is told, without a script")
    func stillborn() throws {
        let bug = try found { expectSound(Stillborn.self) }
        #expect(bug.script.isEmpty)
        #expect(bug.what.contains("its start or its declaration trapped"), "\(bug.what)")
    }

    @Test("a sound world passes, and the same seeds find the same script")
    func sound() throws {
        #expect(expectSound(Market.self) == nil)
        #expect(expectSound(ThirdTime.self, seeds: 7...7, ticks: 300, accounts: 16) == nil)
        let scripts = try (0..<2).map { _ in
            try found { expectAlways("never", in: Threshold.self, seeds: 9...9) { $0.rows(Ledgered.self).isEmpty } }.script
        }
        #expect(scripts[0] == scripts[1])
    }
}
