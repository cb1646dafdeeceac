import OrgeWorld
import OrgeWorldTesting
import Testing

@Suite("A world in a test")
struct TestWorldTests {
    @Test("answers commands with their results, and leaves no trace of refused ones")
    func commands() throws {
        let world = TestWorld(Market.self)
        let ada = try world.join("ada")
        #expect(try ada.call(Spend(amount: 30)).coins == 70)
        ada.expectRefused(Spend(amount: 71), .insufficient)
        let broken = ada.expectRefused(Spend(amount: 1_001), .ruleBroken)
        #expect(broken?.field == "amount" && ada.row(Purse.self)?.coins == 70)
        #expect(world.tick == 4)
    }

    @Test("runs in one tick what several accounts have sent, in the host's order")
    func oneTick() throws {
        let world = TestWorld(Market.self)
        let (ada, bob) = (try world.join("ada"), try world.join("bob"))
        let sent = [ada.send(Give(to: bob.avatar, coins: 60)), ada.send(Give(to: bob.avatar, coins: 60)), bob.send(Give(to: ada.avatar, coins: 1))]
        #expect(sent.allSatisfy { !$0.isAnswered })
        world.run()
        #expect(sent.allSatisfy { $0.tick == world.tick } && sent[0].isApplied && sent[2].isApplied)
        // ada's own commands stay in their order; whether bob's coin comes first is the host's draw, and does not suffice.
        #expect(sent[1].refusal?.code == .insufficient)
        #expect(world.rows(Purse.self).map(\.row.coins).reduce(0, +) == 200)
    }

    @Test("gives an event to those that it is for, in its tick alone")
    func events() throws {
        let world = TestWorld(Market.self)
        let (ada, bob) = (try world.join("ada"), try world.join("bob"))
        try ada.call(Ring(times: 3))
        #expect(ada.events(Rung.self).map(\.times) == [3] && bob.events(Rung.self).isEmpty && world.events(Rung.self).count == 1)
        world.run()
        #expect(world.events(Rung.self).isEmpty)
    }

    @Test("applies a keyed command once, also in another session")
    func keys() throws {
        let world = TestWorld(Market.self)
        let (ada, key) = (try world.join("ada"), IdempotencyKey(high: 1, low: 2))
        let first = ada.send(Spend(amount: 5), key: key)
        ada.leave()
        world.run()
        try world.join("ada")
        let again = ada.send(Spend(amount: 5), key: key)
        world.run()
        #expect(first.isApplied && !first.isRepeated && again.isRepeated && again.result?.coins == 95 && ada.row(Purse.self)?.coins == 95)
        ada.expectRefused(Spend(amount: 6), .keyReused, key: key)
    }

    @Test("clears intents with the connection, lets the avatar linger, and gives it back")
    func connections() throws {
        let world = TestWorld(Market.self)
        let ada = try world.join("ada")
        let avatar = ada.avatar
        ada.steer(Aim(angle: 45))
        world.run()
        #expect(ada.row(Aim.self)?.angle == 45)
        ada.disconnect()
        world.run()
        #expect(ada.row(Aim.self) == nil && !ada.isInWorld)
        #expect(!ada.send(Spend(amount: 1)).isAnswered)
        try world.join("ada")
        #expect(ada.isInWorld && ada.avatar == avatar)
        try ada.call(Spend(amount: 1))
    }

    @Test("refuses whom the world refuses")
    func refusedJoin() {
        let world = TestWorld(Market.self)
        #expect(world.expectJoinRefused("banned", .notAllowed)?.text == "banned may not enter")
        #expect(world.entities.isEmpty)
    }

    @Test("is changed by the test itself as one transaction")
    func change() throws {
        let world = TestWorld(Market.self)
        let ada = try world.join("ada")
        let stone = try world.change { turn throws(Refusal) in
            let stone = try turn.spawn()
            try turn.set(stone, Purse(coins: 7))
            return stone
        }
        #expect(throws: Refusal.self) {
            try world.change { turn throws(Refusal) in
                try turn.set(stone, Purse(coins: 8))
                throw Refusal(.conflict, "no")
            }
        }
        #expect(world.row(of: stone, Purse.self)?.coins == 7)
        try ada.call(Give(to: stone, coins: 3))
        #expect(world.row(of: stone, Purse.self)?.coins == 10)
        #expect(world.expectSound() == nil)
    }

    @Test("starts as the test says, from a seed")
    func start() {
        let world = TestWorld(Market.self, seed: 5) { turn in
            guard let entity = try? turn.spawn() else { return }
            try? turn.set(entity, Purse(coins: Int64(turn.random(in: 1...1_000_000))))
        }
        let again = TestWorld(Market.self, seed: 6) { turn in
            guard let entity = try? turn.spawn() else { return }
            try? turn.set(entity, Purse(coins: Int64(turn.random(in: 1...1_000_000))))
        }
        #expect(world.entities.count == 1 && world.state != again.state)
    }

    @Test("prints what was done as a script, and runs it")
    func script() throws {
        let world = TestWorld(Market.self)
        let (ada, bob) = (try world.join("ada"), try world.join("bob"))
        try ada.call(Spend(amount: 2, note: Text("a \"small\" $um")))
        ada.steer(Aim(angle: -9))
        try bob.call(Give(to: ada.avatar, coins: 9), key: IdempotencyKey(high: 3, low: 4))
        bob.disconnect()
        world.run(ticks: 3)
        ada.leave()
        world.run()
        #expect(world.script.contains("ada spend amount=2 note=\"a \\\"small\\\" \\$um\"\ntick\nada aim angle=-9\n"))
        #expect(world.script.contains("bob give to=\(ada.avatar) coins=9 --key 00000000000000030000000000000004"))
        let again = TestWorld(Market.self)
        try again.run(script: world.script)
        #expect(again.state == world.state && again.tick == world.tick && again.script == world.script)
    }

    @Test("a world on demand runs a tick when something was sent")
    func onDemand() throws {
        let world = TestWorld(Sleeper.self)
        world.run(ticks: 5)
        #expect(world.tick == 0)
        let ada = try world.join("ada")
        #expect(world.tick == 1)
        ada.disconnect()
        world.run(ticks: 99)
        #expect(world.tick == 2 && !world.entities.isEmpty)
        // The linger of five seconds ends.
        world.run(ticks: 3)
        #expect(world.tick == 3 && world.entities.isEmpty)
    }
}

private enum Sleeper: World {
    static let name = "sleeper"
    static let pace = Pace.onDemand
    static var parts: Parts { Purse.self }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
}
