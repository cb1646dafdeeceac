package import OrgeSchema

/// Why work that is blamed for the end of a host is not left out of a tick.
package enum Uncontained: Equatable, Sendable, CustomStringConvertible {
    /// Its tick had not been recorded, so there is nothing to amend: edges send the inputs again. The host is careful with them.
    case unrecorded(FlightEntry)
    /// Ticks were recorded after it: it ran to its end once, so that something else must have failed.
    case hasLaterTicks(tick: UInt64)
    /// Nothing of the phase can be left out.
    case notOfATick(FlightPhase)
    /// The tick's record does not have it.
    case notInRecord(tick: UInt64)
    /// It is left out already.
    case containedBefore(tick: UInt64)

    package var description: String {
        switch self {
        case .unrecorded(let entry): "tick \(entry.tick), in which the world failed, was not recorded: each tick now waits for its record"
        case .hasLaterTicks(let tick): "ticks after \(tick) are recorded, so that it cannot be what the world failed on: it runs again"
        case .notOfATick(let phase): "the world failed in its \(phase.name), which is no part of a tick"
        case .notInRecord(let tick): "the record of tick \(tick) does not have what the world is said to have failed on: it runs again"
        case .containedBefore(let tick): "what the world failed on in tick \(tick) is left out already"
        }
    }
}
