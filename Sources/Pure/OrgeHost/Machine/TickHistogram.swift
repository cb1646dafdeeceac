/// How long ticks took over the last minute: counts in fixed buckets, without a sample kept.
///
/// Buckets grow by an eighth of an octave at most, so a quantile is right to 12 %. The minute is twelve slices of five seconds.
package struct TickHistogram: Sendable {
    private struct Slice: Sendable {
        var counts = [UInt32](repeating: 0, count: TickHistogram.bucketCount)
        var total = 0
        var max: UInt64 = 0
        /// Which five seconds of the clock it counts.
        var epoch: UInt64 = 0
    }

    package struct Summary: Equatable, Sendable {
        /// Nanoseconds; 0 when nothing was counted.
        package var p50: UInt64 = 0
        package var p99: UInt64 = 0
        package var max: UInt64 = 0
    }

    private static let sliceNanoseconds: UInt64 = 5_000_000_000
    private static let sliceCount = 12
    /// Below this every duration is one bucket: 1.024 µs.
    private static let lowestBit = 10
    /// 34 s and more are the last bucket.
    private static let highestBit = 35
    private static let bucketCount = (highestBit - lowestBit) * 8 + 1

    private var slices = [Slice](repeating: Slice(), count: sliceCount)

    package init() {}

    package mutating func record(_ nanoseconds: UInt64, at now: UInt64) {
        let epoch = now / Self.sliceNanoseconds + 1
        let index = Int(epoch % UInt64(Self.sliceCount))
        if slices[index].epoch != epoch {
            slices[index] = Slice()
            slices[index].epoch = epoch
        }
        slices[index].counts[Self.bucket(nanoseconds)] += 1
        slices[index].total += 1
        slices[index].max = max(slices[index].max, nanoseconds)
    }

    package func summary(at now: UInt64) -> Summary {
        let epoch = now / Self.sliceNanoseconds + 1
        let live = slices.filter { $0.epoch > 0 && $0.epoch <= epoch && epoch - $0.epoch < UInt64(Self.sliceCount) }
        let total = live.reduce(0) { $0 + $1.total }
        guard total > 0 else { return Summary() }
        let highest = live.reduce(0) { max($0, $1.max) }
        func quantile(_ permille: Int) -> UInt64 {
            let rank = (total * permille + 999) / 1000
            var seen = 0
            for bucket in 0..<Self.bucketCount {
                for slice in live { seen += Int(slice.counts[bucket]) }
                if seen >= rank { return min(Self.upperBound(bucket), highest) }
            }
            return highest
        }
        return Summary(p50: quantile(500), p99: quantile(990), max: highest)
    }

    /// Eight buckets to an octave: three bits after the highest one.
    private static func bucket(_ nanoseconds: UInt64) -> Int {
        let bit = 63 - (nanoseconds | 1).leadingZeroBitCount
        guard bit >= lowestBit else { return 0 }
        guard bit < highestBit else { return bucketCount - 1 }
        return (bit - lowestBit) * 8 + Int(nanoseconds >> UInt64(bit - 3) & 7) + 1
    }

    private static func upperBound(_ bucket: Int) -> UInt64 {
        guard bucket > 0 else { return 1 << UInt64(lowestBit) }
        let bit = (bucket - 1) / 8 + lowestBit
        let step = UInt64((bucket - 1) % 8)
        return (8 + step + 1) << UInt64(bit - 3)
    }
}
