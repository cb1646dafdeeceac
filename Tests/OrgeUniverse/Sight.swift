import OrgeSchema
import OrgeWorld

/// What one client must and may see of a world at rest, worked out from the protocol's page and nothing else.
struct Sight {
    enum Verdict { case must, may, mustNot, differs }

    private var rows: [RowHistory.Key: (row: [UInt8], isInner: Bool)] = [:]
    private(set) var mustCount = 0

    /// - Parameter avatar: nil for a monitor.
    init(_ engine: WorldEngine, avatar: Entity?) {
        let schema = engine.schema
        var owned: Set<Entity> = avatar.map { [$0] } ?? []
        engine.forEachVisibleRow { entity, component, row in
            guard let avatar, let offset = schema.components[Int(component)].row.ownerOffset else { return }
            if row[offset..<offset + 8].reduce(0, { $0 << 8 | UInt64($1) }) == avatar.raw { owned.insert(entity) }
        }
        let center = avatar.flatMap { engine.place(of: $0) }
        engine.forEachVisibleRow { entity, component, row in
            let isMine = owned.contains(entity)
            guard isMine || schema.components[Int(component)].visibility == .everyone else { return }
            guard let isInner = avatar == nil || isMine ? true : Self.reach(engine, entity, center) else { return }
            rows[RowHistory.Key(entity: entity, component: component)] = (row, isInner)
            if isInner { mustCount += 1 }
        }
    }

    /// True within the inner radius, false within the outer one.
    private static func reach(_ engine: WorldEngine, _ entity: Entity, _ center: (x: Double, y: Double)?) -> Bool? {
        guard let position = engine.schema.position, let center, let place = engine.place(of: entity) else { return nil }
        let square = (place.x - center.x) * (place.x - center.x) + (place.y - center.y) * (place.y - center.y)
        if square <= position.inner * position.inner { return true }
        return square <= position.outer * position.outer ? false : nil
    }

    func row(_ entity: Entity, _ component: UInt16, _ row: [UInt8]) -> Verdict {
        guard let known = rows[RowHistory.Key(entity: entity, component: component)] else { return .mustNot }
        if known.row != row { return .differs }
        return known.isInner ? .must : .may
    }
}
