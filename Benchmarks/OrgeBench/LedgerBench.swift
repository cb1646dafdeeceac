import LedgerWorld
import OrgeWorld

/// Transfers flat out between 100,000 accounts: undo, change set and hash on, no journal.
enum LedgerBench {
    static let accounts = 100_000
    static let batch = 1_000

    static func run() {
        let engine = WorldEngine(Ledger.self, number: 1, seed: 1)
        var tick: UInt64 = 1
        let arrivals = (0..<UInt64(accounts)).map { Input.arrive(session: $0 + 1, .guest("account-\($0)")) }
        let opened = engine.execute(tick: tick, utcMilliseconds: 0, inputs: arrivals)
        let avatars = opened.arrivals.compactMap { try? $0.result.get() }
        precondition(avatars.count == accounts, "every account opens")
        let batches = drawn(avatars)
        var applied = 0
        let time = Bench.median {
            applied = 0
            for inputs in batches {
                tick += 1
                let output = engine.execute(tick: tick, utcMilliseconds: 0, inputs: inputs)
                for outcome in output.outcomes where output.outcomeBytes[outcome.bytes.lowerBound] == 0 { applied += 1 }
            }
        }
        let count = Double(batches.count * batch)
        Bench.report(
            "ledger", ["transfers": count, "applied": Double(applied), "transfers_per_cpu_second": count / time, "ns_per_transfer": time / count * 1e9])
    }

    private static func drawn(_ avatars: [Entity]) -> [[Input]] {
        var random = RandomSource(seed: 7)
        var sequence: UInt64 = 0
        return (0..<500).map { _ in
            (0..<batch).map { _ in
                sequence += 1
                var writer = ByteWriter(capacity: 12)
                writer.entity(avatars[random.below(accounts)])
                writer.u32(UInt32(random.within(1...100)))
                return .command(session: UInt64(random.within(1...accounts)), sequence: sequence, kind: 0, payload: writer.take())
            }
        }
    }
}
