import OrgeLink
import OrgeSchema
import OrgeWorld

/// All visible rows after one tick, arranged for telling what each client must and may see. Made from the world's own rows and from nothing
/// that the edge goes by, so that it catches the edge's mistakes too.
struct AuditIndex {
    private struct Row {
        var entity: Entity
        var component: UInt16
        var hash: UInt64
        var isOwnerOnly: Bool
    }

    private struct Thing {
        var entity: Entity
        var rows: Range<Int>
        var place: (x: Double, y: Double)?
        var owners: [Entity] = []
    }

    let tick: UInt64
    private let position: WorldSchema.Position?
    private var rows: [Row] = []
    private var things: [Thing] = []

    init(_ engine: WorldEngine) {
        tick = engine.tick
        position = engine.schema.position
        let components = engine.schema.components
        var owners: [(entity: Entity, owner: Entity)] = []
        engine.forEachVisibleRow { entity, component, bytes in
            let known = components[Int(component)]
            rows.append(
                Row(entity: entity, component: component, hash: ValueHash.of(component: component, row: bytes), isOwnerOnly: known.visibility == .owner))
            if let offset = known.row.ownerOffset { owners.append((entity, owner(in: bytes, at: offset))) }
        }
        rows.sort { ($0.entity, $0.component) < ($1.entity, $1.component) }
        owners.sort { $0.entity < $1.entity }
        gather(engine, owners)
    }

    private mutating func gather(_ engine: WorldEngine, _ owners: [(entity: Entity, owner: Entity)]) {
        var nextOwner = 0
        var start = 0
        while start < rows.count {
            let entity = rows[start].entity
            var end = start
            while end < rows.count && rows[end].entity == entity { end += 1 }
            var thing = Thing(entity: entity, rows: start..<end, place: engine.place(of: entity))
            while nextOwner < owners.count && owners[nextOwner].entity == entity {
                thing.owners.append(owners[nextOwner].owner)
                nextOwner += 1
            }
            things.append(thing)
            start = end
        }
    }

    /// - Parameter avatar: nil for a monitor, which sees whatever everybody may see.
    func answer(_ request: UInt64, avatar: Entity?, world: UInt16) -> [[UInt8]] {
        var writer = HostAuditWriter(world: world, request: request, tick: tick)
        var frames: [[UInt8]] = []
        let center = avatar.flatMap { avatar in things.first { $0.entity == avatar }?.place }
        for thing in things {
            let isOwned = avatar.map { thing.entity == $0 || thing.owners.contains($0) } ?? false
            guard let isInner = avatar == nil || isOwned ? true : reach(thing, from: center) else { continue }
            for row in rows[thing.rows] where isOwned || !row.isOwnerOnly {
                if let full = writer.row(row.entity, row.component, valueHash: row.hash, isInner: isInner) { frames.append(full) }
            }
        }
        frames.append(writer.finish())
        return frames
    }

    /// True within the inner radius, false within the outer one, nil beyond.
    private func reach(_ thing: Thing, from center: (x: Double, y: Double)?) -> Bool? {
        guard let position, let center, let place = thing.place else { return nil }
        let x = place.x - center.x
        let y = place.y - center.y
        let square = x * x + y * y
        if square <= position.inner * position.inner { return true }
        return square <= position.outer * position.outer ? false : nil
    }
}

private func owner(in row: [UInt8], at offset: Int) -> Entity {
    var raw: UInt64 = 0
    for byte in row[offset..<offset + 8] { raw = raw << 8 | UInt64(byte) }
    return Entity(raw: raw)
}
