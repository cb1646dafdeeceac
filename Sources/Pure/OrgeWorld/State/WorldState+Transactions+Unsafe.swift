import OrgeSchema

/// Transactions.
extension WorldState {
    /// The lengths to which a failed transaction is rolled back.
    struct Mark {
        var outbox: Outbox.Mark
        var despawned: Int
        /// Of ``StateChanges/entities``.
        var followed: Int
    }

    mutating func begin() -> Mark {
        precondition(undo.isEmpty && !isQuerying, "a transaction inside another")
        isLogging = true
        return Mark(outbox: outbox.mark, despawned: despawned.count, followed: followed.entities.count)
    }

    mutating func commit() {
        isLogging = false
        undo.removeAll()
    }

    mutating func rollBack(to mark: Mark) {
        isLogging = false
        for index in (0..<undo.count).reversed() { undo(undo[index]) }
        undo.removeAll()
        outbox.truncate(to: mark.outbox)
        if despawned.count > mark.despawned { despawned.removeLast(despawned.count - mark.despawned) }
        if followed.entities.count > mark.followed { followed.entities.removeLast(followed.entities.count - mark.followed) }
    }

    private mutating func undo(_ operation: UndoLog.Operation) {
        let column = Int(operation.column)
        let slot = Int(operation.entity.slot)
        switch operation.tag {
        case .wrote:
            unsafe columns[column].willWrite(slot)
            unsafe columns[column].row(slot).copyMemory(from: undo.row(of: operation), byteCount: columns[column].stride)
        case .added: unsafe columns[column].setPresent(slot, false)
        case .removed:
            unsafe columns[column].setPresent(slot, true)
            unsafe columns[column].row(slot).copyMemory(from: undo.row(of: operation), byteCount: columns[column].stride)
        case .spawned: entities.undoSpawn(operation.entity)
        case .despawned: entities.undoDespawn(operation.entity)
        }
    }
}
