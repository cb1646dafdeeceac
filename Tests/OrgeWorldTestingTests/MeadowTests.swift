import OrgeWorld
import OrgeWorldTesting
import Testing

@testable import MeadowWorld

@Suite("Meadow")
struct MeadowTests {
    /// One tile of grass with one hungry sheep on it, 0 and 1 by slot.
    private static func pasture(_ turn: inout Turn) {
        do throws(Refusal) {
            let tile = try turn.spawn()
            try turn.set(tile, Position(x: 4_00, y: 4_00))
            try turn.set(tile, Ground(soil: .meadow, grass: 10))
            try Creature.born(Position(x: 3_00, y: 5_00), energy: 20, &turn)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    @Test("a hungry creature eats the grass under it, and stands")
    func grazing() throws {
        let world = TestWorld(Meadow.self, start: Self.pasture)
        let sheep = world.entities[1]
        world.run(ticks: 15)
        #expect(world.rows(Ground.self).map(\.row.grass) == [7])
        #expect(world.row(of: sheep, Creature.self)?.energy == 26 && world.row(of: sheep, Position.self)?.x == 3_00)
    }

    @Test("a creature flees from a player who comes near")
    func flight() throws {
        let world = TestWorld(Meadow.self, start: Self.pasture)
        let (sheep, ada) = (world.entities[1], try world.join("ada"))
        let player = ada.avatar
        try world.change { turn throws(Refusal) in try turn.set(player, Position(x: 2_00, y: 5_00)) }
        world.run(ticks: 10)
        #expect(world.row(of: sheep, Position.self)!.x > 4_00)
    }

    @Test("a player walks as it steers, and stops at the meadow's edge")
    func walking() throws {
        let world = TestWorld(Meadow.self, start: Self.pasture)
        let ada = try world.join("ada")
        ada.steer(Walk(dx: -100, dy: 0))
        world.run(ticks: 2_000)
        #expect(ada.row(Position.self)?.x == 0)
    }

    @Test("speech is heard within twenty metres, and breath runs out")
    func speech() throws {
        let world = TestWorld(Meadow.self, start: Self.pasture)
        let (ada, bob) = (try world.join("ada"), try world.join("bob"))
        func place(_ avatar: Entity, _ x: Int32) throws { try world.change { turn throws(Refusal) in try turn.set(avatar, Position(x: x, y: 0)) } }
        try place(ada.avatar, 0)
        for (x, isHeard) in [(20_00, true), (20_01, false)] as [(Int32, Bool)] {
            try place(bob.avatar, x)
            try ada.call(Say(text: Text("baa")))
            #expect(bob.events(Spoken.self).map { "\($0.text)" } == (isHeard ? ["baa"] : []))
        }
        func spoken(_ account: TestAccount) -> Int {
            let said = (0..<200).map { _ in account.send(Say(text: Text("a"))) }
            world.run()
            return said.count { $0.isApplied }
        }
        world.run(ticks: 100)
        #expect(spoken(ada) == 20)
        #expect(spoken(ada) + spoken(ada) == 1, "ten a second at twenty ticks a second")
        #expect(spoken(bob) == 20, "each account has its own bound")
        ada.expectRefused(Say(), .ruleBroken)
    }

    @Test("the same inputs lead to the same state")
    func sound() { expectSound(Meadow.self, seeds: 1...1, ticks: 60) }

    @Test("grass and energy stay within their bounds")
    func bounds() {
        expectAlways("grass and energy stay within their bounds", in: Meadow.self, ticks: 200, start: Self.pasture) { world in
            world.rows(Ground.self).allSatisfy { $0.row.grass <= 100 } && world.rows(Creature.self).allSatisfy { $0.row.energy <= 100 }
        }
    }
}
