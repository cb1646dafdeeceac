import OrgeLink
import OrgeReplication
import OrgeSession
import OrgeWire

/// Monitors: they see all of the world, and when they come back nothing older than what they saw, through whichever edge.
extension EdgeMachine {
    /// Lets a monitor wait until this edge holds all of the world and is where the monitor was.
    /// - Returns: false when there is nothing to wait for.
    mutating func waits(_ connection: Connection, _ join: ClientFrame.Join, _ account: String, _ world: EdgeWorld, _ now: UInt64) -> Bool {
        guard join.role == .monitor else { return false }
        world.monitoredAt = now
        want(all: true, world)
        let seenTick = join.seenTick ?? 0
        guard world.replica.tick < seenTick || !world.isWhole else { return false }
        world.waiting.append(WaitingMonitor(connection: connection, account: account, join: join, tick: seenTick, until: now + EdgeLimits.seenTickWait))
        return true
    }

    /// The world has reached another tick or state, or time has passed.
    mutating func admitMonitors(_ world: EdgeWorld, _ now: UInt64) {
        guard !world.waiting.isEmpty else { return }
        let waiting = world.waiting
        world.waiting = []
        for monitor in waiting where !monitor.connection.isClosing && monitor.connection.session.phase == .joining {
            let isReady = world.isWhole && world.replica.tick >= monitor.tick
            let isLate = now >= monitor.until && (world.isWhole || world.state != .running)
            if isReady || isLate || world.state == .failed {
                var join = monitor.join
                // It has waited.
                join.extensions = .none
                self.join(monitor.account, join, monitor.connection, now)
            } else {
                world.waiting.append(monitor)
            }
        }
    }

    /// Whether the host is to send this edge all of the world. It is not told twice; in its next hello it hears it again.
    private mutating func want(all wantsAll: Bool, _ world: EdgeWorld) {
        guard world.wantsAll != wantsAll else { return }
        world.wantsAll = wantsAll
        guard case .live = world.link, let number = world.number else { return }
        directives.append(.linkSend(world: world.index, EdgeFrame.encode(wantsAll: wantsAll, world: number)))
    }

    /// The last monitor has gone a while ago: what this edge's clients see is enough again. Not at once, because the host pays for the way back.
    mutating func releaseMonitored(_ world: EdgeWorld, _ now: UInt64) {
        if world.monitorCount > 0 || !world.waiting.isEmpty { world.monitoredAt = now }
        if now >= world.monitoredAt + EdgeLimits.monitoredKept { want(all: false, world) }
    }
}
