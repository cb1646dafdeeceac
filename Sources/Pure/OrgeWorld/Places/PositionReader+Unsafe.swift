import OrgeSchema

/// Reads the two coordinates of a row in memory.
struct PositionReader {
    let column: Int
    private let x: (offset: Int, kind: ScalarKind)
    private let y: (offset: Int, kind: ScalarKind)

    /// - Precondition: both fields are integers of at most 32 bits or floats.
    init(_ position: WorldSchema.Position, plan: RowPlan) {
        func field(_ index: UInt16) -> (Int, ScalarKind) {
            let field = plan.layout.fields[Int(index)]
            guard case .scalar(let kind) = field.kind, Self.canRead(kind) else { preconditionFailure("not a type of coordinates") }
            return (plan.memoryOffset(ofField: Int(index)), kind)
        }
        column = Int(position.component)
        x = field(position.x)
        y = field(position.y)
    }

    static func canRead(_ kind: ScalarKind) -> Bool { kind.isReal || kind.isInteger && kind.byteCount <= 4 }

    func read(_ row: UnsafeRawPointer) -> (x: Double, y: Double) {
        unsafe (Self.read(row + x.offset, x.kind), Self.read(row + y.offset, y.kind))
    }

    /// Clears the column's marks of stale rows and calls for each, in order of slots, with its position; nil when the row was removed.
    @inline(__always)
    func drainStale(_ column: Column, _ visit: (_ slot: Int, _ point: (x: Double, y: Double)?) -> Void) {
        unsafe column.drainStale { slot, isPresent, row in visit(slot, isPresent ? unsafe read(row) : nil) }
    }

    /// The same of the rows that are held from before a query.
    @inline(__always)
    func drain(_ held: inout HeldRows, _ column: Column, _ visit: (_ slot: Int, _ point: (x: Double, y: Double)?) -> Void) {
        unsafe held.drain(column) { slot, isPresent, row in visit(slot, isPresent ? unsafe read(row) : nil) }
    }

    /// NaN reads as 0.
    private static func read(_ field: UnsafeRawPointer, _ kind: ScalarKind) -> Double {
        switch kind {
        case .i8: unsafe Double(field.load(as: Int8.self))
        case .i16: unsafe Double(field.load(as: Int16.self))
        case .i32: unsafe Double(field.load(as: Int32.self))
        case .u8: unsafe Double(field.load(as: UInt8.self))
        case .u16: unsafe Double(field.load(as: UInt16.self))
        case .u32: unsafe Double(field.load(as: UInt32.self))
        case .f32: unsafe number(Double(field.load(as: Float.self)))
        case .f64: unsafe number(field.load(as: Double.self))
        case .bool, .i64, .u64, .entity: preconditionFailure("not a type of coordinates")
        }
    }

    private static func number(_ value: Double) -> Double { value.isNaN ? 0 : value }
}
