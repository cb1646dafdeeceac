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
    case starting, ready, restarting, stopping, stopped, failed
}

package struct UniverseStatus: Equatable, Sendable {
    package struct World: Equatable, Sendable {
        package var name: String
        /// Nil while there is no process that serves the world: ``ChildState/restarting``, ``ChildState/failed``.
        package var pid: Int32?
        package var state: ChildState
        package var ready: HostReady?
        package var status: HostStatus?
    }

    package struct Edge: Equatable, Sendable {
        package var pid: Int32?
        package var state: ChildState
        package var address: String?
        package var status: EdgeStatus?
    }

    package var worlds: [World]
    package var edges: [Edge]
}

extension Supervisor {
    package var status: UniverseStatus {
        let worlds = worlds.indices.map { index in
            let state = self.state(of: self.worlds[index])
            let report = worldReports[index]
            return UniverseStatus.World(
                name: plan.worlds[index], pid: pid(of: self.worlds[index], in: state), state: state, ready: report.ready, status: report.status)
        }
        let edges = zip(self.edges, edgeReports).map { edge, report in
            let state = self.state(of: edge)
            return UniverseStatus.Edge(pid: pid(of: edge, in: state), state: state, address: report.address, status: report.status)
        }
        return UniverseStatus(worlds: worlds, edges: edges)
    }

    private func state(of child: Watched) -> ChildState {
        switch (child.state, phase) {
        case (.failed, _): .failed
        case (.starting, .stopping), (.ready, .stopping): .stopping
        case (_, .stopping), (_, .ended), (.ended, _): .stopped
        case (.ready, _): .ready
        case (_, .starting): .starting
        case (.idle, .serving), (.starting, .serving), (.waiting, .serving): .restarting
        }
    }

    private func pid(of child: Watched, in state: ChildState) -> Int32? {
        switch state {
        case .starting, .ready, .stopping: child.pid
        case .restarting, .stopped, .failed: nil
        }
    }
}
