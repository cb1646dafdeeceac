import OrgeSchema
import Testing

@testable import OrgeBase

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

    @Test("an id table keeps what it holds while it grows and shrinks, and gives memory back", arguments: 0..<6 as Range<UInt64>)
    func shrinks(seed: UInt64) {
        var random = RandomSource(seed: seed)
        var table = IDTable<UInt64>()
        var held: [UInt64] = []
        for peak in [3_000, 10, 500, 0] {
            while held.count < peak {
                let id = random.next()
                table[id] = ~id
                held.append(id)
            }
            while held.count > peak { table[held.remove(at: random.below(held.count))] = nil }
            #expect(table.count == held.count && held.allSatisfy { table[$0] == ~$0 })
            #expect(table.slots.count <= max(64, held.count * 16), "seed \(seed)")
        }
    }

    @Test("a sorted map of many chunks agrees with a sorted list, however it grew and shrank", arguments: 0..<6 as Range<UInt64>)
    func manyChunks(seed: UInt64) {
        var random = RandomSource(seed: seed)
        var map = SortedMap<UInt64, UInt64>()
        var model: [UInt64: UInt64] = [:]
        let bound: UInt64 = [600, 3_000, 50_000][Int(seed % 3)]
        for step in 0..<30_000 as Range<UInt64> {
            // Waves: mostly growth, then mostly removal, so that chunks split, empty and merge.
            let grows = (step / 5_000).isMultiple(of: 2) ? 5 : 1
            let key = seed == 5 ? step : random.below(bound)
            let value: UInt64? = random.chance(grows, outOf: 6) ? step : nil
            map[key] = value
            model[key] = value
            if random.chance(1, outOf: 500) { map.update(key) { $0 += 1 }.map { model[key]! += 1 } }
        }
        let expected = model.sorted { $0.key < $1.key }
        #expect(map.count == expected.count)
        #expect(map.map(\.0) == expected.map(\.key) && map.map(\.1) == expected.map(\.value))
        #expect(Array(map.keys) == expected.map(\.key) && Array(map.values) == expected.map(\.value))
        #expect(map.first?.key == expected.first?.key)
        for key in 0..<bound where key % 7 == 0 { #expect(map[key] == model[key]) }
        for key in [0, bound / 3, bound - 1, bound + 1] {
            var visited: [UInt64] = []
            map.visit(from: key) { key, _ in
                visited.append(key)
                return visited.count < 300
            }
            #expect(visited == Array(expected.map(\.key).filter { $0 >= key }.prefix(300)))
        }
        var other = SortedMap<UInt64, UInt64>()
        for (key, value) in expected.reversed() { other[key] = value }
        #expect(other == map)
        map.removeAll { key, _ in key.isMultiple(of: 2) }
        #expect(map.map(\.0) == expected.map(\.key).filter { !$0.isMultiple(of: 2) })
    }

    @Test("a list of a world is a collection: walked through, changed in place, sorted")
    func lists() throws {
        var list = try #require(List<Int32, 4>([3, 1, 2]))
        #expect(Array(list) == [3, 1, 2] && list.contains(2) && !list.isEmpty && !list.isFull && list.last == 2)
        list.sort()
        list[0] += 10
        #expect(list.remove(at: 1) == 2 && list == List([11, 3]))
        #expect(list.append(5) && list.append(6) && !list.append(7) && list.isFull)
        #expect(List<Int32, 4>([1, 2, 3, 4, 5]) == nil)
    }

    @Test("draws stay in their range, the widest included")
    func ranges() {
        var random = RandomSource(seed: 3)
        for range in [Int.min...Int.max, -1...1, 5...5, Int.max - 1...Int.max, Int.min...Int.min + 1] {
            for _ in 0..<100 { #expect(range.contains(random.within(range))) }
        }
        #expect((0..<100).contains { _ in random.within(Int.min...Int.max) < 0 })
    }
}
