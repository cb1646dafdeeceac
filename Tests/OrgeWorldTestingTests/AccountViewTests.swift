import OrgeWorld
import OrgeWorldTesting
import Testing

@testable import MeadowWorld

@Suite("What an account sees")
struct AccountViewTests {
    @Test("without places: what it owns, after the tick, while it is in the world")
    func owned() throws {
        let world = TestWorld(Market.self)
        let (ada, bob) = (try world.join("ada"), try world.join("bob"))
        #expect(ada.view.entities == [ada.avatar] && bob.view.entities == [bob.avatar])
        try ada.call(Spend(amount: 30))
        #expect(ada.view.row(of: ada.avatar, Purse.self)?.coins == 70 && ada.view.row(of: bob.avatar, Purse.self) == nil)
        #expect(ada.view.state == "\(ada.avatar) purse coins=70\n")
        try world.change { turn throws(Refusal) in try turn.set(ada.avatar, Purse(coins: 5)) }
        #expect(ada.view.rows(Purse.self).map(\.row.coins) == [70])
        world.run()
        #expect(ada.view.rows(Purse.self).map(\.row.coins) == [5])
        ada.disconnect()
        world.run()
        #expect(ada.view.entities.isEmpty && ada.view.state.isEmpty)
        try world.join("ada")
        #expect(ada.view.rows(Purse.self).map(\.row.coins) == [5])
    }

    @Test("a server-only component is in no view, and no row is left where the last one went")
    func rows() throws {
        let world = TestWorld(ThirdTime.self)
        let ada = try world.join("ada")
        try ada.call(ThirdTime.Count())
        #expect(ada.view.rows(Ledgered.self).isEmpty && ada.row(Ledgered.self)?.total == 1)
        try world.change { turn throws(Refusal) in turn.remove(ada.avatar, Purse.self) }
        world.run()
        #expect(ada.view.rows(Purse.self).isEmpty && ada.view.entities == [ada.avatar])
        try world.change { turn throws(Refusal) in turn.despawn(ada.avatar) }
        world.run()
        #expect(ada.view.entities.isEmpty)
    }

    /// So many entities that the host sends its edge what clients see, and no longer all of the world.
    @Test("of a large world: what is within the radius of its place, and after a leap what is within that of the other place")
    func largeWorld() throws {
        let world = TestWorld(Meadow.self) { turn in
            for index in 0..<Int32(5_000) {
                guard let tile = try? turn.spawn() else { return }
                try? turn.set(tile, Position(x: index % 100 * 256, y: index / 100 * 512))
            }
        }
        let ada = try world.join("ada")
        for (x, y) in [(30_00, 30_00), (250_00, 9_00), (31_00, 30_00)] as [(Int32, Int32)] {
            try world.change { turn throws(Refusal) in try turn.set(ada.avatar, Position(x: x, y: y)) }
            world.run()
            let near = world.rows(Position.self).filter { _, place in
                let (dx, dy) = (Int64(place.x - x), Int64(place.y - y))
                return dx * dx + dy * dy <= 30_00 * 30_00
            }
            #expect(ada.view.entities == near.map(\.entity) && near.count > 50)
        }
    }
}
