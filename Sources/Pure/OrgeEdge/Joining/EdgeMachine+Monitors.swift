import OrgeReplication
import OrgeSession
import OrgeWire

/// Monitors that come back: they see nothing older than what they saw, through whichever edge.
extension EdgeMachine {
    /// Lets a monitor wait until this edge is where the monitor was.
    /// - Returns: false when there is nothing to wait for.
    mutating func waits(_ connection: Connection, _ join: ClientFrame.Join, _ account: String, _ world: EdgeWorld, _ now: UInt64) -> Bool {
        guard let seenTick = join.seenTick, world.replica.tick < seenTick else { return false }
        world.waiting.append(WaitingMonitor(connection: connection, account: account, join: join, tick: seenTick, until: now + EdgeLimits.seenTickWait))
        return true
    }

    /// The world has reached another tick or state, or time has passed.
    mutating func admitMonitors(_ world: EdgeWorld, _ now: UInt64) {
        guard !world.waiting.isEmpty else { return }
        let waiting = world.waiting
        world.waiting = []
        for monitor in waiting where !monitor.connection.isClosing && monitor.connection.session.phase == .joining {
            guard world.state != .failed, world.replica.tick < monitor.tick, now < monitor.until else {
                var join = monitor.join
                // It has waited.
                join.extensions = .none
                self.join(monitor.account, join, monitor.connection, now)
                continue
            }
            world.waiting.append(monitor)
        }
    }
}
