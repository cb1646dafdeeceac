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
        if kind == .i32 { return unsafe Double(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: Int32.self))) }
        var raw: UInt64 = 0
        for index in start..<start + kind.byteCount { raw = unsafe raw << 8 | UInt64(bytes[index]) }
        switch kind {
        case .i8: return Double(Int8(truncatingIfNeeded: raw))
        case .i16: return Double(Int16(truncatingIfNeeded: raw))
        case .i32: return Double(Int32(truncatingIfNeeded: raw))
        case .i64: return Double(Int64(bitPattern: raw))
        case .u8, .u16, .u32, .u64: return Double(raw)
        case .f32: return number(Double(Float(bitPattern: UInt32(raw))))
        case .f64: return number(Double(bitPattern: raw))
        case .bool, .entity: preconditionFailure("no coordinate")
        }
    }

    private static func number(_ value: Double) -> Double { value.isNaN ? 0 : value }
}
