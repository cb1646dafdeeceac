import OrgeLink
import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

/// Keys over everything that can come between two repetitions of a command: crashes, power cuts, images, other sessions, other edges.
@Suite("Idempotency keys over crashes")
struct KeyedCommandTests {
    /// Accounts that each add amounts under keys of their own, and repeat themselves whenever they like.
    fileprivate struct Life {
        struct Key {
            var amount: UInt64
            /// Told to a client: the total after it.
            var total: UInt64?
            var tick: UInt64?
            /// A client was told so by the command itself.
            var isApplied = false
        }

        var random: RandomSource
        let rig: HostRig<KeyedTally>
        let names = ["anna", "bert", "cleo"]
        var keys: [[Key]] = [[], [], []]
        /// By account: the edge and client that plays it.
        var players: [(edge: TestEdge, client: Int)?] = [nil, nil, nil]
        /// What each client has sent under keys, by sequence.
        var sent: [String: (account: Int, key: Int, isReuse: Bool)] = [:]
        var told: [String: Int] = [:]
        var repetitions = 0

        init(seed: UInt64) throws {
            random = RandomSource(seed: seed)
            rig = HostRig<KeyedTally>(seed: seed)
            rig.pagesAtOnce = random.within(1...6)
            try rig.start()
            _ = rig.addEdge(id: 71)
            _ = rig.addEdge(id: 72)
        }

        mutating func step() throws {
            let account = random.below(3)
            switch random.below(14) {
            case 0, 1, 2, 3: act(account)
            case 4: if random.chance(1, outOf: 3) { leave(account) }
            case 5, 6, 7: rig.deliver()
            case 8, 9: rig.turn(after: random.below(3_000_000))
            case 10: try rig.commit()
            case 11: if random.chance(1, outOf: 3) { rig.handle(.beginImage) }
            case 12:
                let edge = rig.edges[random.below(2)]
                if random.chance(1, outOf: 4) {
                    rig.disconnect(edge)
                    rig.connect(edge)
                }
            default:
                if random.chance(1, outOf: 3) {
                    rig.crash(losesPower: random.chance(1, outOf: 2), seed: random.next())
                    try rig.restart()
                }
            }
            try hear()
        }

        private mutating func act(_ account: Int) {
            guard let (edge, client) = players[account] else {
                let edge = rig.edges[random.below(2)]
                players[account] = (edge, edge.join(names[account]))
                return
            }
            guard edge.clients[client].refusal == nil, edge.clients[client].ended == nil else { return players[account] = nil }
            guard edge.clients[client].session != nil else { return }
            var number = keys[account].count
            if number > 0, random.chance(1, outOf: 2) { number = random.below(number) } else { keys[account].append(Key(amount: 1 + random.below(6))) }
            guard number < 40 else { return }
            let isReuse = keys[account][number].tick != nil && random.chance(1, outOf: 8)
            let amount = keys[account][number].amount + (isReuse ? 7 : 0)
            let sequence = edge.clients[client].nextSequence
            sent["\(edge.id) \(client) \(sequence)"] = (account, number, isReuse)
            edge.command(client, TallyBytes.add, TallyBytes.add(amount), key: IdempotencyKey(high: 5, low: UInt64(number)))
        }

        mutating func leave(_ account: Int) {
            guard let (edge, client) = players[account], edge.clients[client].session != nil, edge.clients[client].ending == nil else { return }
            // What it has not heard of by then it will never hear of: only a repetition tells.
            edge.end(client, random.chance(1, outOf: 2) ? .left : .detached)
            players[account] = nil
        }

        /// Compares what clients were told since the last time.
        mutating func hear() throws {
            for edge in rig.edges {
                for (client, one) in edge.clients.enumerated() {
                    for outcome in one.outcomes[(told["\(edge.id) \(client)"] ?? 0)...] {
                        try hear(edge, client, outcome.sequence, outcome.tick, outcome.bytes)
                    }
                    told["\(edge.id) \(client)"] = one.outcomes.count
                }
            }
        }

        private mutating func hear(_ edge: TestEdge, _ client: Int, _ sequence: UInt64, _ tick: UInt64, _ bytes: [UInt8]) throws {
            guard let (account, number, isReuse) = sent["\(edge.id) \(client) \(sequence)"] else { return }
            var reader = ByteReader(bytes)
            let known = keys[account][number]
            switch try Outcome(reading: &reader) {
            case .applied(let row):
                #expect(!isReuse, "\(names[account]): another payload was applied under key \(number)")
                // Another client of the account may have heard of the repetition first.
                let isFirst = !known.isApplied && (known.tick ?? tick) == tick
                #expect(isFirst, "\(names[account]): key \(number) was applied in ticks \(known.tick ?? 0) and \(tick)")
                keys[account][number].isApplied = true
                (keys[account][number].total, keys[account][number].tick) = (total(row), tick)
            case .repeated(let first, let row):
                repetitions += 1
                #expect(first <= tick && !isReuse)
                if let before = known.tick { #expect(before == first && known.total == total(row), "\(names[account]): key \(number)") }
                (keys[account][number].total, keys[account][number].tick) = (total(row), first)
            case .refused(let refusal): #expect(refusal.code == .keyReused && isReuse, "\(refusal)")
            }
        }

        private func total(_ row: [UInt8]) -> UInt64 { row.reduce(0) { $0 << 8 | UInt64($1) } }
    }

    @Test("each is applied at most once, and repetitions tell the first result, whatever comes between", arguments: 1...40 as ClosedRange<UInt64>)
    func storm(seed: UInt64) throws {
        var life = try Life(seed: seed)
        // Less than the two seconds for which keys are remembered: no step takes more than three milliseconds.
        for _ in 0..<500 { try life.step() }
        #expect(life.rig.now < 2_900_000_000, "the storm lasts longer than keys do")
        try life.rig.settle(rounds: 12)
        // All say all of it once more, in sessions of their own, and so learn what became of it.
        try life.repeatAll()
        #expect(life.repetitions > 0, "seed \(seed)")
        for account in 0..<3 { #expect(life.sum(account) == life.expectedSum(account), "seed \(seed): \(life.names[account])") }
    }
}

extension KeyedCommandTests.Life {
    /// A client for each account sends every key again.
    fileprivate mutating func repeatAll() throws {
        for account in 0..<3 where !keys[account].isEmpty {
            if let (edge, client) = players[account], edge.clients[client].ended == nil, edge.clients[client].refusal == nil {
                edge.end(client, .left)
                try rig.settle(rounds: 4)
            }
            let edge = rig.edges[0]
            let client = edge.join(names[account])
            try rig.settle(rounds: 4)
            guard edge.clients[client].session != nil else {
                Issue.record("\(names[account]) may not come back: \(String(describing: edge.clients[client].refusal))")
                continue
            }
            for number in keys[account].indices.prefix(40) {
                sent["\(edge.id) \(client) \(edge.clients[client].nextSequence)"] = (account, number, false)
                edge.command(client, TallyBytes.add, TallyBytes.add(keys[account][number].amount), key: IdempotencyKey(high: 5, low: UInt64(number)))
            }
            players[account] = (edge, client)
        }
        try rig.settle(rounds: 10)
        try hear()
    }

    /// The sum in the world.
    fileprivate func sum(_ account: Int) -> UInt64 {
        guard let (edge, client) = players[account], let row = rig.machine!.state.engine.row(edge.clients[client].avatar, 1) else { return 0 }
        return row.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Each key that was applied, once.
    fileprivate func expectedSum(_ account: Int) -> UInt64 { keys[account].reduce(0) { $0 + ($1.tick == nil ? 0 : $1.amount) } }
}
