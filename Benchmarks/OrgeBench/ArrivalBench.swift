import OrgeWorld

/// Accounts that arrive beside 100,000 others, in a world that keeps them all.
enum ArrivalBench {
    static let accounts: UInt64 = 100_000
    static let batch: UInt64 = 1_000

    static func run() {
        let engine = WorldEngine(CommandBench.Cave.self, number: 1, seed: 1)
        var session: UInt64 = 0
        func arrive(_ count: UInt64) {
            // Scrambled, so that ids come in no order.
            let arrivals = (0..<count).map { number in
                let id = mix64(session + number) >> 1 | 1
                return Input.arrive(session: session + 1 + number, Identity(id: AccountID(raw: id), name: "account-\(id)"))
            }
            session += count
            let output = engine.execute(tick: engine.tick + 1, utcMilliseconds: 0, inputs: arrivals)
            precondition(output.arrivals.allSatisfy { (try? $0.result.get()) != nil }, "every account may enter the cave")
        }
        arrive(accounts)
        let time = Bench.median { arrive(batch) }
        Bench.report("arrival", ["accounts": Double(accounts), "ns_per_arrival": time / Double(batch) * 1e9])
    }
}
