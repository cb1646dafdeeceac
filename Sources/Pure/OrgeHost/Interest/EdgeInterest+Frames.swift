import OrgeLink
import OrgeSchema
import OrgeWorld

/// What an edge with an interest is sent.
extension EdgeInterest {
    /// Follows a tick.
    /// - Returns: the part of its release with the rows that the edge holds, and all its events; none when it has neither.
    mutating func frames(
        _ output: TickOutput, _ head: ReleaseHead, _ cells: EntityCells, seen: ContiguousArray<SeenCells>, _ state: borrowing HostState
    ) -> [[UInt8]] {
        let changes = output.changes
        var writer = ReleaseWriter(head, world: state.engine.worldNumber)
        for entity in changes.despawned where forget(Int(entity.slot)) { writer.removed(entity) }
        follow(cells, moved: cells.moved, seen: seen)
        for slot in left { if let entity = state.engine.entity(at: slot) { writer.removed(entity) } }
        var rows = ContiguousArray<ChangeSet.Row>()
        for row in changes.visibleRows where kept(Int(row.entity.slot)) { rows.append(row) }
        for row in rows where row.bytes == nil { writer.unset(row.entity, row.component) }
        for row in rows {
            if let bytes = row.bytes { writer.set(row.entity, row.component, row: changes.bytes[bytes]) }
        }
        // Entities that enter are sent whole, and so not by their changes.
        for slot in entered {
            guard let entity = state.engine.entity(at: slot) else { continue }
            state.engine.forEachVisibleRow(of: entity) { writer.set(entity, $0, row: $1[...]) }
        }
        for event in output.events {
            writer.event(event.kind, to: event.audience, isReliable: event.isReliable, payload: output.eventBytes[event.bytes])
        }
        return writer.isEmpty ? [] : writer.finish(isLast: false)
    }
}
