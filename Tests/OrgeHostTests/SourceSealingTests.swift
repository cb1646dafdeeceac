import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

/// Sources are sessions and worlds. Each test draws both.
@Suite("Sealing what sessions and worlds send")
struct SourceSealingTests {
    /// Sources with a number of commands each: (sequence of kinds; nil for a malformed one).
    private struct Plan {
        let sources: [Source]
        let commands: [[UInt16?]]
        private let accounts: [Source: AccountID]

        init(_ random: inout RandomSource) {
            var sources: [Source] = []
            var accounts: [Source: AccountID] = [:]
            for number in 1...UInt64(random.within(2...9)) {
                sources.append(.session(number))
                // Small ids too: they are those of worlds as well.
                accounts[sources.last!] = AccountID(raw: random.chance(1, outOf: 2) ? number : random.next() >> 1 | 1 << 62)
            }
            for number in 1...UInt16(random.within(2...9)) {
                sources.append(.world(WorldSource(world: number, timeline: random.next())))
            }
            self.sources = sources
            self.accounts = accounts
            commands = sources.map { _ in (0..<random.below(12)).map { _ in random.chance(1, outOf: 5) ? nil : UInt16(random.below(4)) } }
        }

        /// - Parameter base: added to the numbers of sessions, as if others had come before.
        func queue(_ order: [Int], base: UInt64 = 0) -> InputQueue {
            var queue = InputQueue(quantum: 4)
            for index in order {
                switch sources[index] {
                case .session(let number):
                    let account = Identity.test(accounts[sources[index]]!)
                    queue.open(Session(number: base + number, account, avatar: .none, attachment: .init(edge: 1, number: number)))
                case .world(let world): #expect(queue.open(world, SessionTable()) == true)
                }
            }
            return queue
        }

        func source(_ index: Int, base: UInt64) -> Source { sources[index].session.map { .session(base + $0) } ?? sources[index] }
    }

    /// Sends everything, interleaved at random, each command twice, and seals it in ticks of few commands.
    /// - Returns: (index of the source, sequence, is malformed).
    private func seal(_ plan: Plan, _ random: inout RandomSource, seed: UInt64, base: UInt64) -> [[UInt64]] {
        var order = Array(plan.sources.indices)
        for index in order.indices { order.swapAt(index, random.below(order.count)) }
        var queue = plan.queue(order, base: base)
        var next = plan.commands.map { _ in 0 }
        while true {
            let left = order.filter { next[$0] < plan.commands[$0].count }
            if left.isEmpty { break }
            let index = left[random.below(left.count)]
            let (source, kind, sequence) = (plan.source(index, base: base), plan.commands[index][next[index]], UInt64(next[index] + 1))
            let cost = UInt16(1 + index % 4)
            #expect(queue.command(source, sequence + 1, kind: kind, cost: cost, payload: []) == .outOfSequence)
            #expect(queue.command(source, sequence, kind: kind, cost: cost, payload: []) == .taken)
            #expect(queue.command(source, sequence, kind: kind, cost: cost, payload: []) == .duplicate)
            next[index] += 1
        }
        var inputs: [HostInput] = []
        for tick in 0..<40 { queue.sealCommands(seed: seed &+ UInt64(tick), budget: SealBudget(commands: 7), into: &inputs) }
        #expect(queue.isEmpty)
        return inputs.map { input in
            switch input {
            case .command(let source, let sequence, let kind, _): [index(source, plan, base), sequence, UInt64(kind)]
            case .malformed(let source, let sequence): [index(source, plan, base), sequence, 99]
            default: []
            }
        }
    }

    private func index(_ source: Source, _ plan: Plan, _ base: UInt64) -> UInt64 {
        UInt64(plan.sources.indices.first { plan.source($0, base: base) == source } ?? 999)
    }

    @Test("the order follows from accounts and worlds: not from arrival, nor from session numbers; no command is lost or doubled", arguments: 1...60)
    func order(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let plan = Plan(&random)
        let first = seal(plan, &random, seed: seed, base: 0)
        for base in [0, 1_000, 77] as [UInt64] { #expect(seal(plan, &random, seed: seed, base: base) == first, "seed \(seed)") }
        #expect(first.count == plan.commands.reduce(0) { $0 + $1.count }, "seed \(seed)")
        for (index, commands) in plan.commands.enumerated() {
            let own = first.filter { $0[0] == UInt64(index) }
            #expect(own.map { $0[1] } == commands.indices.map { UInt64($0 + 1) } && own.map { $0[2] } == commands.map { UInt64($0 ?? 99) }, "seed \(seed)")
        }
    }

    @Test("a world has credit as a session has, and another timeline of it begins at 1 and drops what waited")
    func timelines() {
        var queue = InputQueue(quantum: 1)
        let old = WorldSource(world: 5, timeline: 0)
        let new = WorldSource(world: 5, timeline: 3)
        #expect(queue.command(.world(old), 1, kind: 0, cost: 1, payload: []) == .unknownSource)
        #expect(queue.open(old, SessionTable()) == true)
        for sequence in 1...HostLimits.outcomesPerSession { #expect(queue.command(.world(old), sequence, kind: 0, cost: 1, payload: []) == .taken) }
        #expect(queue.command(.world(old), HostLimits.outcomesPerSession + 1, kind: 0, cost: 1, payload: []) == .overCredit)
        queue.acknowledge(.world(old), through: 3)
        #expect(queue.command(.world(old), HostLimits.outcomesPerSession + 1, kind: 0, cost: 1, payload: []) == .taken)
        #expect(queue.open(new, SessionTable()) == true)
        #expect(queue.isEmpty)
        #expect(queue.command(.world(old), 300, kind: 0, cost: 1, payload: []) == .unknownSource)
        #expect(queue.command(.world(new), 1, kind: nil, cost: 1, payload: []) == .taken)
        var inputs: [HostInput] = []
        queue.sealAcknowledgements(into: &inputs)
        queue.sealCommands(seed: 1, budget: SealBudget(), into: &inputs)
        #expect(inputs == [.malformed(.world(new), sequence: 1)])
    }

    @Test("a host takes commands from a bounded number of worlds")
    func bound() {
        var table = SessionTable()
        table.accept(1, from: WorldSource(world: 9_999, timeline: 0))
        var queue = InputQueue(quantum: 1)
        let opened = (0..<2_000).count { queue.open(WorldSource(world: UInt16($0), timeline: 0), table) }
        #expect(opened == HostLimits.worldSources - 1)
        #expect(queue.open(WorldSource(world: 9_999, timeline: 0), table) == true, "one that is known has its place")
        #expect(queue.command(.world(WorldSource(world: 9_999, timeline: 0)), 1, kind: 0, cost: 1, payload: []) == .duplicate)
    }
}

extension Identity {
    /// An identity with this id.
    fileprivate static func test(_ id: AccountID) -> Identity { Identity(id: id, name: "someone") }
}
