import OrgeSchema

/// One row in memory, wherever its type is known again: the engine decodes into it, a command's entry loads from it.
@safe @usableFromInline struct RowMemory {
    /// Room for the largest row, aligned for every type that a field can have.
    @usableFromInline let base: UnsafeMutableRawPointer

    @usableFromInline static var byteCount: Int { RowPlan.sizeLimit }

    init() { unsafe base = .allocate(byteCount: Self.byteCount, alignment: 64) }

    func free() { unsafe base.deallocate() }

    /// The row as a value of its type.
    /// - Precondition: a row of that type was decoded into the memory.
    @inlinable
    func load<Row: Record>() -> Row {
        precondition(MemoryLayout<Row>.size <= Self.byteCount, "a row larger than its memory")
        return unsafe base.load(as: Row.self)
    }

    /// Reads a row that is all there is in `payload`.
    /// - Returns: why it is none.
    func decode(_ payload: [UInt8], _ plan: RowPlan) -> DecodeError? { unsafe plan.decode(whole: payload, at: base) }

    func keepsRules(_ plan: RowPlan) -> Bool { unsafe plan.keepsRules(at: base) }
}

extension Core {
    /// Writes or adds a row out of memory.
    mutating func set(_ column: Int, _ entity: Entity, _ row: RowMemory, size: Int) {
        unsafe set(column, entity, UnsafeRawPointer(row.base), size: size)
    }
}
