import OrgeLink
import OrgeReplication
import OrgeSchema
import OrgeSession
import OrgeWire

/// Releases and images from a host.
extension EdgeMachine {
    mutating func collect(_ release: Release, _ byteCount: Int, _ world: EdgeWorld, _ now: UInt64) {
        guard world.imageParts.isEmpty, world.releaseParts.last?.tick ?? release.tick == release.tick else {
            return drop(world, "a release of tick \(release.tick) inside of something else", now)
        }
        guard world.isFilled else { return drop(world, "a release before the image", now) }
        if let parts = collect(release, isLast: release.isLast, in: \.releaseParts, byteCount, world, now) { apply(parts, world, now) }
    }

    mutating func collect(_ image: LinkImage, _ byteCount: Int, _ world: EdgeWorld, _ now: UInt64) {
        guard world.releaseParts.isEmpty, image.isFirst == world.imageParts.isEmpty, world.imageParts.last?.tick ?? image.tick == image.tick else {
            return drop(world, "an image of tick \(image.tick) inside of something else", now)
        }
        if let parts = collect(image, isLast: image.isLast, in: \.imageParts, byteCount, world, now) { apply(parts, world, now) }
    }

    /// Keeps a part, within the limit on parts.
    /// - Returns: all parts, with the last of them.
    private mutating func collect<Part>(
        _ part: Part, isLast: Bool, in kept: ReferenceWritableKeyPath<EdgeWorld, [Part]>, _ byteCount: Int, _ world: EdgeWorld, _ now: UInt64
    ) -> [Part]? {
        world.partBytes += byteCount
        guard world.partBytes <= EdgeLimits.partBytes else {
            drop(world, "\(world.partBytes) bytes in parts", now)
            return nil
        }
        world[keyPath: kept].append(part)
        guard isLast else { return nil }
        defer { world.dropParts() }
        return world[keyPath: kept]
    }

    private mutating func apply(_ parts: [LinkImage], _ world: EdgeWorld, _ now: UInt64) {
        let tick = parts[0].tick
        guard !world.isFilled || tick >= world.replica.tick else {
            return drop(world, "an image of tick \(tick) where \(world.replica.tick) is held", now)
        }
        for image in parts {
            for row in image.rows {
                if let fault = world.replica.fault(row.entity, row.component, byteCount: Int(row.bytes.count)) { return drop(world, "\(fault)", now) }
            }
        }
        world.replica.beginImage(tick)
        for image in parts {
            for row in image.rows {
                world.replica.set(row.entity, row.component, image.bytes, at: Int(row.bytes.offset), count: Int(row.bytes.count))
            }
        }
        world.replica.endImage()
        world.rowsHeld = Timeline(incarnation: world.incarnation, tick: tick, chain: parts[0].chain)
        world.isFilled = true
        world.isWhole = parts[0].isWhole
        world.releasedAt = now
        // What goes with the image comes first.
        guard world.pendingFork == nil else { return }
        for image in parts { noteConsumedIntents(image.consumed, world) }
        for member in world.members { member.isTouched = true }
        update(world, now)
        run(world, now)
        admitMonitors(world, now)
    }

    private mutating func apply(_ parts: [Release], _ world: EdgeWorld, _ now: UInt64) {
        let tick = parts[0].tick
        // What an image has overtaken still brings its answers, outcomes and events, but no rows.
        if tick > world.replica.tick {
            guard applyChanges(parts, tick, world, now) else { return }
            markTouched(world)
            world.releasedAt = now
            dilate(parts[0].head.dilationPermille, world, now)
        }
        deliverJoins(parts, world, now)
        let isNew = tick > world.deliveredTick
        if isNew { for release in parts { noteConsumedIntents(release.consumed, world) } }
        update(world, now)
        // Events of all parts first: so the protocol orders them, and the last outcome of a client that leaves ends its connection.
        if isNew { for release in parts { deliverEvents(release, world) } }
        for release in parts { deliverOutcomes(release, world, now) }
        for release in parts {
            for ended in release.ended { finishEnding(ended.reason, ended.attachment, world, now) }
        }
        if isNew { world.held = Timeline(incarnation: world.incarnation, tick: tick, chain: parts[0].head.chain) }
        world.releasedTick = world.deliveredTick
        world.isHostBusy = false
        if world.pendingFork != nil, tick == world.replica.tick { enterTimeline(world, now) }
        admitMonitors(world, now)
    }

    /// Brings the replica to the tick, or leaves it alone altogether.
    private mutating func applyChanges(_ parts: [Release], _ tick: UInt64, _ world: EdgeWorld, _ now: UInt64) -> Bool {
        for release in parts {
            for row in release.set {
                guard let fault = world.replica.fault(row.entity, row.component, byteCount: Int(row.bytes.count)) else { continue }
                drop(world, "\(fault)", now)
                return false
            }
        }
        world.replica.begin(tick)
        for release in parts {
            for entity in release.removed { world.replica.remove(entity) }
            for key in release.unset { world.replica.unset(key.entity, key.component) }
            for row in release.set {
                world.replica.set(row.entity, row.component, release.bytes, at: Int(row.bytes.offset), count: Int(row.bytes.count))
            }
        }
        world.replica.end()
        world.rowsHeld = Timeline(incarnation: world.incarnation, tick: tick, chain: parts[0].head.chain)
        return true
    }

    /// The next update of each client says which of its intents it reflects, also where they changed nothing that it sees.
    private func noteConsumedIntents(_ intents: ContiguousArray<ConsumedIntent>, _ world: EdgeWorld) {
        for intent in intents {
            guard let slot = world.slot(ofSession: intent.session), let connection = connections[slot: slot] else { continue }
            connection.outgoing.consumed(intent: intent.number)
            connection.isTouched = true
        }
    }

    private mutating func dilate(_ permille: UInt16, _ world: EdgeWorld, _ now: UInt64) {
        guard permille != world.dilationPermille else { return }
        world.dilationPermille = permille
        for member in world.members { perform(member.session.notify(.dilated(permille: permille)), member, now) }
    }

    private mutating func finishEnding(_ reason: EndReason, _ attachment: UInt64, _ world: EdgeWorld, _ now: UInt64) {
        world.endings[attachment] = nil
        dropClaim(attachment, on: world)
        if reason == .resumedElsewhere { keptViews.drop(attachment) }
        guard let connection = holder(attachment, in: world), !connection.isJoining else { return }
        // The client asked for nothing: the account joined elsewhere, or this edge was away for too long.
        if connection.outgoing.isBehind { catchUp(connection, now) }
        forgetWorld(connection)
        switch reason {
        case .resumedElsewhere: perform(connection.session.close(.resumedElsewhere, Self.resumedElsewhere), connection, now)
        case .replaced: perform(connection.session.close(.left, "the account has joined elsewhere"), connection, now)
        case .left, .detached: perform(connection.session.close(.left, "the world has let the session go"), connection, now)
        }
    }
}
