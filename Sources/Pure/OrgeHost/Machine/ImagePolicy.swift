/// When an image is due: often enough that a restart repeats little, seldom enough that it costs little.
struct ImagePolicy: Sendable {
    /// Of the newest image.
    private(set) var tick: UInt64
    /// Nanoseconds of execution since then.
    var executed: UInt64
    /// Bytes of records since then.
    var bytes: Int
    /// Nanoseconds that the last one took.
    var cost: UInt64 = 0
    private var making: UInt64?

    init(tick: UInt64, executed: UInt64, bytes: Int) {
        self.tick = tick
        self.executed = executed
        self.bytes = bytes
    }

    var isInFlight: Bool { making != nil }

    var isDue: Bool {
        guard making == nil else { return false }
        return bytes >= HostLimits.replayBytes || executed >= max(HostLimits.replayBudget, cost * HostLimits.imageShare)
    }

    mutating func began(_ tick: UInt64) {
        making = tick
        executed = 0
        bytes = 0
    }

    mutating func written(_ tick: UInt64) {
        self.tick = tick
        making = nil
    }

    mutating func failed() { making = nil }
}
