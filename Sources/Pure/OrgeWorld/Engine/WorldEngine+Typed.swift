package import OrgeSchema

/// Typed access between ticks, for tests in the world's own language.
extension WorldEngine {
    /// The entity's row; nil when the entity is gone or has none.
    package func value<C: Component>(_ entity: Entity, _: C.Type) -> C? {
        let column = core.column(reading: C.self)
        return core.value(column, entity)
    }

    /// All entities with the component, by slot.
    package func values<C: Component>(_: C.Type) -> [(entity: Entity, row: C)] {
        var found: [(entity: Entity, row: C)] = []
        for entity in entities { if let row = value(entity, C.self) { found.append((entity, row)) } }
        return found
    }

    /// All living entities with the canonical rows of every component, server-only ones too: by slot, then by component.
    package func forEachEntity(_ visit: (_ entity: Entity, _ rows: [(component: WorldSchema.Component, row: [UInt8])]) -> Void) {
        for entity in entities {
            visit(entity, schema.components.compactMap { component in row(entity, component.id).map { (component, $0) } })
        }
    }

    /// Changes the world between two ticks, as one transaction. Not an input: no journal records it, so nothing but a test may do it.
    package func change(_ body: (inout Turn) throws(Refusal) -> Void) throws(Refusal) {
        let mark = core.state.begin()
        var turn = Turn(core, avatar: .none, drawSeed: drawSeed(.change, 0))
        do throws(Refusal) {
            try body(&turn)
            core.state.commit()
        } catch {
            core.state.rollBack(to: mark)
            throw error
        }
    }
}
