package import OrgeSchema

extension SentView {
    /// Calls with each entity that the client has in view and the rows that it holds of it, by component: of a client that has read everything it was sent.
    /// - Precondition: the view was brought to the replica's tick.
    package func forEachEntity(_ replica: borrowing Replica, _ visit: (Entity, [(component: UInt16, row: ArraySlice<UInt8>)]) -> Void) {
        precondition(tick == replica.tick, "a view of tick \(tick), and a replica of tick \(replica.tick)")
        for entity in known {
            var rows: [(component: UInt16, row: ArraySlice<UInt8>)] = []
            var left = replica.rows(entity.slot) & ViewBuilder.visible(entity, replica)
            while left != 0 {
                let column = left.trailingZeroBitCount
                rows.append((replica.columns[column].component, replica.columns[column].present(entity.slot)))
                left &= left - 1
            }
            visit(entity.entity(in: replica.number), rows)
        }
    }
}
