import EchoWorld
import OrgeWorld
import OrgeWorldTesting
import Testing

@testable import changing
@testable import changing_mended
@testable import changing_wider
@testable import control_worlds
@testable import faulty
@testable import faulty_worlds
@testable import kinds_world
@testable import tally_1
@testable import tally_2
@testable import tally_3

/// The worlds that the tests of the server serve: sound ones are sound, and what is wrong with the others on purpose is found.
@Suite("The worlds of other tests", .serialized)
struct OtherWorldsTests {
    @Test("those without a mistake are sound")
    func sound() {
        expectSound(Kinds.self, seeds: 1...1, ticks: 100)
        expectSound(EchoWorld.self, seeds: 1...1, ticks: 100)
        expectSound(changing_mended.Changing.self, seeds: 1...1, ticks: 100)
        expectSound(changing_wider.Changing.self, seeds: 1...1, ticks: 100)
        expectSound(Careful.self, seeds: 1...1, ticks: 100)
        expectSound(tally_2.Tally.self, seeds: 1...1, ticks: 100)
        expectSound(tally_3.Tally.self, seeds: 1...1, ticks: 100)
        expectSound(SoundWorld.self, seeds: 1...1, ticks: 100)
    }

    @Test("a command with a field of every kind is applied, and none breaks its rule")
    func kinds() throws {
        let world = TestWorld(Kinds.self)
        let ada = try world.join("ada")
        try ada.call(kinds_world.Put(flag: true, shade: .dark, measure: -0.5))
        let mark = try #require(ada.row(Mark.self))
        #expect(mark.count == 1 && mark.flag && mark.shade == .dark && mark.measure == -0.5)
        #expect(ada.expectRefused(kinds_world.Put(measure: .infinity), .ruleBroken)?.field == "measure")
        #expect(ada.row(Mark.self)?.count == 1)
    }

    @Test("a sum that overflows traps in the first version of a world, and is refused or wider in the next one")
    func overflow() throws {
        let bug = try found { expectSound(changing.Changing.self) }
        #expect(bug.what.contains("in ada add amount="), "\(bug.what)")
        // Two numbers, of which neither can be nearer to 0.
        let amounts = bug.script.split(whereSeparator: \.isNewline).compactMap { $0.split(separator: "amount=").last.flatMap { Int64($0) } }
        #expect(amounts.count == 2 && [Int64(Int32.max) + 1, Int64(Int32.min) - 1].contains(amounts.reduce(0, +)), "\(bug.script)")
        let mended = TestWorld(changing_mended.Changing.self, seed: bug.seed)
        try mended.run(script: bug.script)
        #expect(mended.entities.count == 1)
        let points = try found { expectSound(tally_1.Tally.self) }
        #expect(points.what.contains("in ada add points="), "\(points.what)")
        let wider = TestWorld(tally_2.Tally.self, seed: points.seed)
        try wider.run(script: points.script)
        #expect(wider.rows(tally_2.Score.self).map(\.row.additions) == [2])
    }

    @Test("the faulty tally's sum traps as well, and its corrected command refuses")
    func tally() throws {
        let bug = try found { expectSound(Careless.self) }
        #expect(bug.what.contains("in ada add amount="), "\(bug.what)")
        let world = TestWorld(Careful.self)
        let ada = try world.join("ada")
        #expect(try ada.call(CarefulAdd(amount: .max)).total == .max)
        ada.expectRefused(CarefulAdd(amount: 1), .full)
        #expect(ada.row(faulty.Sum.self)?.total == .max)
    }

    @Test("a fuse burns a tick in each tick, and traps when it has burnt down")
    func fuse() throws {
        let world = TestWorld(Careful.self)
        let ada = try world.join("ada")
        try ada.call(faulty.Plant(ticks: 9))
        world.run(ticks: 5)
        #expect(ada.row(Fuse.self)?.ticks == 3)
        let bug = try found { expectSound(Planted.self, seeds: 1...1) }
        #expect(bug.script == "tick 3\n" && bug.what.contains("in the system Burn"), "\(bug.script)\(bug.what)")
    }

    @Test("a start or a declaration that traps is found before any script")
    func declarations() throws {
        let bugs = [
            try found { expectSound(TrapsAtStart.self) }, try found { expectSound(Twice.self) }, try found { expectSound(Undeclared.self) },
            try found { expectSound(OwnerLast.self) }, try found { expectSound(Nameless.self) },
        ]
        for bug in bugs { #expect(bug.script.isEmpty && bug.what.contains("its start or its declaration trapped"), "\(bug.what)") }
    }

    @Test("worlds that go by the order of a set, by padding and by the clock are found by running them again")
    func controls() throws {
        let bugs = [
            try found { expectSound(SetWorld.self) }, try found { expectSound(PaddingWorld.self) }, try found { expectSound(ClockWorld.self) },
        ]
        // By either of the two copies: in one of them the set may have the same order, or the padding the same bytes, by chance.
        for bug in bugs { #expect(bug.what.contains("\n    - 1:0.1 number value="), "\(bug.what)") }
        #expect(bugs[2].script == "tick\n")
    }
}

/// The faulty tally without the commands that never end or use up all there is: a drawn script must not run them.
private enum Careless: FaultyTally {
    @PartsBuilder static var parts: Parts {
        faulty.Sum.self
        faulty.Add.self
    }
}

/// The same with the corrected command.
private enum Careful: FaultyTally {
    @PartsBuilder static var parts: Parts {
        faulty.Sum.self
        CarefulAdd.self
        Fuse.self
        faulty.Plant.self
        Burn.self
    }
}

/// Begins with a fuse of two ticks.
private enum Planted: FaultyTally {
    @PartsBuilder static var parts: Parts {
        faulty.Sum.self
        Fuse.self
        Burn.self
    }

    static func start(_ turn: inout Turn) {
        do { try turn.set(try turn.spawn(), Fuse(ticks: 2)) } catch { preconditionFailure("\(error)") }
    }
}
