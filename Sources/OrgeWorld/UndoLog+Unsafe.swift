import OrgeSchema

/// What a transaction did, so that it can be taken back: one log of tagged operations, the old bytes of rows beside it.
///
/// Undoing walks it backwards. It covers rows written, added and removed, entities spawned and despawned, and accounts; events and random
/// draws are taken back by length and by construction. Memory is kept from one transaction to the next.
@safe struct UndoLog {
    enum Tag: UInt8 {
        case wrote, added, removed
        case spawned, despawned
    }

    struct Operation {
        var tag: Tag
        var column: UInt16
        var entity: Entity
        /// Where in the arena the old row lies.
        var offset: Int
    }

    private(set) var operations: ContiguousArray<Operation> = []
    private var arena: UnsafeMutableRawPointer = .allocate(byteCount: 4_096, alignment: 16)
    private var arenaCapacity = 4_096
    private var arenaCount = 0

    var isEmpty: Bool { operations.isEmpty }

    func free() { unsafe arena.deallocate() }

    mutating func removeAll() {
        operations.removeAll(keepingCapacity: true)
        arenaCount = 0
    }

    mutating func log(_ tag: Tag, column: UInt16 = 0, entity: Entity) {
        operations.append(Operation(tag: tag, column: column, entity: entity, offset: arenaCount))
    }

    /// Logs with a copy of the row as it is.
    mutating func log(_ tag: Tag, column: UInt16, entity: Entity, row: UnsafeRawPointer, stride: Int) {
        log(tag, column: column, entity: entity)
        if arenaCount + stride > arenaCapacity { grow(arenaCount + stride) }
        unsafe (arena + arenaCount).copyMemory(from: row, byteCount: stride)
        arenaCount += stride
    }

    private mutating func grow(_ need: Int) {
        let capacity = max(need, arenaCapacity * 2)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        unsafe larger.copyMemory(from: arena, byteCount: arenaCount)
        unsafe arena.deallocate()
        unsafe arena = larger
        arenaCapacity = capacity
    }

    /// The old row of an operation.
    func row(of operation: Operation) -> UnsafeRawPointer { unsafe UnsafeRawPointer(arena + operation.offset) }
}

/// What a query's body wants changed beyond the rows in its hands: done in order when the query ends, so that what it walks over stays put.
@safe struct DeferredLog {
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
