/// What the thread that runs world code is doing, as the flight recorder names it. Raw values stand in shared memory and in files: they never change.
package enum FlightPhase: UInt8, CaseIterable, Sendable {
    /// Between ticks: the host's own work.
    case idle = 0
    /// The world's declaration is read: its parts, the fields and systems of each.
    case declaration = 1
    /// `World.start`, before the first tick.
    case start = 2
    /// `World.arrive` for the entry's account.
    case arrival = 3
    /// `World.depart` for the entry's account.
    case departure = 4
    /// An intent is decoded and checked against its field rules.
    case intent = 5
    /// A command is decoded, checked and run.
    case command = 6
    /// A system runs.
    case system = 7
    /// Inside a tick, in the engine's own code: changes are drained and hashed.
    case engine = 8
    /// Rows of an earlier schema are converted, or a step of a migration runs.
    case migration = 9

    /// Whether code of the world's author may run in it: only then can a trap be the fault of what the entry names.
    package var runsWorldCode: Bool {
        switch self {
        case .idle, .engine: false
        case .declaration, .start, .arrival, .departure, .intent, .command, .system, .migration: true
        }
    }

    /// As faults are shown: `command`, `system`.
    package var name: String { "\(self)" }
}
