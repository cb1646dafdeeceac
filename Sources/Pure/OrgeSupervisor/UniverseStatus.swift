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
}

/// Why a world makes no ticks although its process lives.
package enum PauseReason: String, Equatable, Sendable {
    /// It waits for a call of the disk.
    case storage
}

package struct UniverseStatus: Equatable, Sendable {
    package struct World: Equatable, Sendable {
        package var name: String
        /// Nil while there is no process that serves the world: ``ChildState/restarting``, ``ChildState/failed``.
        package var pid: Int32?
        package var state: ChildState
        /// Nanoseconds without a report; 0 while it is not silent.
        package var silent: UInt64
        package var paused: PauseReason?
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

extension Supervisor {
    package func status(now: UInt64) -> UniverseStatus {
        let worlds = worlds.indices.map { index in
            let world = self.worlds[index]
            let state = state(of: world)
            let report = worldReports[index]
            return UniverseStatus.World(
                name: plan.worlds[index], pid: pid(of: world, in: state), state: state, silent: silence(of: world, in: state, now: now),
                paused: pause(of: world, report.status, now: now), ready: report.ready, status: report.status)
        }
        let edges = zip(self.edges, edgeReports).map { edge, report in
            let state = state(of: edge)
            return UniverseStatus.Edge(
                pid: pid(of: edge, in: state), state: state, silent: silence(of: edge, in: state, now: now), address: report.address, status: report.status)
        }
        return UniverseStatus(worlds: worlds, edges: edges)
    }

    private func silence(of child: Watched, in state: ChildState, now: UInt64) -> UInt64 { state == .silent ? child.silence?.lasting(at: now) ?? 0 : 0 }

    /// A starting host announces its calls of the disk. Later the journal has a thread of its own, and the host reports how long that one's call lasts.
    private func pause(of child: Watched, _ report: HostStatus?, now: UInt64) -> PauseReason? {
        guard let silence = child.silence, child.isAlive else { return nil }
        let call = child.isReady ? report?.diskCallNanoseconds ?? 0 : silence.storageCall(at: now)
        return call >= plan.silence.pausedAfter ? .storage : nil
    }

    private func state(of child: Watched) -> ChildState {
        switch (child.state, phase) {
        case (.failed, _): .failed
        case (.starting, .stopping), (.ready, .stopping): .stopping
        case (_, .stopping), (_, .ended), (.ended, _): .stopped
        case (.starting, _) where child.isSilent, (.ready, _) where child.isSilent: .silent
        case (.ready, _): .ready
        case (_, .starting): .starting
        case (.idle, .serving), (.starting, .serving), (.waiting, .serving): .restarting
        }
    }

    private func pid(of child: Watched, in state: ChildState) -> Int32? {
        switch state {
        case .starting, .ready, .silent, .stopping: child.pid
        case .restarting, .stopped, .failed: nil
        }
    }
}
