/// How fast a counter grows: by how much in the last hour, or since it began, scaled to an hour.
struct HourlyRate: Equatable, Sendable {
    private struct Sample: Equatable, Sendable {
        var time: UInt64
        var total: UInt64
    }

    private static let minute: UInt64 = 60_000_000_000
    static let hour: UInt64 = 60 * minute

    /// One for each minute of the last hour, oldest first: 61 at most.
    private var samples: [Sample]

    /// - Parameter now: nanoseconds of the monotonic clock.
    init(total: UInt64, now: UInt64) { samples = [Sample(time: now, total: total)] }

    /// The counter's growth in an hour.
    ///
    /// Until a minute has passed the growth counts as that of a whole minute: scaled from a second it would be a matter of chance.
    /// - Precondition: `total` and `now` never go back.
    mutating func perHour(total: UInt64, now: UInt64) -> UInt64 {
        if now - samples[samples.count - 1].time >= Self.minute { samples.append(Sample(time: now, total: total)) }
        while samples.count > 1, now - samples[1].time >= Self.hour { samples.removeFirst() }
        let oldest = samples[0]
        let scaled = (total - oldest.total).multipliedFullWidth(by: Self.hour)
        let elapsed = max(now - oldest.time, Self.minute)
        return scaled.high < elapsed ? elapsed.dividingFullWidth(scaled).quotient : .max
    }
}
