import LedgerWorld
import MeadowWorld
import OrgeSchema
import Testing

@testable import OrgeWorld

@Suite("The worlds that come with Orge, abused")
struct AbuseTests {
    @Test("who speaks without a pause runs out of breath, and has it back a little later")
    func breath() {
        let engine = WorldEngine(Meadow.self, number: 1, seed: 1)
        _ = engine.execute(tick: 1, utcMilliseconds: 0, inputs: [.arrive(session: 1, .guest("ada")), .arrive(session: 2, .guest("bob"))])
        var sequence: UInt64 = 0
        func spoken(_ tick: UInt64, session: UInt64 = 1) -> Int {
            let words = (0..<256).map { _ in
                sequence += 1
                return Input.command(session: session, sequence: sequence, kind: 0, payload: [0, 1, 97])
            }
            let output = engine.execute(tick: tick, utcMilliseconds: 0, inputs: words)
            #expect(output.outcomes.count == 256)
            #expect(output.events.count == output.outcomes.filter { output.bytes(of: $0).first == 0 }.count)
            return output.events.count
        }
        #expect(spoken(2) == 20)
        #expect(spoken(3) + spoken(4) == 1, "ten a second at twenty ticks a second")
        #expect(spoken(5, session: 2) == 20, "each session has its own bound")
        #expect(spoken(1_000) == 20)
    }

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
