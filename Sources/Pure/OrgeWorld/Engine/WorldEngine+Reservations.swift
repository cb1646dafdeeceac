/// Address space that a running world takes for the rows of one component.
package struct RowReservation: Equatable, Sendable {
    package var component: String
    /// Of one row in memory.
    package var rowBytes: Int
    package var entityLimit: Int
    /// For rows and their hashes.
    package var byteCount: Int
}

extension WorldEngine {
    /// What an engine of the world reserves, by component. Tables that all worlds have take at most a few hundred MiB beside it.
    /// - Precondition: its declaration is valid.
    package static func reservations<W: World>(of world: W.Type) -> [RowReservation] {
        let registry = Registry(W.self)
        return zip(registry.schema.components, registry.stateLayout.components).map { component, layout in
            RowReservation(
                component: component.name, rowBytes: layout.stride, entityLimit: W.entityLimit,
                byteCount: Column.reservedBytes(stride: layout.stride, entityLimit: W.entityLimit))
        }
    }
}
