import LedgerWorld
import OrgeWorld
import OrgeWorldTesting
import Testing

@Suite("Ledger")
struct LedgerTests {
    @Test("a transfer moves money, tells the receiver, and answers with what is left")
    func transfer() throws {
        let world = TestWorld(Ledger.self)
        let (ada, bob) = (try world.join("ada"), try world.join("bob"))
        #expect(try ada.call(Transfer(to: bob.avatar, amount: 25_00)).cents == 75_00)
        #expect(bob.row(Balance.self)?.cents == 125_00)
        #expect(bob.events(Received.self).map(\.amount) == [25_00] && ada.events(Received.self).isEmpty)
        #expect(ada.view.rows(Balance.self).map(\.row.cents) == [75_00], "a balance is its owner's")
        world.expectState(keptAs: "ledger-after-a-transfer")
    }

    @Test("a transfer that is refused moves nothing")
    func refusals() throws {
        let world = TestWorld(Ledger.self)
        let (ada, bob) = (try world.join("ada"), try world.join("bob"))
        ada.expectRefused(Transfer(to: ada.avatar, amount: 1), .invalid)
        ada.expectRefused(Transfer(to: .none, amount: 1), .notFound)
        ada.expectRefused(Transfer(to: bob.avatar, amount: 0), .ruleBroken)
        for _ in 0..<2 { try ada.call(Transfer(to: bob.avatar, amount: 50_00)) }
        ada.expectRefused(Transfer(to: bob.avatar, amount: 1), .insufficient)
        #expect(world.rows(Balance.self).map(\.row.cents) == [0, 200_00])
    }

    @Test("an account is there when its owner returns")
    func returning() throws {
        let world = TestWorld(Ledger.self)
        let (ada, bob) = (try world.join("ada"), try world.join("bob"))
        try ada.call(Transfer(to: bob.avatar, amount: 1))
        let avatar = ada.avatar
        ada.leave()
        try world.join("ada")
        #expect(ada.avatar == avatar && ada.row(Balance.self)?.cents == 99_99)
    }

    @Test("the ledger opens so many accounts and no more; those that there are stay open")
    func accounts() throws {
        let world = TestWorld(Ledger.self) { turn in
            for _ in 1..<Ledger.accountLimit { _ = try? turn.spawn() }
        }
        let ada = try world.join("ada")
        ada.leave()
        world.expectJoinRefused("bob", .full)
        try world.join("ada")
        #expect(world.entities.count == Ledger.accountLimit && ada.row(Balance.self)?.cents == Ledger.openingBalance)
    }

    @Test("money is neither made nor lost")
    func conservation() {
        expectAlways("money is neither made nor lost", in: Ledger.self) { world in
            let balances = world.rows(Balance.self)
            return balances.allSatisfy { $0.row.cents >= 0 } && balances.reduce(0) { $0 + $1.row.cents } == Int64(balances.count) * Ledger.openingBalance
        }
    }

    @Test("a client sees its own account, and no other")
    func privacy() {
        expectAlways("a client sees its own account alone", in: Ledger.self, seeds: 1...1) { world in
            world.accounts.allSatisfy { $0.view.entities == ($0.isInWorld ? [$0.avatar] : []) }
        }
    }

    @Test("the same inputs lead to the same state")
    func sound() { expectSound(Ledger.self) }
}
