import OrgeLink
import OrgeReplication
import OrgeSchema
import OrgeSession
import OrgeWire

/// Updates, outcomes and events on their way to clients.
extension EdgeMachine {
    /// Marks whose view the tick may have changed: with places every member, because each might see a change, otherwise the owners.
    func markTouched(_ world: EdgeWorld) {
        guard !world.replica.touchedOwners.isEmpty else { return }
        if world.replica.hasPlaces {
            for member in world.members { member.isTouched = true }
            return
        }
        for owner in world.replica.touchedOwners {
            if let slot = world.slot(ofAvatar: owner) { connections[slot: slot]?.isTouched = true }
        }
        for member in world.members where member.view.isMonitor { member.isTouched = true }
    }

    /// Brings every touched client up to the replica's tick; those whose last update is still on its way are marked as behind, and counted.
    mutating func update(_ world: EdgeWorld, _ now: UInt64) {
        world.withReplica { replica in
            for member in world.members where member.isTouched {
                member.isTouched = false
                if !member.isClosing, !member.isForked { update(member, replica, now) }
            }
        }
    }

    private mutating func update(_ member: Connection, _ replica: borrowing Replica, _ now: UInt64) {
        guard member.isStalled || member.isBehind else { return write(member, replica, now) }
        member.isBehind = true
        guard builder.isDue(member.view, replica) else { return }
        member.view.updatesDue += 1
        counters.updatesDue += 1
    }

    private mutating func write(_ member: Connection, _ replica: borrowing Replica, _ now: UInt64) {
        let start = member.out.count
        guard builder.update(&member.view, replica, to: &member.out) else { return }
        member.view.updatesDue += 1
        counters.updatesDue += 1
        counters.updates += 1
        member.countBulk(from: start)
        member.markUpdate(now: now)
        markDirty(member)
    }

    /// Sends everything that a client has missed, whether or not its last update has left: the view first, then what had to wait for it.
    mutating func catchUp(_ connection: Connection, _ now: UInt64) {
        guard let world = connection.world else { return }
        connection.isBehind = false
        let start = connection.out.count
        let isFirst = connection.view.isFresh
        if builder.update(&connection.view, world.replica, to: &connection.out) {
            counters.updates += 1
            connection.view.updatesDue += isFirst ? 1 : 0
            counters.updatesDue += isFirst ? 1 : 0
            connection.countBulk(from: start)
            connection.markUpdate(now: now)
        }
        if connection.waiting.count > 0 {
            connection.out.bytes(connection.waiting.bytes)
            connection.waiting = ByteWriter()
        }
        markDirty(connection)
    }

    // MARK: Outcomes

    mutating func deliverOutcomes(_ release: Release, _ world: EdgeWorld, _ now: UInt64) {
        for record in release.outcomes {
            guard let slot = world.slot(ofSession: record.session), let connection = connections[slot: slot], !connection.isClosing else { continue }
            if connection.isForked, release.tick > world.sharedTick { continue }
            connection.pending.remove(record.sequence)
            switch connection.session.outcome(record.sequence) {
            case .ignore: continue
            case .send(let credit):
                write(record, release, connection)
                if let credit { grant(credit, record.sequence, connection, world) }
            case .sendAndClose(let close, let disconnectEffect):
                write(record, release, connection)
                self.close(connection, close, disconnectEffect, now)
            case .close(let close, let disconnectEffect): self.close(connection, close, disconnectEffect, now)
            }
        }
    }

    private mutating func write(_ record: OutcomeRecord, _ release: Release, _ connection: Connection) {
        counters.outcomes += 1
        if connection.isBehind {
            Self.write(record, release, to: &connection.waiting)
        } else {
            Self.write(record, release, to: &connection.out)
        }
        markDirty(connection)
    }

    private static func write(_ record: OutcomeRecord, _ release: Release, to writer: inout ByteWriter) {
        let frame = writer.beginFrame(ServerFrameType.outcome)
        writer.u64(record.sequence)
        writer.u64(release.tick)
        writer.bytes(release.piece(record.bytes))
        writer.endFrame(frame, limit: WireLimits.serverFrameBytes)
    }

    /// The host holds one window of outcomes per session, so it must learn that they were received before any command that uses the new credit.
    private mutating func grant(_ credit: Credit, _ answered: UInt64, _ connection: Connection, _ world: EdgeWorld) {
        send(.credit(credit), connection)
        connection.acknowledged = answered
        guard case .live = world.link else { return }
        tell(world) { $0.acknowledge(session: connection.sessionNumber, through: answered) }
    }

    // MARK: Events

    mutating func deliverEvents(_ release: Release, _ world: EdgeWorld) {
        guard !release.events.isEmpty else { return }
        let listeners = listeners(in: world)
        for event in release.events {
            eventFrame.removeAll()
            let frame = eventFrame.beginFrame(ServerFrameType.event)
            eventFrame.u64(release.tick)
            eventFrame.u16(event.kind)
            eventFrame.bytes(release.piece(event.payload))
            eventFrame.endFrame(frame, limit: WireLimits.serverFrameBytes)
            switch event.audience {
            case .avatar(let avatar):
                if let slot = world.slot(ofAvatar: avatar), let connection = connections[slot: slot] { deliverEvent(to: connection, event.isReliable) }
            case .disc(let x, let y, let radius):
                for (index, listener) in listeners.enumerated() where listener.isInside(x, y, radius) {
                    deliverEvent(to: world.members[index], event.isReliable)
                }
            case .all: for member in world.members { deliverEvent(to: member, event.isReliable) }
            }
        }
    }

    /// Where each member listens, side by side: a busy tick asks for all of them once for each event.
    private func listeners(in world: EdgeWorld) -> ContiguousArray<Listener> {
        world.withReplica { replica in
            var listeners = ContiguousArray<Listener>()
            listeners.reserveCapacity(world.members.count)
            for member in world.members {
                let place = replica.place(member.view.avatar)
                listeners.append(Listener(isMonitor: member.view.isMonitor, x: place?.x ?? .nan, y: place?.y ?? .nan))
            }
            return listeners
        }
    }

    private mutating func deliverEvent(to connection: Connection, _ isReliable: Bool) {
        guard !connection.isClosing, !connection.isForked else { return }
        guard isReliable || !connection.isCrowded(by: eventFrame.count) else {
            counters.eventsDropped += 1
            return
        }
        guard connection.isBehind else {
            connection.out.bytes(eventFrame.bytes)
            counters.eventsSent += 1
            return markDirty(connection)
        }
        guard isReliable else {
            counters.eventsDropped += 1
            return
        }
        connection.waiting.bytes(eventFrame.bytes)
        counters.eventsSent += 1
        markDirty(connection)
    }
}

/// A client's position; not a number without a place.
private struct Listener {
    var isMonitor: Bool
    var x: Double
    var y: Double

    @inline(__always)
    func isInside(_ x: Double, _ y: Double, _ radius: Double) -> Bool {
        let (dx, dy) = (self.x - x, self.y - y)
        return isMonitor || dx * dx + dy * dy <= radius * radius
    }
}
