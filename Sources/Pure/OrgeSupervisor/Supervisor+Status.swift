import OrgeControl

/// The state of the children, for `orge status`.
extension Supervisor {
    package func status(now: UInt64) -> UniverseStatus {
        let worlds = worlds.indices.map { index in
            let world = self.worlds[index]
            let state = state(of: world)
            let report = worldReports[index]
            let paused = pause(of: world, report.status, now: now)
            return UniverseStatus.World(
                name: plan.worlds[index], pid: pid(of: world, in: state), state: state, silent: silence(of: world, in: state, now: now),
                paused: paused, trouble: paused == .storageError ? trouble(of: world, report.status) : nil,
                faults: max(faults[index], report.status?.faults ?? 0), ready: report.ready, status: report.status)
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
        if let reason = child.waitsForDisk, child.state != .failed, child.state != .ended { return reason.reason }
        guard let silence = child.silence, child.isAlive else { return nil }
        if child.isReady, report?.disk.trouble.isEmpty == false { return .storageError }
        if child.isReady, report?.disk.isFull == true { return .storage }
        let call = child.isReady ? report?.diskCallNanoseconds ?? 0 : silence.storageCall(at: now)
        return call >= plan.silence.pausedAfter ? .storage : nil
    }

    private func trouble(of child: Watched, _ report: HostStatus?) -> String? {
        child.waitsForDisk?.why ?? report?.disk.trouble
    }

    private func state(of child: Watched) -> ChildState {
        switch (child.state, phase) {
        case (.failed, _): child.isFenced ? .fenced : .failed
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
        case .restarting, .stopped, .failed, .fenced: nil
        }
    }
}
