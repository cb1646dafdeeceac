import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

@Suite("Sealing")
struct SealingTests {
    private func queue(_ sessions: Int, quantum: UInt32 = 4) -> InputQueue {
        var queue = InputQueue(quantum: quantum)
        for number in 1...sessions { queue.open(session(number)) }
        return queue
    }

    private func session(_ number: Int) -> Session {
        Session(number: UInt64(number), .guest("p\(number)"), avatar: .none, attachment: Attachment(edge: 1, number: UInt64(number)))
    }

    private func names(_ inputs: [HostInput]) -> [String] {
        inputs.map { input in
            guard case .command(.session(let session), let sequence, _, _) = input else { return "\(input)" }
            return "\(session).\(sequence)"
        }
    }

    @Test("a source that always has something waiting keeps only what waits")
    func busySource() {
        var queue = queue(1)
        var sequence: UInt64 = 0
        var inputs: [HostInput] = []
        func send() {
            sequence += 1
            queue.acknowledge(.session(1), through: max(2, sequence) - 2)
            #expect(queue.command(.session(1), sequence, kind: 0, cost: 1, payload: []) == .taken)
        }
        send()
        for _ in 0..<5_000 {
            send()
            queue.sealCommands(seed: 1, budget: SealBudget(commands: 1), into: &inputs)
        }
        #expect(inputs == (1...5_000).map { .command(session: 1, sequence: $0, kind: 0, payload: []) })
        #expect(queue.commandCount == 1 && queue.slots[0].commands.count <= 65)
    }

    @Test("the order follows from what waits and from the tick, not from how arrivals were interleaved", arguments: 1...50)
    func orderIgnoresInterleaving(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let commands = (1...20).map { _ in random.within(0...9) }
        let costs = (1...20).map { _ in (0..<10).map { _ in UInt16(random.within(1...4)) } }
        func seal() -> [String] {
            var queue = queue(20)
            var next = [Int](repeating: 0, count: 20)
            while next != commands {
                let index = random.below(20)
                guard next[index] < commands[index] else { continue }
                let verdict = queue.command(.session(UInt64(index + 1)), UInt64(next[index] + 1), kind: 0, cost: costs[index][next[index]], payload: [])
                #expect(verdict == .taken)
                next[index] += 1
            }
            var inputs: [HostInput] = []
            for tick in 0..<20 { queue.sealCommands(seed: seed &+ UInt64(tick), budget: SealBudget(commands: 13), into: &inputs) }
            return names(inputs)
        }
        let first = seal()
        #expect(first.count == commands.reduce(0, +), "seed \(seed)")
        for _ in 0..<3 { #expect(seal() == first, "seed \(seed)") }
        for source in 1...20 {
            let own = first.filter { $0.hasPrefix("\(source).") }
            #expect(own == own.indices.map { "\(source).\($0 + 1)" }, "seed \(seed): a source keeps its own order")
        }
    }

    @Test("a flooder among fifty gets no more than its share while there is more than a tick takes", arguments: [UInt32(1), 4])
    func fairness(quantum: UInt32) {
        var queue = queue(50, quantum: quantum)
        var next = [UInt64](repeating: 1, count: 51)
        var served = [Double](repeating: 0, count: 51)
        var random = RandomSource(seed: 9)
        for tick in 0..<400 {
            // The flooder always has a full queue, of the dearest commands; the others always have something.
            for source in 1...50 {
                let wanted: UInt64 = source == 1 ? 200 : 6
                while next[source] <= UInt64(served[source]) + wanted {
                    queue.acknowledge(.session(UInt64(source)), through: next[source] - 1)
                    let verdict = queue.command(.session(UInt64(source)), next[source], kind: 0, cost: source == 1 ? UInt16(quantum) : 1, payload: [])
                    #expect(verdict == .taken)
                    next[source] += 1
                }
            }
            var inputs: [HostInput] = []
            queue.sealCommands(seed: random.next(), budget: SealBudget(commands: 97), into: &inputs)
            #expect(inputs.count == 97, "tick \(tick)")
            for case .command(.session(let session), _, _, _) in inputs { served[Int(session)] += 1 }
        }
        let units = served.indices.map { $0 == 1 ? served[1] * Double(quantum) : served[$0] }.dropFirst()
        let sum = units.reduce(0, +)
        let jain = sum * sum / (50 * units.reduce(0) { $0 + $1 * $1 })
        #expect(quantum > 1 || jain >= 0.99, "\(jain)")
        // In units of cost the flooder has at most its share, whatever its commands cost.
        #expect(units.first! <= sum / 50 * 1.05)
    }

    @Test("who sends little for long saves nothing up for a flood")
    func noSavings() {
        var queue = queue(2, quantum: 4)
        var inputs: [HostInput] = []
        for sequence in 1...100 as ClosedRange<UInt64> {
            queue.acknowledge(.session(1), through: sequence - 1)
            #expect(queue.command(.session(1), sequence, kind: 0, cost: 1, payload: []) == .taken)
            queue.sealCommands(seed: sequence, budget: SealBudget(), into: &inputs)
        }
        for number in 1...100 as ClosedRange<UInt64> {
            _ = queue.command(.session(1), 100 + number, kind: 0, cost: 1, payload: [])
            _ = queue.command(.session(2), number, kind: 0, cost: 1, payload: [])
        }
        inputs = []
        queue.sealCommands(seed: 7, budget: SealBudget(commands: 80), into: &inputs)
        #expect(names(inputs).count { $0.hasPrefix("1.") } == 40)
    }

    @Test("no source is favoured in a pass: ranks over many ticks are even")
    func orderBias() {
        let sources = 10
        let ticks = 5_000
        var first = [Double](repeating: 0, count: sources)
        var random = RandomSource(seed: 3)
        var queue = queue(sources)
        for tick in 1...ticks {
            for source in 1...sources {
                queue.acknowledge(.session(UInt64(source)), through: UInt64(tick - 1))
                #expect(queue.command(.session(UInt64(source)), UInt64(tick), kind: 0, cost: 1, payload: []) == .taken)
            }
            var inputs: [HostInput] = []
            queue.sealCommands(seed: random.next(), budget: SealBudget(), into: &inputs)
            if case .command(.session(let session), _, _, _) = inputs[0] { first[Int(session) - 1] += 1 }
        }
        let expected = Double(ticks) / Double(sources)
        let chiSquare = first.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
        #expect(chiSquare < 27.9, "nine degrees of freedom, p = 0.001; \(chiSquare)")
    }

    @Test("what a tick does not take is carried over in order, and what a closed session had is forgotten")
    func carryOver() {
        var queue = queue(3)
        for source in 1...3 { for sequence in 1...5 { _ = queue.command(.session(UInt64(source)), UInt64(sequence), kind: 0, cost: 1, payload: [9]) } }
        var inputs: [HostInput] = []
        #expect(queue.sealCommands(seed: 1, budget: SealBudget(commands: 4), into: &inputs) == 11)
        queue.close([2])
        #expect(queue.sealCommands(seed: 2, budget: SealBudget(), into: &inputs) == 0)
        #expect(names(inputs).filter { $0.hasPrefix("1.") } == (1...5).map { "1.\($0)" })
        #expect(queue.isEmpty)
        #expect(queue.command(.session(2), 6, kind: 0, cost: 1, payload: []) == .unknownSource)
    }

    @Test("a budget of bytes holds whatever the number of commands")
    func byteBudget() {
        var queue = queue(2)
        for sequence in 1...100 { _ = queue.command(.session(1), UInt64(sequence), kind: 0, cost: 1, payload: [UInt8](repeating: 1, count: 973)) }
        var inputs: [HostInput] = []
        queue.sealCommands(seed: 1, budget: SealBudget(bytes: 10_000), into: &inputs)
        #expect(inputs.count == 10)
    }

    @Test("the latest intent of a kind wins, and is sealed once")
    func intents() {
        var queue = queue(2)
        queue.intent(2, number: 2, kind: 0, payload: [1])
        queue.intent(1, number: 1, kind: 1, payload: [2])
        queue.intent(1, number: 1, kind: 0, payload: [3])
        queue.intent(2, number: 2, kind: 0, payload: [4])
        var inputs: [HostInput] = []
        queue.sealIntents(seed: 1, into: &inputs)
        let first: [HostInput] = [.intent(session: 1, number: 1, kind: 0, payload: [3]), .intent(session: 1, number: 1, kind: 1, payload: [2])]
        let second: [HostInput] = [.intent(session: 2, number: 2, kind: 0, payload: [4])]
        #expect(inputs == first + second || inputs == second + first)
        inputs = []
        queue.sealIntents(seed: 2, into: &inputs)
        #expect(inputs.isEmpty && queue.isEmpty)
    }
}

@Suite("Pace and times")
struct PaceTests {
    private let period: UInt64 = 50_000_000

    @Test("a fixed pace begins each tick when it is due, and its rate does not drift")
    func steady() {
        var pacer = TickPacer(.fixed(hertz: 20), now: 0)
        var ticks = 0
        for now in stride(from: UInt64(0), to: 10_000_000_000, by: 1_000_000) where pacer.begin(now: now, inputsWait: false) != nil { ticks += 1 }
        #expect(ticks == 200)
        #expect(pacer.lateTicks == 0 && pacer.dilationPermille == 1000)
    }

    @Test("after a stall two ticks are caught up and the rest is dropped, counted as late")
    func catchUp() {
        var pacer = TickPacer(.fixed(hertz: 20), now: 0)
        _ = pacer.begin(now: 0, inputsWait: false)
        let now: UInt64 = 1_000_000_000
        var begun = 0
        while pacer.begin(now: now, inputsWait: false) != nil { begun += 1 }
        #expect(begun == 4, "one that was due, two caught up, and the present one")
        #expect(pacer.lateTicks >= 2)
        #expect(pacer.begin(now: now + period, inputsWait: false) != nil)
    }

    @Test("a world that takes twice as long as its ticks goes at half the speed, and says so")
    func dilation() {
        var pacer = TickPacer(.fixed(hertz: 20), now: 0)
        var now: UInt64 = 0
        for _ in 0..<100 {
            #expect(pacer.begin(now: now, inputsWait: false) != nil)
            now += 2 * period
        }
        #expect((450...550).contains(pacer.dilationPermille), "\(pacer.dilationPermille)")
        for _ in 0..<100 {
            now = max(now, pacer.due)
            _ = pacer.begin(now: now, inputsWait: false)
        }
        #expect(pacer.dilationPermille == 1000)
    }

    @Test("a world that stood still for an hour is told as one that hardly moves, never as one that does not")
    func standstill() {
        var pacer = TickPacer(.fixed(hertz: 20), now: 0)
        _ = pacer.begin(now: 0, inputsWait: false)
        _ = pacer.begin(now: 3_600_000_000_000, inputsWait: false)
        #expect(pacer.dilationPermille == 1)
    }

    @Test("on demand a tick begins only when something waits")
    func onDemand() {
        var pacer = TickPacer(.onDemand, now: 0)
        #expect(pacer.begin(now: 5, inputsWait: false) == nil)
        #expect(pacer.begin(now: 5, inputsWait: true) == 0)
        #expect(pacer.nextStart == nil)
    }

    @Test("quantiles are right to an eighth and look back a minute", arguments: 1...10)
    func histogram(seed: UInt64) {
        var random = RandomSource(seed: seed)
        var histogram = TickHistogram()
        var samples: [UInt64] = []
        for _ in 0..<2_000 {
            let sample = 1_500 + random.below(UInt64(1) << (4 + random.below(26)))
            samples.append(sample)
            histogram.record(sample, at: 100_000_000_000 + random.below(30_000_000_000))
        }
        samples.sort()
        let summary = histogram.summary(at: 130_000_000_000)
        #expect(summary.max == samples.last)
        for (found, exact) in [(summary.p50, samples[999]), (summary.p99, samples[1979])] {
            #expect(Double(found) >= Double(exact) * 0.999 && Double(found) <= Double(exact) * 1.13, "\(found) for \(exact), seed \(seed)")
        }
        #expect(histogram.summary(at: 300_000_000_000) == TickHistogram.Summary())
    }
}
