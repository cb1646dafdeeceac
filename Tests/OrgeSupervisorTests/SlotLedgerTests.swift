import OrgeSchema
import OrgeSupervisor
import Testing

/// Edges with clients that come and go, messages that take their time both ways, edges that die and edges that hang.
@Suite("Slots of several edges") struct SlotLedgerTests {
    /// An edge as the contract of its messages describes one.
    struct Edge {
        var held = 0
        var used = 0
        var waiting = 0
        var isAsking = false
        var isHanging = false
        /// Messages of the ledger that have not arrived, oldest first.
        var inbox: [SlotLedger.Decision] = []
        var outbox: [Said] = []
    }

    enum Said { case needed(UInt32), returned(UInt32) }

    struct Rig {
        var ledger: SlotLedger
        var edges: [Edge]
        var now: UInt64 = 0
        /// Answers that said "full".
        var refusals = 0

        init(limit: Int, edges count: Int) {
            ledger = SlotLedger(limit: limit, edges: count)
            edges = (0..<count).map { _ in Edge() }
            for edge in 0..<count { ledger.started(edge) }
        }

        mutating func login(_ edge: Int) {
            edges[edge].waiting += 1
            settle(edge)
        }

        private mutating func settle(_ edge: Int) {
            let admitted = min(edges[edge].waiting, edges[edge].held - edges[edge].used)
            edges[edge].used += admitted
            edges[edge].waiting -= admitted
            guard edges[edge].waiting > 0, !edges[edge].isAsking else { return }
            edges[edge].isAsking = true
            edges[edge].outbox.append(.needed(UInt32(edges[edge].waiting)))
        }

        mutating func leave(_ edge: Int) {
            guard edges[edge].used > 0 else { return }
            edges[edge].used -= 1
            settle(edge)
        }

        mutating func die(_ edge: Int) {
            edges[edge] = Edge()
            post(ledger.ended(edge, now: now))
            ledger.started(edge)
        }

        /// The oldest message to the edge arrives.
        mutating func deliver(to edge: Int) {
            guard !edges[edge].isHanging, !edges[edge].inbox.isEmpty else { return }
            switch edges[edge].inbox.removeFirst() {
            case .grant(_, let count):
                edges[edge].held += count
                edges[edge].isAsking = false
                if count == 0 {
                    refusals += edges[edge].waiting
                    edges[edge].waiting = 0
                }
                settle(edge)
            case .recall(_, let count):
                let given = min(count, edges[edge].held - edges[edge].used)
                edges[edge].held -= given
                edges[edge].outbox.append(.returned(UInt32(given)))
            }
        }

        /// The oldest message of the edge arrives.
        mutating func deliver(from edge: Int) {
            guard !edges[edge].outbox.isEmpty else { return }
            switch edges[edge].outbox.removeFirst() {
            case .needed(let count): post(ledger.needed(count, by: edge, now: now))
            case .returned(let count): post(ledger.returned(count, by: edge, now: now))
            }
        }

        mutating func pass(_ time: UInt64) {
            now += time
            post(ledger.deadlinePassed(now: now))
        }

        private mutating func post(_ decisions: [SlotLedger.Decision]?) {
            #expect(decisions != nil, "what an edge said was out of place")
            for decision in decisions ?? [] {
                switch decision {
                case .grant(let edge, _), .recall(let edge, _): edges[edge].inbox.append(decision)
                }
            }
        }

        var isQuiet: Bool { edges.allSatisfy { $0.inbox.isEmpty && $0.outbox.isEmpty } }

        /// Lets every message arrive, and every patience end.
        mutating func settle() {
            for _ in 0..<1_000 {
                for edge in edges.indices {
                    deliver(to: edge)
                    deliver(from: edge)
                }
                if isQuiet, ledger.deadline == nil { return }
                if isQuiet { pass(1_000_000_000) }
            }
            Issue.record("messages go round for ever")
        }

        var used: Int { edges.reduce(0) { $0 + $1.used } }
    }

    @Test("Whatever edges do, the sum of what they hold never exceeds the limit, and no login waits for ever", arguments: 0..<500)
    func sweep(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let limit = 1 + random.below(random.chance(1, outOf: 2) ? 6 : 900)
        let count = 1 + random.below(5)
        var rig = Rig(limit: limit, edges: count)
        for _ in 0..<600 {
            step(&rig, &random)
            let held = rig.edges.reduce(0) { $0 + $1.held }
            #expect(held <= limit && rig.edges.allSatisfy { $0.used <= $0.held }, "seed \(seed)")
        }
        for edge in 0..<count { rig.edges[edge].isHanging = false }
        rig.settle()
        #expect(rig.edges.allSatisfy { $0.waiting == 0 && !$0.isAsking }, "seed \(seed)")
        // With everything at rest a client is admitted while any slot is free, wherever it comes, and refused when none is.
        for _ in 0..<min(limit + 10, 50) {
            let (before, refused) = (rig.used, rig.refusals)
            rig.login(random.below(count))
            rig.settle()
            #expect(before < limit ? rig.used == before + 1 : rig.refusals == refused + 1, "seed \(seed): \(before) of \(limit)")
        }
        #expect(!rig.edges.contains { $0.held < $0.used }, "seed \(seed)")
    }

    func step(_ rig: inout Rig, _ random: inout RandomSource) {
        let edge = random.below(rig.edges.count)
        switch random.below(20) {
        case 0...5: rig.login(edge)
        case 6...8: rig.leave(edge)
        case 9...13: rig.deliver(to: edge)
        case 14...17: rig.deliver(from: edge)
        case 18: rig.pass(UInt64(random.below(400_000_000)))
        default:
            if random.chance(1, outOf: 4) { rig.die(edge) } else { rig.edges[edge].isHanging.toggle() }
        }
    }

    @Test("A single edge has everything after its first request")
    func alone() {
        var ledger = SlotLedger(limit: 1_000, edges: 1)
        ledger.started(0)
        #expect(ledger.needed(1, by: 0, now: 0) == [.grant(edge: 0, count: 1_000)])
        #expect(ledger.needed(1, by: 0, now: 0) == [.grant(edge: 0, count: 0)])
    }

    @Test("Requests are served in their order, each from what another edge gives back")
    func order() {
        var ledger = SlotLedger(limit: 1, edges: 3)
        for edge in 0..<3 { ledger.started(edge) }
        #expect(ledger.needed(1, by: 0, now: 0) == [.grant(edge: 0, count: 1)])
        #expect(ledger.needed(1, by: 1, now: 0) == [.recall(edge: 0, count: 1)])
        #expect(ledger.needed(1, by: 2, now: 0) == [])
        // The third is told only when the second, which has the slot now, does not give it back.
        #expect(ledger.returned(1, by: 0, now: 0) == [.grant(edge: 1, count: 1), .recall(edge: 1, count: 1)])
        #expect(ledger.returned(0, by: 1, now: 0) == [.grant(edge: 2, count: 0)])
    }
}
