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
        case (.signed, _), (.unsigned, _): simplestNumber(like: value).flatMap { $0 == value ? nil : [$0] } ?? []
        case (.real(let value), _): real(value).map { .real($0) }
        case (.entity(let value), _): value.isNone ? [] : [.entity(.none)]
        case (.text(let value), _): texts(value).map { .text($0) }
        case (.choice(let value), .choice(_, let cases)): cases.prefix { $0 != value }.map { .choice($0) }
        case (.list(let values), .list): lists(values).map { .list($0) }
        case (.list, _), (.choice, _): []
        }
    }

    /// The whole number nearest to 0 that the rules allow; nil where the value is none. The numbers between it and the value are simpler than the value.
    func simplestNumber(like value: FieldValue) -> FieldValue? {
        switch (value, constraint.range) {
        case (.signed, .signed(let range)?): .signed(min(max(0, range.lowerBound), range.upperBound))
        case (.unsigned, .unsigned(let range)?): .unsigned(range.lowerBound)
        case (.signed, _): .signed(0)
        case (.unsigned, _): .unsigned(0)
        default: nil
        }
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

extension FieldValue {
    /// The whole number half way from one to another; nil where there is none between them.
    static func middle(_ one: FieldValue, _ other: FieldValue) -> FieldValue? {
        switch (one, other) {
        case (.signed(let one), .signed(let other)):
            // Without a sum, which could overflow.
            let middle = (one >> 1) + (other >> 1) + (one & other & 1)
            return middle == one || middle == other ? nil : .signed(middle)
        case (.unsigned(let one), .unsigned(let other)):
            let middle = (one >> 1) + (other >> 1) + (one & other & 1)
            return middle == one || middle == other ? nil : .unsigned(middle)
        default: return nil
        }
    }
}
