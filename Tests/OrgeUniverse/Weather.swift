import OrgeSchema

/// How slow things are, drawn for each seed, and again now and then during a run. Times are nanoseconds.
struct Weather {
    static let microsecond: UInt64 = 1_000
    static let millisecond: UInt64 = 1_000_000
    static let second: UInt64 = 1_000_000_000

    private var random: RandomSource
    /// Upper ends of what is drawn.
    private var link: UInt64
    private var client: UInt64
    private var disk: UInt64
    private var execution: UInt64
    /// While a disk is slow, each of its steps takes this much longer.
    var diskStall: UInt64 = 0

    init(seed: UInt64) {
        var random = RandomSource(seed: seed)
        link = [20, 200, 2_000][random.below(3)] * Self.microsecond
        client = [100, 2_000, 30_000][random.below(3)] * Self.microsecond
        disk = [200, 1_000, 8_000][random.below(3)] * Self.microsecond
        execution = [50, 500, 4_000][random.below(3)] * Self.microsecond
        self.random = random
    }

    mutating func linkDelay() -> UInt64 { draw(link) }
    mutating func clientDelay() -> UInt64 { draw(client) }
    mutating func diskDelay() -> UInt64 { draw(disk) + (diskStall > 0 ? UInt64(random.below(diskStall)) : 0) }
    mutating func executionDelay() -> UInt64 { draw(execution) }
    mutating func between(_ low: UInt64, _ high: UInt64) -> UInt64 { low + random.below(high - low + 1) }

    /// Mostly short, one time in sixteen up to four times as long.
    private mutating func draw(_ high: UInt64) -> UInt64 { random.below(random.chance(1, outOf: 16) ? high * 4 : high) }
}
