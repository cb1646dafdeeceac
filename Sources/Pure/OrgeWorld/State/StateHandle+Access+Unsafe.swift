import OrgeSchema

/// Access shared by ``Turn`` and ``Visit`` that only reads: columns by type, rows by entity.
///
/// Functions of the handle and not of the state: a call that borrows the state from another module copies all of it first.
extension StateHandle {
    @inlinable @inline(__always)
    func column<C: Component>(reading _: C.Type) -> Int {
        guard let number = state.types.number(TypeTable.key(C.self)) else { Self.unregistered(C.self) }
        guard state.readMask & (1 << UInt64(number)) != 0 else { undeclared(C.self, "reads") }
        return number
    }

    @inlinable @inline(__always)
    func column<C: Component>(writing _: C.Type) -> Int {
        guard let number = state.types.number(TypeTable.key(C.self)) else { Self.unregistered(C.self) }
        guard state.writeMask & (1 << UInt64(number)) != 0 else { undeclared(C.self, "writes") }
        return number
    }

    @usableFromInline static func unregistered(_ type: Any.Type) -> Never { trapForMissingPart(type) }

    @usableFromInline func undeclared(_ type: any Component.Type, _ what: String) -> Never {
        trapForAuthor("the system \(state.running) \(what) \(type), which is not in its `\(what)`")
    }

    /// The entity's row, or nil when the entity is gone or has none.
    @inlinable @inline(__always)
    func value<C: Component>(_ column: Int, _ entity: Entity) -> C? {
        guard let row = unsafe row(column, entity) else { return nil }
        return unsafe row.load(as: C.self)
    }

    @usableFromInline func hasRow(_ column: Int, _ entity: Entity) -> Bool { unsafe row(column, entity) != nil }

    @usableFromInline func row(_ column: Int, _ entity: Entity) -> UnsafeRawPointer? { unsafe state.rowIfPresent(column, entity) }
}
