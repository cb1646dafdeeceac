import OrgeSchema
import Testing

@testable import OrgeEdge

/// Against a list of single bytes.
@Suite("Bytes on their way to a client")
struct InFlightTests {
    private struct Model {
        var kinds: [InFlight.Kind] = []
        /// Number of the part that each byte belongs to.
        var parts: [Int] = []
        var settled: [Bool] = []
        private var partCount = 0

        mutating func add(_ kind: InFlight.Kind, _ count: Int, joins: Bool) {
            let isJoined = kind == .bulk && joins && kinds.last == .bulk && settled.last == false
            if !isJoined { partCount += 1 }
            kinds += Array(repeating: kind, count: count)
            parts += Array(repeating: partCount, count: count)
            settled += Array(repeating: false, count: count)
        }

        func bytes(_ kind: InFlight.Kind) -> Int { kinds.indices.filter { kinds[$0] == kind && !settled[$0] }.count }

        /// Runs of unsettled bytes of one part.
        func runs(_ kinds: [InFlight.Kind]) -> Int {
            var count = 0
            for index in settled.indices where !settled[index] && kinds.contains(self.kinds[index]) {
                let continues = index > 0 && !settled[index - 1] && parts[index - 1] == parts[index]
                if !continues { count += 1 }
            }
            return count
        }
    }

    @Test("count what receipts have not settled, lost, doubled and out of order", arguments: 0..<60 as Range<UInt64>)
    func receipts(seed: UInt64) {
        var random = RandomSource(seed: seed)
        var (inFlight, model) = (InFlight(), Model())
        let isStream = seed.isMultiple(of: 3)
        var written = 0
        for _ in 0..<300 {
            if random.chance(3, outOf: 5) {
                let kind: InFlight.Kind = [.notice, .droppable, .bulk, .update][random.below(4)]
                let (count, joins) = (random.within(1...9), random.chance(1, outOf: 2))
                inFlight.add(kind, byteCount: count, joins: joins)
                model.add(kind, count, joins: joins)
            } else if !model.kinds.isEmpty {
                let lower = isStream ? written : random.below(model.kinds.count)
                let upper = random.within(lower...min(model.kinds.count, lower + 20))
                inFlight.settle(UInt64(lower)..<UInt64(upper))
                for index in lower..<upper { model.settled[index] = true }
                written = upper
            }
            inFlight.checkInvariants()
            #expect(inFlight.noticeBytes == model.bytes(.notice) && inFlight.droppableBytes == model.bytes(.droppable), "seed \(seed)")
            #expect(inFlight.bulkCount == model.runs([.bulk, .update]) && inFlight.updateCount == model.runs([.update]), "seed \(seed)")
        }
        inFlight.settle(0..<inFlight.end)
        #expect(inFlight.noticeBytes == 0 && inFlight.droppableBytes == 0 && inFlight.bulkCount == 0 && inFlight.updateCount == 0)
    }
}
