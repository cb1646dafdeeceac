package import OrgeSchema

/// How a process ended.
package enum ChildEnd: Equatable, Sendable {
    case exited(code: Int32)
    case killed(signal: Int32)
}

/// Why a process ended. Only ``fault`` counts towards giving up.
package enum DeathCause: Equatable, Sendable {
    /// Its own code: a trap, an error, an exit; or we killed it because it hung or broke its contract.
    case fault
    /// A client in development mode asked for it.
    case ordered
    /// The disk refuses what a start needs.
    case disk(DiskTrouble)
    /// A signal that no code of a child raises, such as that of `kill -9` or of the kernel when memory runs out.
    case outside

    /// SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS: what a process's own code raises.
    package static let faultSignals: [Int32] = [4, 5, 6, 7, 8, 11, 31]
}

/// What is left of a process besides how it ended.
package struct Remains: Equatable, Sendable {
    /// Its flight recorder; nil where it has none, or has not begun to write it.
    package var reading: FlightReading?
    /// The kernel has killed a process of its group for memory while it ran.
    package var ranOutOfMemory: Bool

    package init(reading: FlightReading? = nil, ranOutOfMemory: Bool = false) {
        self.reading = reading
        self.ranOutOfMemory = ranOutOfMemory
    }
}
