/// A field's rule as plain numbers, for rows in memory.
struct RowRule: BitwiseCopyable, Sendable {
    enum Tag: UInt8 {
        case notEmpty, signed, unsigned, real
    }

    var tag: Tag
    var scalar = ScalarKind.u8
    /// The field is a list: a count, then that many elements.
    var isList = false
    var isFinite = false
    var offset: UInt32
    var count: UInt32 = 1
    /// Bounds, by bit pattern, both included.
    var low: UInt64 = 0
    var high: UInt64 = 0

    /// The rules of fields at offsets in memory.
    static func rules(_ fields: some Sequence<(Int, FieldSchema)>) -> [RowRule] {
        var rules: [RowRule] = []
        for (offset, field) in fields where field.constraint.isRestrictive {
            let first = RowRule(tag: .notEmpty, offset: UInt32(offset))
            switch field.kind {
            case .text:
                if field.constraint.notEmpty { rules.append(first) }
            case .list(let scalar, let capacity):
                if field.constraint.notEmpty { rules.append(first) }
                rules.append(contentsOf: first.numbers(scalar, field.constraint, UInt32(capacity), isList: true))
            case .vector(let scalar, let count): rules.append(contentsOf: first.numbers(scalar, field.constraint, UInt32(count)))
            case .scalar(let scalar): rules.append(contentsOf: first.numbers(scalar, field.constraint, 1))
            case .choice: break
            }
        }
        return rules
    }

    private func numbers(_ scalar: ScalarKind, _ constraint: FieldConstraint, _ count: UInt32, isList: Bool = false) -> [RowRule] {
        var rule = self
        rule.scalar = scalar
        rule.count = count
        rule.isList = isList
        rule.isFinite = constraint.finite && scalar.isReal
        switch constraint.range {
        case .signed(let range)? where scalar.isInteger && scalar.isSigned:
            (rule.tag, rule.low, rule.high) = (.signed, UInt64(bitPattern: range.lowerBound), UInt64(bitPattern: range.upperBound))
        case .unsigned(let range)? where scalar.isInteger && !scalar.isSigned:
            (rule.tag, rule.low, rule.high) = (.unsigned, range.lowerBound, range.upperBound)
        case .real(let range)? where scalar.isReal:
            (rule.tag, rule.low, rule.high) = (.real, range.lowerBound.bitPattern, range.upperBound.bitPattern)
        case .signed?, .unsigned?, .real?, nil:
            guard rule.isFinite else { return [] }
            (rule.tag, rule.low, rule.high) = (.real, (-Double.infinity).bitPattern, Double.infinity.bitPattern)
        }
        return [rule]
    }

    func holds(at base: UnsafeRawPointer) -> Bool {
        let field = unsafe base + Int(offset)
        if tag == .notEmpty { return unsafe field.load(as: UInt16.self) > 0 }
        guard isList else { return unsafe holds(field, Int(count)) }
        let used = unsafe Int(field.load(as: UInt16.self))
        precondition(used <= Int(count), "a list over its capacity")
        return unsafe holds(field + listGap(scalar), used)
    }

    private func holds(_ numbers: UnsafeRawPointer, _ count: Int) -> Bool {
        for index in 0..<count {
            guard unsafe holds(numbers + index * scalar.byteCount) else { return false }
        }
        return true
    }

    @inline(__always)
    private func holds(_ number: UnsafeRawPointer) -> Bool {
        func signed(_ value: Int64) -> Bool { value >= Int64(bitPattern: low) && value <= Int64(bitPattern: high) }
        func unsigned(_ value: UInt64) -> Bool { value >= low && value <= high }
        func real(_ value: Double) -> Bool {
            value >= Double(bitPattern: low) && value <= Double(bitPattern: high) && (!isFinite || value.isFinite)
        }
        return switch scalar {
        case .i8: unsafe signed(Int64(number.loadUnaligned(as: Int8.self)))
        case .i16: unsafe signed(Int64(number.loadUnaligned(as: Int16.self)))
        case .i32: unsafe signed(Int64(number.loadUnaligned(as: Int32.self)))
        case .i64: unsafe signed(number.loadUnaligned(as: Int64.self))
        case .u8: unsafe unsigned(UInt64(number.loadUnaligned(as: UInt8.self)))
        case .u16: unsafe unsigned(UInt64(number.loadUnaligned(as: UInt16.self)))
        case .u32: unsafe unsigned(UInt64(number.loadUnaligned(as: UInt32.self)))
        case .u64: unsafe unsigned(number.loadUnaligned(as: UInt64.self))
        case .f32: unsafe real(Double(number.loadUnaligned(as: Float.self)))
        case .f64: unsafe real(number.loadUnaligned(as: Double.self))
        case .bool, .entity: true
        }
    }
}
