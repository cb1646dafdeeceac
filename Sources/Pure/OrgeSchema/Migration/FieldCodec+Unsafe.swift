/// Reads and writes a single field's canonical bytes as a value of its type.
package final class FieldCodec<Value: FieldType & BitwiseCopyable>: Sendable {
    private struct Cell: BitwiseCopyable {
        var value: Value
    }

    private let plan = RowPlan(Cell.self)

    package init() {}

    /// - Precondition: the bytes are a valid field of the type's kind.
    package func value(_ bytes: ArraySlice<UInt8>) -> Value {
        unsafe withUnsafeTemporaryAllocation(of: Cell.self, capacity: 1) { memory in
            guard let base = memory.baseAddress else { preconditionFailure("memory for a field") }
            let raw = UnsafeMutableRawPointer(base)
            unsafe raw.initializeMemory(as: UInt8.self, repeating: 0, count: MemoryLayout<Cell>.stride)
            guard unsafe plan.decode(whole: Array(bytes), at: raw) == nil else { preconditionFailure("fields are migrated after they were validated") }
            return unsafe base.pointee.value
        }
    }

    package func bytes(_ value: Value) -> [UInt8] {
        var writer = ByteWriter()
        plan.encode(Cell(value: value), to: &writer)
        return writer.bytes
    }
}
