import OrgeLink
package import OrgeSchema

/// What an attachment that resumes a session is told of ticks before its join.
package struct Recollection: Sendable {
    package struct Event: Sendable {
        package var tick: UInt64
        package var kind: UInt16
        package var audience: EventAudience
        package var bytes: [UInt8]
    }

    package var outcomes = KeptOutcomes()
    /// Oldest first.
    package private(set) var events: [Event] = []
    /// Events that were too many.
    package private(set) var droppedEvents: UInt64 = 0

    package init(outcomes: KeptOutcomes = KeptOutcomes()) { self.outcomes = outcomes }

    package var byteCount: Int { outcomes.byteCount + events.reduce(0) { $0 + $1.bytes.count + HostLimits.eventHeadBytes } }

    /// Adds the events between two ticks that the client of this avatar may have been sent. Which of those to a disc it would have had, its edge knows.
    mutating func add(_ history: EventHistory, after first: UInt64, before last: UInt64, avatar: Entity) {
        var bytes = 0
        for tick in history.ticks.reversed() where tick.tick > first && tick.tick < last {
            for event in tick.events.reversed() {
                if case .avatar(let other) = event.audience, other != avatar { continue }
                bytes += event.payload.count + HostLimits.eventHeadBytes
                guard bytes <= HostLimits.eventBytesRecalled else {
                    droppedEvents += 1
                    continue
                }
                events.append(Event(tick: tick.tick, kind: event.kind, audience: event.audience, bytes: Array(tick.bytes[event.payload])))
            }
        }
        events.reverse()
    }

    /// Visits everything in the order in which a client gets it: by tick, and of one tick the events first.
    func forEach(_ visit: (_ tick: UInt64, Recalled.Kind, ArraySlice<UInt8>) -> Void) {
        var rest = events[...]
        func visitEvents(through tick: UInt64) {
            while let event = rest.first, event.tick <= tick {
                visit(event.tick, .event(kind: event.kind, event.audience), event.bytes[...])
                rest.removeFirst()
            }
        }
        for outcome in outcomes {
            visitEvents(through: outcome.tick)
            visit(outcome.tick, .outcome(sequence: outcome.sequence), outcome.bytes[...])
        }
        visitEvents(through: .max)
    }
}
