/// Values at the edge of what a field may hold: where code that handles the field most often fails.
extension FieldSchema {
    /// Values at and next to both ends of the field's range, or of its type where it has no rule; zero and one; the empty and the full text or list;
    /// every choice; no entity, and one that never lived. Each keeps the field's rules. Each occurs once, in a fixed order.
    public var boundaries: [FieldValue] {
        switch kind {
        case .scalar(let scalar): scalar.boundaries(constraint)
        case .text(let capacity): texts(capacity).map(FieldValue.text)
        case .choice(_, let cases): cases.map(FieldValue.choice)
        case .vector(let scalar, let count): scalar.boundaries(constraint).map { .list(Array(repeating: $0, count: count)) }
        case .list(let scalar, let capacity): lists(scalar, capacity)
        }
    }

    private func texts(_ capacity: Int) -> [String] {
        // The umbrella has three bytes: a text of them is cut between letters where it is cut by bytes.
        let umbrellas = String(repeating: "\u{2602}", count: capacity / 3)
        let texts = ["", "a", String(repeating: "x", count: capacity), umbrellas]
        return texts.enumerated().filter { index, text in
            !(constraint.notEmpty && text.isEmpty) && text.utf8.count <= capacity && !texts[..<index].contains(text)
        }.map(\.element)
    }

    private func lists(_ scalar: ScalarKind, _ capacity: Int) -> [FieldValue] {
        let empty: [FieldValue] = constraint.notEmpty ? [] : [.list([])]
        guard capacity > 0 else { return empty }
        let elements = scalar.boundaries(constraint)
        return empty + elements.prefix(1).map { .list([$0]) } + elements.map { .list(Array(repeating: $0, count: capacity)) }
    }
}

extension ScalarKind {
    fileprivate func boundaries(_ rule: FieldConstraint) -> [FieldValue] {
        switch self {
        case .bool: [.bool(false), .bool(true)]
        case .entity: [.entity(.none), .entity(Entity(world: 1, generation: 0xff_ffff, slot: 0x3ff_ffff))]
        case .f32, .f64: reals(rule).map(FieldValue.real)
        case .i8, .i16, .i32, .i64: signed(rule).map(FieldValue.signed)
        case .u8, .u16, .u32, .u64: unsigned(rule).map(FieldValue.unsigned)
        }
    }

    private func signed(_ rule: FieldConstraint) -> [Int64] {
        let bits = Int64(8 * byteCount)
        var range = (Int64.min >> (64 - bits))...(Int64.max >> (64 - bits))
        if case .signed(let declared)? = rule.range { range = declared }
        let (low, high) = (range.lowerBound, range.upperBound)
        return once([low, low == high ? low : low + 1, -1, 0, 1, low == high ? high : high - 1, high]).filter(range.contains)
    }

    private func unsigned(_ rule: FieldConstraint) -> [UInt64] {
        var range = 0...(UInt64.max >> UInt64(64 - 8 * byteCount))
        if case .unsigned(let declared)? = rule.range { range = declared }
        let (low, high) = (range.lowerBound, range.upperBound)
        return once([low, low == high ? low : low + 1, 1, low == high ? high : high - 1, high]).filter(range.contains)
    }

    /// Where the field may hold them, infinities and NaN are among them: a client can send them.
    private func reals(_ rule: FieldConstraint) -> [Double] {
        let greatest = self == .f32 ? Double(Float.greatestFiniteMagnitude) : .greatestFiniteMagnitude
        let least = self == .f32 ? Double(Float.leastNonzeroMagnitude) : .leastNonzeroMagnitude
        guard case .real(let range)? = rule.range else {
            let finite = [-greatest, -1, 0, least, 1, greatest]
            return rule.finite ? finite : finite + [-.infinity, .infinity, .nan]
        }
        return once([range.lowerBound, -1, 0, least, 1, range.upperBound]).filter { range.contains(self == .f32 ? Double(Float($0)) : $0) }
    }

    /// Each value where it occurs first.
    private func once<Number: Equatable>(_ values: [Number]) -> [Number] {
        values.indices.filter { !values[..<$0].contains(values[$0]) }.map { values[$0] }
    }
}
