import OrgeSchema

/// A record type's canonical rows as typed values and back, for code that has the type and no world: tests.
package struct RecordCoding<Row: Record> {
    private let plan = RowPlan(Row.self, rules: Row.fields)

    package init() {}

    package func encode(_ value: Row) -> [UInt8] {
        var writer = ByteWriter(capacity: plan.layout.maxBytes)
        plan.encode(value, to: &writer)
        return writer.take()
    }

    /// - Returns: nil when the bytes are no row of the type.
    package func decode(_ row: [UInt8]) -> Row? {
        let memory = RowMemory()
        defer { memory.free() }
        return memory.decode(row, plan) == nil ? memory.load() : nil
    }
}
