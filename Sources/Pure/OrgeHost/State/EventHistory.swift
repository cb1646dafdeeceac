package import OrgeSchema
import OrgeWorld

/// The reliable events of a tick.
package struct KeptEvents: Equatable, Sendable {
    package struct Event: Equatable, Sendable {
        package var kind: UInt16
        package var audience: EventAudience
        /// Where its row lies in the tick's bytes.
        package var payload: Range<Int>
    }

    package var tick: UInt64
    package var utcMilliseconds: UInt64
    package var events: [Event]
    /// The rows of these events, one after the other. Those of droppable events are left out: they are never sent again.
    package var bytes: [UInt8]

    package init(tick: UInt64, utcMilliseconds: UInt64 = 0, events: [Event], bytes: [UInt8]) {
        self.tick = tick
        self.utcMilliseconds = utcMilliseconds
        self.events = events
        self.bytes = bytes
    }

    /// The reliable events of a tick; nil when it has none.
    init?(_ output: TickOutput, utcMilliseconds utc: UInt64 = 0) {
        var bytes: [UInt8] = []
        var events: [Event] = []
        for event in output.events where event.isReliable {
            events.append(Event(kind: event.kind, audience: event.audience, payload: bytes.count..<bytes.count + event.bytes.count))
            bytes += output.eventBytes[event.bytes]
        }
        guard !events.isEmpty else { return nil }
        self.init(tick: output.tick, utcMilliseconds: utc, events: events, bytes: bytes)
    }

    /// What they take, roughly.
    var byteCount: Int { bytes.count + events.count * HostLimits.eventHeadBytes }
}

/// The last reliable events of a world: for edges that do not hold them yet, and for clients that resume their sessions. Of older ones it is known how many
/// there were.
package struct EventHistory: Sendable {
    /// How many events had been dropped with those of a tick.
    package struct Drop: Equatable, Sendable {
        package var tick: UInt64
        package var utcMilliseconds: UInt64
        package var total: UInt64
    }

    private var kept: [KeptEvents] = []
    /// Of the oldest tick in `kept`: those before it are removed now and then, not one by one.
    private var start = 0
    /// What the kept ones take.
    package private(set) var byteCount = 0
    /// Oldest first, the last one exact, those before it thinned out. The first says that nothing was dropped, as long as it is remembered.
    package private(set) var drops: [Drop] = []

    package init() {}

    /// Oldest first.
    package var ticks: ArraySlice<KeptEvents> { kept[start...] }

    package mutating func append(_ tick: KeptEvents) {
        kept.append(tick)
        byteCount += tick.byteCount
    }

    /// For restoring an image.
    mutating func append(_ drop: Drop) { drops.append(drop) }

    mutating func appendToLast(_ kind: UInt16, _ audience: EventAudience, _ payload: [UInt8]) {
        let last = kept.count - 1
        byteCount -= kept[last].byteCount
        kept[last].events.append(.init(kind: kind, audience: audience, payload: kept[last].bytes.count..<kept[last].bytes.count + payload.count))
        kept[last].bytes += payload
        byteCount += kept[last].byteCount
    }

    /// Drops what no edge needs and is old, and the oldest of what is too much.
    mutating func trim(heldByAll held: UInt64, utcMilliseconds utc: UInt64) {
        while start < kept.count {
            let tick = kept[start]
            let isOld = tick.tick <= held && tick.utcMilliseconds + HostLimits.eventMemoryMilliseconds <= utc
            guard isOld || byteCount > HostLimits.eventBytesKept else { break }
            byteCount -= tick.byteCount
            note(tick)
            kept[start] = KeptEvents(tick: tick.tick, events: [], bytes: [])
            start += 1
        }
        if start > kept.count / 2 {
            kept.removeFirst(start)
            start = 0
        }
    }

    /// Drops all, because clients can no longer read them.
    mutating func dropAll() {
        for tick in kept[start...] { note(tick) }
        kept = []
        (start, byteCount) = (0, 0)
    }

    private mutating func note(_ tick: KeptEvents) {
        if drops.isEmpty { drops.append(Drop(tick: 0, utcMilliseconds: 0, total: 0)) }
        let (count, last) = (drops.count, drops[drops.count - 1])
        let next = Drop(tick: tick.tick, utcMilliseconds: tick.utcMilliseconds, total: last.total + UInt64(tick.events.count))
        let isClose = count > 1 && last.utcMilliseconds < drops[count - 2].utcMilliseconds + HostLimits.eventDropInterval
        if isClose { drops[count - 1] = next } else { drops.append(next) }
        if drops.count > HostLimits.eventDropsKept { drops.removeFirst() }
    }

    /// How many events after a tick are no longer kept, or a few more; nil: it is not known.
    func lost(after tick: UInt64) -> UInt64? {
        guard let last = drops.last, tick < last.tick else { return 0 }
        return drops.last { $0.tick <= tick }.map { last.total - $0.total }
    }
}

extension EventHistory: Equatable {
    /// The same events and counts; what the array holds besides does not count.
    package static func == (a: EventHistory, b: EventHistory) -> Bool { a.ticks == b.ticks && a.drops == b.drops }
}
