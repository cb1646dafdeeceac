package import OrgeSchema

/// When a world's ticks run.
public enum Pace: Equatable, Sendable {
    /// A fixed number of ticks a second, 1...1,000.
    case fixed(hertz: UInt32)
    /// As soon as inputs wait and the last commit was handed over.
    case onDemand
    /// One tick after the other, as fast as possible. Ticks without inputs in which no system is due are skipped: they are never run, and
    /// draws, state and hash are the same as if they had been. A world in which no system is ever due waits for inputs.
    case flatOut

    /// Microseconds of a tick; 0 where ticks have no fixed length.
    public var tickMicroseconds: UInt32 {
        switch self {
        case .fixed(let hertz): 1_000_000 / max(1, hertz)
        case .onDemand, .flatOut: 0
        }
    }

    /// Ticks a second; nil where there is no fixed number.
    var hertz: UInt32? { if case .fixed(let hertz) = self { hertz } else { nil } }

    package var kind: PaceKind {
        switch self {
        case .fixed: .fixed
        case .onDemand: .onDemand
        case .flatOut: .flatOut
        }
    }
}
