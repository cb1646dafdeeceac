import OrgeSchema

/// The operations of a transaction with the old bytes of rows, so that a rollback can revert them in reverse order.
///
/// It covers rows written, added and removed, and entities spawned and despawned. Events are reverted by length; random draws need no undo.
/// Memory is reused from one transaction to the next.
@safe struct UndoLog {
    enum Tag: UInt8 {
        case wrote, added, removed
        case spawned, despawned
    }

    struct Operation {
        var tag: Tag
        var column: UInt16
        var entity: Entity
        /// Offset of the old row in the arena.
        var offset: Int
    }

    private var operations: UnsafeMutablePointer<Operation> = .allocate(capacity: 64)
    private var capacity = 64
    private(set) var count = 0
    private var arena: UnsafeMutableRawPointer = .allocate(byteCount: 4_096, alignment: 16)
    private var arenaCapacity = 4_096
    private var arenaCount = 0

    var isEmpty: Bool { count == 0 }

    func free() {
        unsafe operations.deallocate()
        unsafe arena.deallocate()
    }

    mutating func removeAll() {
        count = 0
        arenaCount = 0
    }

    subscript(index: Int) -> Operation {
        precondition(index >= 0 && index < count, "no such operation")
        return unsafe operations[index]
    }

    @inline(__always)
    mutating func log(_ tag: Tag, column: UInt16 = 0, entity: Entity) {
        if count == capacity { growOperations() }
        unsafe (operations + count).initialize(to: Operation(tag: tag, column: column, entity: entity, offset: arenaCount))
        count += 1
    }

    /// Logs an operation with a copy of the row.
    @inline(__always)
    mutating func log(_ tag: Tag, column: UInt16, entity: Entity, row: UnsafeRawPointer, stride: Int) {
        log(tag, column: column, entity: entity)
        if arenaCount + stride > arenaCapacity { growArena(arenaCount + stride) }
        unsafe (arena + arenaCount).copyMemory(from: row, byteCount: stride)
        arenaCount += stride
    }

    private mutating func growOperations() {
        let larger = UnsafeMutablePointer<Operation>.allocate(capacity: capacity * 2)
        unsafe larger.update(from: operations, count: count)
        unsafe operations.deallocate()
        unsafe operations = larger
        capacity *= 2
    }

    private mutating func growArena(_ need: Int) {
        let larger = max(need, arenaCapacity * 2)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        unsafe memory.copyMemory(from: arena, byteCount: arenaCount)
        unsafe arena.deallocate()
        unsafe arena = memory
        arenaCapacity = larger
    }

    /// The old row of an operation.
    func row(of operation: Operation) -> UnsafeRawPointer { unsafe UnsafeRawPointer(arena + operation.offset) }
}
