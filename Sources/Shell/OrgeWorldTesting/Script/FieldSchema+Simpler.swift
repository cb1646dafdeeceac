import OrgeSchema

/// Simpler values of a field, which a person reads more easily: the simplest first. All keep the field's rules, and each is nearer to the simplest, so that a
/// search that takes one after the other ends.
extension FieldSchema {
    func simpler(than value: ScriptRow.Value) -> [ScriptRow.Value] {
        switch value {
        case .avatar(let account): (0..<account).map { .avatar($0) }
        case .value(let value): simpler(than: value).map { .value($0) }
        }
    }

    private func simpler(than value: FieldValue) -> [FieldValue] {
        switch (value, kind) {
        case (.bool(let value), _): value ? [.bool(false)] : []
        case (.signed(let value), _): signed(value).map { .signed($0) }
        case (.unsigned(let value), _): unsigned(value).map { .unsigned($0) }
        case (.real(let value), _): real(value).map { .real($0) }
        case (.entity(let value), _): value.isNone ? [] : [.entity(.none)]
        case (.text(let value), _): texts(value).map { .text($0) }
        case (.choice(let value), .choice(_, let cases)): cases.prefix { $0 != value }.map { .choice($0) }
        case (.list(let values), .list): lists(values).map { .list($0) }
        case (.list, _), (.choice, _): []
        }
    }

    private func signed(_ value: Int64) -> [Int64] {
        var target: Int64 = 0
        if case .signed(let range)? = constraint.range { target = min(max(0, range.lowerBound), range.upperBound) }
        guard value != target else { return [] }
        // Halves of the distance, so that a bound in between is found in as many steps as the number has bits.
        let (half, step) = ((value / 2) &+ (target / 2), value > target ? value - 1 : value + 1)
        return [target, half, step].filter { $0.distance(from: target) < value.distance(from: target) }
    }

    private func unsigned(_ value: UInt64) -> [UInt64] {
        var target: UInt64 = 0
        if case .unsigned(let range)? = constraint.range { target = range.lowerBound }
        guard value > target else { return [] }
        return [target, target + (value - target) / 2, value - 1].filter { $0 < value }
    }

    private func real(_ value: Double) -> [Double] {
        var target = 0.0
        if case .real(let range)? = constraint.range { target = min(max(0, range.lowerBound), range.upperBound) }
        guard value != target else { return [] }
        guard value.isFinite else { return [target, 1].filter { constraint.range == nil || $0 == target } }
        let whole = value.rounded(.towardZero)
        // A tiny distance is not worth a thousand halvings.
        guard abs(value - target) > 0x1p-20 else { return [target] }
        return [target, whole, target + (value - target) / 2].filter { abs($0 - target) < abs(value - target) }
    }

    private func texts(_ value: String) -> [String] {
        guard !value.isEmpty else { return [] }
        let shorter = [String(value.prefix(value.count / 2)), String(value.dropLast())].filter { !$0.isEmpty && $0 != value }
        let plain = value.count == 1 && value != "a" ? ["a"] : []
        return (constraint.notEmpty ? [] : [""]) + shorter + plain
    }

    private func lists(_ values: [FieldValue]) -> [[FieldValue]] {
        guard !values.isEmpty else { return [] }
        let shorter = [Array(values.prefix(values.count / 2)), Array(values.dropLast())]
        return shorter.filter { !($0.isEmpty && constraint.notEmpty) }
    }
}

extension Int64 {
    fileprivate func distance(from other: Int64) -> UInt64 { (Swift.max(self, other) &- Swift.min(self, other)).magnitude }
}
