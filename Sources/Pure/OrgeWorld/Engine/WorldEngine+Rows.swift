package import OrgeSchema

/// Reading a world from outside, between ticks.
extension WorldEngine {
    /// Calls with every row of every component that is not server-only, by component and slot.
    package func forEachVisibleRow(_ visit: (_ entity: Entity, _ component: UInt16, _ row: [UInt8]) -> Void) {
        for component in schema.components where component.visibility != .server {
            core.state.forEachRow(Int(component.id)) { entity, row in visit(entity, component.id, row) }
        }
    }

    /// Calls with every row of an entity that is not server-only, by component.
    package func forEachVisibleRow(of entity: Entity, _ visit: (_ component: UInt16, _ row: [UInt8]) -> Void) {
        for component in schema.components where component.visibility != .server {
            if let row = core.state.encodedRow(Int(component.id), entity) { visit(component.id, row) }
        }
    }

    /// The entity's position; nil when it is gone or has none.
    package func place(of entity: Entity) -> (x: Double, y: Double)? { core.state.currentPlace(of: entity) }

    package func isAlive(_ entity: Entity) -> Bool { core.state.entities.isAlive(entity) }

    /// The canonical bytes of one row.
    package func row(_ entity: Entity, _ component: UInt16) -> [UInt8]? {
        guard Int(component) < schema.components.count else { return nil }
        return core.state.encodedRow(Int(component), entity)
    }

    /// All living entities, by slot.
    package var entities: [Entity] { (0..<slotCount).compactMap(entity(at:)) }

    /// Slots that were ever given to an entity.
    package var slotCount: Int { core.state.entities.slotCount }

    /// The entity that lives in the slot.
    package func entity(at slot: Int) -> Entity? { core.state.entities.entityIfAlive(at: slot) }

    /// The entities whose position is at most `radius` away, in no particular order that a client may rely on; none in a world without `Sight`.
    package func entities(nearX x: Double, y: Double, radius: Double) -> [Entity] {
        schema.position == nil ? [] : core.state.near(x, y, radius)
    }
}
