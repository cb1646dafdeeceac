import OrgeSchema

/// Changes that a query's body makes beyond the visited rows: applied in order when the query ends, so that the query walks unchanged columns.
@safe struct DeferredChanges {
    enum Tag: UInt8 {
        case set, remove, despawn
    }

    struct Operation {
        var tag: Tag
        var column: UInt16
        var entity: Entity
        var offset: Int
    }

    private(set) var operations: ContiguousArray<Operation> = []
    private var arena: ContiguousArray<UInt8> = []

    var isEmpty: Bool { operations.isEmpty }

    mutating func removeAll() {
        operations.removeAll(keepingCapacity: true)
        arena.removeAll(keepingCapacity: true)
    }

    mutating func log(_ tag: Tag, column: UInt16 = 0, entity: Entity) {
        operations.append(Operation(tag: tag, column: column, entity: entity, offset: arena.count))
    }

    mutating func logSet(column: UInt16, entity: Entity, row: UnsafeRawPointer, size: Int) {
        log(.set, column: column, entity: entity)
        unsafe arena.append(contentsOf: UnsafeRawBufferPointer(start: row, count: size))
    }

    func withRow(of operation: Operation, _ body: (UnsafeRawPointer) -> Void) {
        unsafe arena.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            unsafe body(base + operation.offset)
        }
    }
}
