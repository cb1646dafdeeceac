import OrgeSchema

/// Memory for one row: the engine decodes into it without knowing the type, a command's entry loads the typed value from it.
@safe @usableFromInline struct RowMemory {
    /// Room for the largest row, aligned for every field type.
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

    /// Decodes `payload`, which must be exactly one row.
    /// - Returns: why it is not; nil when it is.
    func decode(_ payload: [UInt8], _ plan: RowPlan) -> DecodeError? { unsafe plan.decode(whole: payload, at: base) }

    func keepsRules(_ plan: RowPlan) -> Bool { unsafe plan.keepsRules(at: base) }
}
