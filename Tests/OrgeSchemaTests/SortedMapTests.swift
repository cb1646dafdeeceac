import OrgeSchema
import Testing

@Suite("Tables")
struct TableTests {
    @Test("a sorted map and an id table agree with a list of pairs", arguments: 0..<20 as Range<UInt64>)
    func agreesWithModel(seed: UInt64) {
        var random = RandomSource(seed: seed)
        var sorted = SortedMap<UInt64, Int>()
        var table = IDTable<Int>()
        var model: [(UInt64, Int)] = []
        for step in 0..<2_000 {
            let key = random.below(64 as UInt64)
            let value: Int? = random.chance(2, outOf: 3) ? step : nil
            sorted[key] = value
            table[key] = value
            model.removeAll { $0.0 == key }
            if let value { model.append((key, value)) }
        }
        #expect(sorted.count == model.count && table.count == model.count)
        for (key, value) in model { #expect(sorted[key] == value && table[key] == value) }
        #expect(Array(sorted.keys) == model.map(\.0).sorted())
        for key in 0..<64 as Range<UInt64> where !model.contains(where: { $0.0 == key }) { #expect(table[key] == nil && sorted[key] == nil) }
    }
}
