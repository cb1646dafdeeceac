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
        try Self.place(ada, 2_00, 5_00, in: world)
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

    private static func place(_ account: TestAccount, _ x: Int32, _ y: Int32, in world: TestWorld) throws {
        try world.change { turn throws(Refusal) in try turn.set(account.avatar, Position(x: x, y: y)) }
    }

    @Test("a player sees what comes within 30 m until it is farther than 36 m")
    func sight() throws {
        let world = TestWorld(Meadow.self, start: Self.pasture)
        let (tile, ada) = (world.entities[0], try world.join("ada"))
        for (distance, isSeen) in [(30_01, false), (30_00, true), (36_00, true), (36_01, false), (30_01, false)] as [(Int32, Bool)] {
            try Self.place(ada, 4_00 + distance, 4_00, in: world)
            world.run()
            #expect(ada.view.contains(tile) == isSeen, "from \(distance) cm")
        }
    }

    @Test("a player sees how others look and move, not where they steer to, and of creatures not how hungry they are")
    func secrets() throws {
        let world = TestWorld(Meadow.self, start: Self.pasture)
        let (ada, bob) = (try world.join("ada"), try world.join("bob"))
        for account in [ada, bob] { try Self.place(account, 10_00, 10_00, in: world) }
        bob.steer(Walk(dx: 1, dy: 0))
        world.run()
        #expect(bob.view.rows(Walk.self).map(\.entity) == [bob.avatar] && ada.view.rows(Walk.self).isEmpty)
        #expect(ada.view.row(of: bob.avatar, Name.self)?.text == Text("bob") && ada.view.rows(Body.self).count == 3)
        #expect(ada.view.rows(Creature.self).isEmpty && world.rows(Creature.self).count == 1)
    }

    @Test("speech is heard within twenty metres, and breath runs out")
    func speech() throws {
        let world = TestWorld(Meadow.self, start: Self.pasture)
        let (ada, bob) = (try world.join("ada"), try world.join("bob"))
        try Self.place(ada, 0, 0, in: world)
        for (x, isHeard) in [(20_00, true), (20_01, false)] as [(Int32, Bool)] {
            try Self.place(bob, x, 0, in: world)
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
