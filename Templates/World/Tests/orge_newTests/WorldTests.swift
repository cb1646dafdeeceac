import OrgeWorld
import OrgeWorldTesting
import Testing

@testable import orge_new

@Suite struct WorldTests {
    @Test func whatWasSownRipensAndIsHarvested() throws {
        let world = TestWorld(OrgeNewWorld.self)
        let ada = try world.join("ada")
        try ada.call(Sow(seeds: 3))
        ada.expectRefused(Harvest(), .notAllowed)
        world.run(ticks: 10 * Ripen.period)
        #expect(try ada.call(Harvest()).seeds == 13)
        #expect(world.events(Harvested.self).map(\.seeds) == [6])
    }

    @Test func aCommandThatBreaksARuleOrHasNoSeedsIsRefused() throws {
        let world = TestWorld(OrgeNewWorld.self)
        let ada = try world.join("ada")
        ada.expectRefused(Sow(seeds: 0), .ruleBroken)
        ada.expectRefused(Sow(seeds: 11), .insufficient)
        #expect(ada.row(Plot.self)?.seeds == 10)
    }

    /// A script, as a failing test prints it.
    @Test func aPlotStaysWhenItsOwnerLeaves() throws {
        let world = TestWorld(OrgeNewWorld.self)
        try world.run(
            script: """
                join ada
                tick
                ada sow seeds=4
                tick
                leave ada
                tick 20
                join ada
                tick
                """)
        #expect(world.rows(Plot.self).map(\.row.sown) == [4])
    }

    /// Whatever the accounts do: the script that breaks it is made as short as possible and printed.
    @Test func noBagIsOverfull() {
        expectAlways("a bag holds at most a thousand seeds", in: OrgeNewWorld.self) { world in
            world.rows(Plot.self).allSatisfy { $0.row.seeds <= Plot.bagSize }
        }
    }

    /// The same inputs lead to the same state, and an image holds all of it: no clock, no unordered collection, no state outside of components.
    @Test func theWorldIsSound() { expectSound(OrgeNewWorld.self) }
}
