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
        for member in world.members where member.outgoing.view.isMonitor { member.isTouched = true }
    }

    /// Brings every touched client up to the replica's tick; those whose last update is still on its way are marked as lagging, and counted.
    mutating func update(_ world: EdgeWorld, _ now: UInt64) {
        world.withReplica { replica in
            for member in world.members where member.isTouched {
                member.isTouched = false
                if !member.isClosing, !member.isForked { update(member, replica, now) }
            }
        }
    }

    private mutating func update(_ member: Connection, _ replica: borrowing Replica, _ now: UInt64) {
        switch member.outgoing.update(&builder, replica, now: now) {
        case .sent:
            counters.updatesDue += 1
            counters.updates += 1
            markDirty(member)
        case .postponed(isDue: true): counters.updatesDue += 1
        case .postponed(isDue: false), .nothing: break
        }
    }

    /// Sends everything that a client has missed, whether or not its last update has left.
    mutating func catchUp(_ connection: Connection, _ now: UInt64) {
        guard let world = connection.world else { return }
        let (isUpdated, isFirst) = connection.outgoing.catchUp(&builder, world.replica, now: now)
        if isUpdated {
            counters.updates += 1
            counters.updatesDue += isFirst ? 1 : 0
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
                if let credit { grant(credit, connection) }
            case .sendAndClose(let close, let disconnectEffect):
                write(record, release, connection)
                self.close(connection, close, disconnectEffect, now)
            case .close(let close, let disconnectEffect): self.close(connection, close, disconnectEffect, now)
            }
        }
    }

    private mutating func write(_ record: OutcomeRecord, _ release: Release, _ connection: Connection) {
        writeOutcome(record.sequence, release.tick, release.piece(record.bytes), connection)
    }

    mutating func writeOutcome(_ sequence: UInt64, _ tick: UInt64, _ bytes: ArraySlice<UInt8>, _ connection: Connection) {
        counters.outcomes += 1
        connection.outgoing.outcome { writer in
            let frame = writer.beginFrame(ServerFrameType.outcome)
            writer.u64(sequence)
            writer.u64(tick)
            writer.bytes(bytes)
            writer.endFrame(frame, limit: WireLimits.serverFrameBytes)
        }
        markDirty(connection)
    }

    /// A credit comes after the outcomes that it counts: a command that needs it proves that they have come.
    mutating func grant(_ credit: Credit, _ connection: Connection) {
        connection.outgoing.outcome { ServerFrame.credit(credit).encode(to: &$0) }
        markDirty(connection)
    }

    /// The client has outcomes: the host need not keep them.
    mutating func acknowledge(_ sequence: UInt64, _ connection: Connection) {
        guard let world = connection.world, !connection.isForked else { return }
        connection.acknowledged = sequence
        guard case .live = world.link else { return }
        tell(world) { $0.acknowledge(session: connection.sessionNumber, through: sequence) }
    }

    // MARK: Events

    mutating func deliverEvents(_ release: Release, _ world: EdgeWorld) {
        guard !release.events.isEmpty else { return }
        let listeners = release.events.contains { if case .disc = $0.audience { true } else { false } } ? listeners(in: world) : nil
        for event in release.events {
            writeEvent(event.kind, release.tick, release.piece(event.payload))
            switch event.audience {
            case .avatar(let avatar):
                if let slot = world.slot(ofAvatar: avatar), let connection = connections[slot: slot] { deliverEvent(to: connection, event.isReliable) }
            case .disc(let x, let y, let radius):
                listeners?.forEach(near: x, y, radius: radius) { deliverEvent(to: world.members[$0], event.isReliable) }
            case .all: for member in world.members { deliverEvent(to: member, event.isReliable) }
            }
        }
    }

    /// Where each member listens, by its place in the world's list.
    private func listeners(in world: EdgeWorld) -> Listeners {
        world.withReplica { replica in Listeners(replica, avatars: world.members.lazy.map { $0.outgoing.view.avatar }) }
    }

    mutating func writeEvent(_ kind: UInt16, _ tick: UInt64, _ payload: ArraySlice<UInt8>) {
        eventFrame.removeAll()
        let frame = eventFrame.beginFrame(ServerFrameType.event)
        eventFrame.u64(tick)
        eventFrame.u16(kind)
        eventFrame.bytes(payload)
        eventFrame.endFrame(frame, limit: WireLimits.serverFrameBytes)
    }

    mutating func deliverEvent(to connection: Connection, _ isReliable: Bool) {
        guard !connection.isClosing, !connection.isForked else { return }
        guard connection.outgoing.event(eventFrame.bytes, isReliable: isReliable) else {
            counters.eventsDropped += 1
            return
        }
        counters.eventsSent += 1
        markDirty(connection)
    }
}
