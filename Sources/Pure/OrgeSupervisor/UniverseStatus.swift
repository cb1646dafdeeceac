package import OrgeControl

/// What a world said of itself last; it stays while its host is away.
struct WorldReport: Equatable, Sendable {
    var ready: HostReady?
    var status: HostStatus?
}

/// What an edge said of itself last, and its process.
struct EdgeReport: Equatable, Sendable {
    /// Of the last process that was started, 0 for none.
    var ordinal: UInt32 = 0
    var address: String?
    var status: EdgeStatus?

    /// The process has ended: its connections and slots are gone.
    mutating func clear() {
        status?.clients = 0
        status?.slots = 0
        status?.unauthenticated = 0
        status?.queuedBytes = 0
    }
}

/// The state of a child as `orge status` names it.
package enum ChildState: String, Equatable, Sendable {
    case starting, ready, silent, restarting, stopping, stopped, failed
    /// Another host has the world's journal, and this server does not start it again.
    case fenced
}

/// Why a world makes no ticks although its process lives.
package enum PauseReason: String, Equatable, Sendable {
    /// It waits for a call of the disk, or for room on it.
    case storage
    /// The disk fails writes or reads: ``UniverseStatus/World/trouble`` says how. It is tried again and again.
    case storageError = "storage error"
}

/// What a disk does to a world.
package struct DiskTrouble: Equatable, Sendable {
    package var reason: PauseReason
    /// The host's words.
    package var why: String
}

package struct UniverseStatus: Equatable, Sendable {
    package struct World: Equatable, Sendable {
        package var name: String
        /// Nil while there is no process that serves the world: ``ChildState/restarting``, ``ChildState/failed``, ``ChildState/fenced``.
        package var pid: Int32?
        package var state: ChildState
        /// Nanoseconds without a report; 0 while it is not silent.
        package var silent: UInt64
        package var paused: PauseReason?
        /// Why a disk that fails pauses it; nil for every other pause.
        package var trouble: String?
        /// Faults of the world's code that are known: in its journal, or blamed since this server started.
        package var faults: UInt64
        package var ready: HostReady?
        package var status: HostStatus?
    }

    package struct Edge: Equatable, Sendable {
        package var pid: Int32?
        package var state: ChildState
        package var silent: UInt64
        package var address: String?
        package var status: EdgeStatus?
    }

    package var worlds: [World]
    package var edges: [Edge]
}
