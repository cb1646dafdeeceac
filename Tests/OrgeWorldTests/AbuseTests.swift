import LedgerWorld
import OrgeSchema
import Testing

@testable import OrgeWorld

@Suite("The worlds that come with Orge, abused")
struct AbuseTests {
    @Test("the ledger opens so many accounts and no more; those that there are stay open")
    func accounts() throws {
        let engine = WorldEngine(Ledger.self, number: 1, seed: 1)
        let arrivals = (1...UInt64(Ledger.accountLimit)).map { Input.arrive(session: $0, .guest("\(1_000_000 + $0)")) }
        let opened = engine.execute(tick: 1, utcMilliseconds: 0, inputs: arrivals)
        #expect(opened.arrivals.allSatisfy { (try? $0.result.get()) != nil })
        let last = UInt64(Ledger.accountLimit)
        let more = engine.execute(
            tick: 2, utcMilliseconds: 0,
            inputs: [.depart(session: 1), .arrive(session: last + 1, .guest("one-more")), .arrive(session: last + 2, .guest("1000001"))])
        #expect(throws: Refusal(.full, "the ledger opens no more accounts")) { try more.arrivals[0].result.get() }
        #expect(try more.arrivals[1].result.get() == opened.arrivals[0].result.get())
    }
}
