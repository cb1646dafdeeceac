/// Reads an entity's place out of the canonical bytes of its position.
package struct PlaceReader: Sendable {
    package let component: UInt16
    private let x: (offset: Int, kind: ScalarKind)
    private let y: (offset: Int, kind: ScalarKind)

    /// - Returns: nil when the schema's position is not made of two numbers at fixed places: then nothing has one.
    package init?(_ position: WorldSchema.Position, _ row: RowLayout) {
        func field(_ index: UInt16) -> (Int, ScalarKind)? {
            guard Int(index) < row.fields.count, case .scalar(let kind) = row.fields[Int(index)].kind, kind.isReal || kind.isInteger,
                let offset = row.fixedOffset(ofField: Int(index))
            else { return nil }
            return (offset, kind)
        }
        guard let x = field(position.x), let y = field(position.y) else { return nil }
        component = position.component
        self.x = x
        self.y = y
    }

    /// - Precondition: the row is as long as its layout says.
    package func read(_ bytes: [UInt8], at start: Int) -> (x: Double, y: Double) {
        unsafe bytes.withUnsafeBytes { bytes in unsafe (Self.read(bytes, start + x.offset, x.kind), Self.read(bytes, start + y.offset, y.kind)) }
    }

    /// What is not a number lies at the origin, as in the world itself.
    private static func read(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ kind: ScalarKind) -> Double {
        precondition(start >= 0 && start + kind.byteCount <= bytes.count, "a row that is shorter than its layout")
        // A million of these a tick: one load, not a loop over bytes.
        func load<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) -> Number {
            unsafe Number(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: Number.self))
        }
        switch kind {
        case .i8: return Double(load(Int8.self))
        case .i16: return Double(load(Int16.self))
        case .i32: return Double(load(Int32.self))
        case .i64: return Double(load(Int64.self))
        case .u8: return Double(load(UInt8.self))
        case .u16: return Double(load(UInt16.self))
        case .u32: return Double(load(UInt32.self))
        case .u64: return Double(load(UInt64.self))
        case .f32: return number(Double(Float(bitPattern: load(UInt32.self))))
        case .f64: return number(Double(bitPattern: load(UInt64.self)))
        case .bool, .entity: preconditionFailure("no coordinate")
        }
    }

    private static func number(_ value: Double) -> Double { value.isNaN ? 0 : value }
}
