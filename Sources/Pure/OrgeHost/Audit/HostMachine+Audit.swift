import OrgeLink
import OrgeSchema
import OrgeWorld

/// Audits: what a client must and may see, computed from the world's own rows and from nothing that the edge goes by, so that they catch the
/// edge's mistakes too.
extension HostMachine {
    /// An edge asks for a client of its own, or for a monitor.
    mutating func audit(_ request: UInt64, _ session: UInt64, edge: UInt64, link: UInt64, _ now: UInt64) {
        guard session == 0 || state.table.session(session)?.attachment.edge == edge else { return }
        guard session != 0 || state.engine.entityCount <= HostLimits.monitorAuditEntities,
            audits.append(.init(request: request, session: session, link: link, since: now))
        else { return send(HostAudit.encode(busy: request, world: state.engine.worldNumber), to: link) }
        askForStep(now)
    }

    /// Asks the shell for a step when one waits and there is time for it.
    mutating func askForStep(_ now: UInt64) {
        audits.refill(now)
        if audits.mayStep, !directives.contains(.stepAudits) { directives.append(.stepAudits) }
    }

    /// A bounded piece of work: the index of owners is brought nearer to the present, or the first audit is answered.
    mutating func stepAudits(_ now: UInt64) {
        var late: [AuditQueue.Waiting] = []
        let first = audits.first(now) { late.append($0) }
        for audit in late { send(HostAudit.encode(busy: audit.request, world: state.engine.worldNumber), to: audit.link) }
        if let first, answer(first, now) { audits.removeFirst() }
    }

    /// - Returns: false when more has to be read first.
    private mutating func answer(_ audit: AuditQueue.Waiting, _ now: UInt64) -> Bool {
        guard links[audit.link] != nil else { return true }
        if audit.session == 0 {
            let entities = state.engine.entities
            attach(frames(audit.request, entities.sorted().lazy.map { (entity: $0, isOwned: false, isInner: true) }), for: audit.link)
            return true
        }
        guard let avatar = state.table.session(audit.session)?.avatar else { return true }
        guard audits.stepOwned(state.engine, now) else { return false }
        attach(frames(audit.request, visible(from: avatar)), for: audit.link)
        return true
    }

    /// What the avatar's client may see, in ascending order: its avatar, what it owns, what is near.
    private func visible(from avatar: Entity) -> [(entity: Entity, isOwned: Bool, isInner: Bool)] {
        let owned = (audits.owned?.entities(of: avatar) ?? []) + [avatar]
        var seen = SortedMap<Entity, Bool>()
        if let position = schema.position, let center = state.engine.place(of: avatar) {
            for entity in state.engine.entities(nearX: center.x, y: center.y, radius: position.outer) {
                guard let place = state.engine.place(of: entity) else { continue }
                let (x, y) = (place.x - center.x, place.y - center.y)
                seen[entity] = x * x + y * y <= position.inner * position.inner
            }
        }
        for entity in owned where state.engine.isAlive(entity) { seen[entity] = true }
        let ownedInOrder = owned.sorted()
        var next = 0
        return seen.map { entity, isInner in
            while next < ownedInOrder.count, ownedInOrder[next] < entity { next += 1 }
            return (entity, next < ownedInOrder.count && ownedInOrder[next] == entity, isInner)
        }
    }

    private func frames(_ request: UInt64, _ things: some Sequence<(entity: Entity, isOwned: Bool, isInner: Bool)>) -> [[UInt8]] {
        var writer = HostAuditWriter(world: state.engine.worldNumber, request: request, tick: state.tick)
        var frames: [[UInt8]] = []
        for thing in things {
            for component in schema.components where component.visibility == .everyone || (thing.isOwned && component.visibility == .owner) {
                guard let row = state.engine.row(thing.entity, component.id) else { continue }
                let hash = ValueHash.of(component: component.id, row: row)
                if let full = writer.row(thing.entity, component.id, valueHash: hash, isInner: thing.isInner) { frames.append(full) }
            }
        }
        frames.append(writer.finish())
        return frames
    }

    /// The answer is on the state after the last executed tick and follows that tick's release.
    private mutating func attach(_ frames: [[UInt8]], for link: UInt64) {
        if links[link]?.image?.tick == state.tick {
            // The image is the last that this link gets of the tick.
            _ = links.update(link) { $0.image?.frames += frames }
        } else if !held.isEmpty {
            held[held.count - 1].audits.append((link, frames))
        } else if links[link]?.sent == releasedTick, links[link]?.image == nil {
            for frame in frames { send(frame, to: link) }
        } else if !retained.isEmpty {
            retained.add(audit: frames, for: link)
        }
    }
}
