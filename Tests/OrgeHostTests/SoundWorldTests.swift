import OrgeWorld
import OrgeWorldTesting
import Testing

/// What the tests of the host take for granted of their worlds.
@Suite("The worlds of the host's tests")
struct SoundWorldTests {
    @Test("come from the same inputs to the same state, at every pace")
    func sound() {
        expectSound(Tally.self, seeds: 1...1, ticks: 100)
        expectSound(SteadyTally.self, seeds: 1...1, ticks: 100)
        expectSound(KeyedTally.self, seeds: 1...1, ticks: 100)
        expectSound(LeapingTally.self, seeds: 1...1, ticks: 100)
        expectSound(QuietTally.self, seeds: 1...1, ticks: 100)
        expectSound(Fragile.self, seeds: 1...1, ticks: 100)
        expectSound(Crier.self, seeds: 1...1, ticks: 60)
    }

    @Test("a sum refuses multiples of seven, a gift what the giver has not, and both are told to those whom they concern")
    func tally() throws {
        let world = TestWorld(Tally.self)
        let (anna, bert) = (try world.join("anna"), try world.join("bert"))
        #expect(try anna.call(Add(amount: 3)).total == 3)
        anna.expectRefused(Add(amount: 14), .invalid)
        try anna.call(Give(to: bert.avatar, coins: 40))
        #expect(bert.events(Told.self).map(\.coins) == [40] && anna.events(Told.self).isEmpty)
        anna.expectRefused(Give(to: bert.avatar, coins: 61), .insufficient)
        #expect(world.rows(Purse.self).map(\.row.coins) == [60, 140])
        world.expectJoinRefused("nobody", .notAllowed)
    }
}
