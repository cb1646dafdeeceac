import OrgeSession
import OrgeWire

extension EdgeMachine {
    /// Looks at every deadline that may have passed.
    package mutating func timePassed(now: UInt64) {
        timerAt = nil
        checkSlotWait(now)
        keptViews.timePassed(now: now)
        for world in worlds {
            admitMonitors(world, now)
            releaseMonitored(world, now)
        }
        forEachConnection { machine, connection in
            guard !connection.isClosing else { return }
            if connection.outgoing.isStalled, now >= connection.outgoing.updateAt + EdgeLimits.updateWait { return machine.closeSlowReader(connection, now) }
            machine.perform(connection.session.timePassed(now: now), connection, now)
        }
        armTimer(now)
    }

    mutating func armTimer(_ now: UInt64) {
        guard timerAt == nil, connections.count > 0 || keptViews.count > 0 || worlds.contains(where: \.wantsAll) else { return }
        timerAt = now + EdgeLimits.timerInterval
        directives.append(.armTimer(at: now + EdgeLimits.timerInterval))
    }
}
