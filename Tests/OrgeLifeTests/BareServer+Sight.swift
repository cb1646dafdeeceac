import OrgeSchema
import OrgeSession
import OrgeWire
import OrgeWorld

/// What clients see, by the plainest reading of `docs/protocol.md`, section 8: it looks at all rows for every client.
extension BareServer {
    /// Sends what is another than what the client was sent before.
    func show(to peer: BarePeer, isFirst: Bool = false) {
        let visible = visibleRows(to: peer)
        guard isFirst || visible != peer.shown else { return }
        let head = UpdateWriter.Head(tick: engine.tick, isReset: isFirst, consumedIntent: peer.consumedIntent)
        peer.consumedIntent = nil
        var update = UpdateWriter(head, base: BareServer.base, appendingTo: peer.out)
        for (entity, rows) in visible {
            guard let before = peer.shown[entity], before != rows else { continue }
            let changed = rows.filter { !before.contains($0) }
            write(.changed, entity, changed, &update)
            let removed = before.filter { row in !rows.contains { $0.component == row.component } }
            if !removed.isEmpty { update.begin(.removed, entity, components: bits(removed)) }
        }
        for (entity, rows) in visible where peer.shown[entity] == nil { write(.entered, entity, rows, &update) }
        for (entity, _) in peer.shown where visible[entity] == nil { update.begin(.left, entity) }
        peer.out = update.finish()
        peer.shown = visible
    }

    /// Rows as they are, changed ones after a mask that names all fields.
    private func write(_ section: UpdateSection, _ entity: Entity, _ rows: [BareRow], _ update: inout UpdateWriter) {
        guard !rows.isEmpty else { return }
        let encoded = rows.map { row in
            section == .entered ? row.bytes : RowCodec(engine.schema.component(row.component)!.row).wholeMask + row.bytes
        }
        update.begin(section, entity, components: bits(rows), byteCount: encoded.reduce(0) { $0 + $1.count })
        for bytes in encoded { update.row(bytes[...]) }
    }

    private func bits(_ rows: [BareRow]) -> UInt64 {
        let components = updateComponents(engine.schema.clientView)
        return rows.reduce(0) { bits, row in bits | 1 << UInt64(components.firstIndex { $0.id == row.component }!) }
    }

    func tell(_ event: EmittedEvent, _ output: TickOutput) {
        let frame = ServerFrame.event(tick: output.tick, kind: event.kind, payload: Array(output.eventBytes[event.bytes]))
        for peer in peers where peer.isInWorld && hears(peer, event.audience) { frame.encode(to: &peer.out) }
    }

    private func hears(_ peer: BarePeer, _ audience: EventAudience) -> Bool {
        switch audience {
        case .all: true
        case .avatar(let avatar): peer.avatar == avatar
        case .disc(let x, let y, let radius): peer.avatar.isNone || distance(of: peer.avatar, to: (x, y)) <= radius
        }
    }

    func answerAudit(of peer: BarePeer) {
        guard let request = peer.audit else { return }
        peer.audit = nil
        let rows = visibleRows(to: peer).flatMap { entity, rows in
            rows.map { row in
                let hash = ValueHash.of(component: row.component, row: row.bytes)
                return AuditRow(entity: entity, component: row.component, valueHash: hash, isInner: true)
            }
        }
        // A world of these tests is far smaller than a frame; a longer answer would trap here.
        ServerFrame.auditAnswer(AuditAnswer(request: request, tick: engine.tick, rows: rows)).encode(to: &peer.out)
        peer.session.auditAnswered()
    }

    private func visibleRows(to peer: BarePeer) -> SortedMap<Entity, [BareRow]> {
        let isMonitor = peer.avatar.isNone
        var visible = SortedMap<Entity, [BareRow]>()
        for (entity, rows) in rowsNow() {
            let isOwned = !isMonitor && (entity == peer.avatar || rows.contains { $0.owner == peer.avatar })
            guard isMonitor || isOwned || sees(peer, entity) else { continue }
            let seen = rows.filter { isOwned || !$0.isOwnerOnly }
            if !seen.isEmpty { visible[entity] = seen }
        }
        return visible
    }

    /// Everything that may leave the world at all, ascending by component.
    private func rowsNow() -> SortedMap<Entity, [BareRow]> {
        if let rows, rows.tick == engine.tick { return rows.all }
        var all: [Entity: [BareRow]] = [:]
        engine.forEachVisibleRow { entity, component, bytes in
            guard let known = engine.schema.component(component) else { preconditionFailure("a row of an unknown component") }
            let owner = known.row.ownerOffset.map { Entity(raw: bytes[$0..<$0 + 8].reduce(0) { $0 << 8 | UInt64($1) }) }
            all[entity, default: []].append(BareRow(component: component, bytes: bytes, owner: owner, isOwnerOnly: known.visibility == .owner))
        }
        var sorted = SortedMap<Entity, [BareRow]>()
        for (entity, rows) in all.sorted(by: { $0.key < $1.key }) { sorted[entity] = rows.sorted { $0.component < $1.component } }
        rows = (engine.tick, sorted)
        return sorted
    }

    /// Within the inner radius, or still within the outer one.
    private func sees(_ peer: BarePeer, _ entity: Entity) -> Bool {
        guard let position = engine.schema.position, let place = engine.place(of: peer.avatar) else { return false }
        return distance(of: entity, to: place) <= (peer.shown[entity] == nil ? position.inner : position.outer)
    }

    /// Infinitely far without a place.
    private func distance(of entity: Entity, to place: (x: Double, y: Double)) -> Double {
        guard let own = engine.place(of: entity) else { return .infinity }
        return ((own.x - place.x) * (own.x - place.x) + (own.y - place.y) * (own.y - place.y)).squareRoot()
    }
}
