extension FieldSchema {
    /// Name, kind and rules in a line: `amount: u32, 1…5000, in cents`.
    package var summary: String { "\(name): \(kindText)\(ruleText.isEmpty ? "" : ", \(ruleText)")" }

    /// What the field's values are: `u32`, `text(120)`, `meadow | water | rock`.
    package var kindText: String {
        switch kind {
        case .scalar(let scalar): "\(scalar)"
        case .text(let capacity): "text(\(capacity))"
        case .list(let scalar, let capacity): "list(\(scalar), \(capacity))"
        case .vector(let scalar, let count): "vector(\(scalar), \(count))"
        case .choice(_, let cases): cases.map(\.name).joined(separator: " | ")
        }
    }

    /// The rules beyond the kind; empty where there are none.
    package var ruleText: String {
        var parts: [String] = []
        switch constraint.range {
        case .signed(let range)?: parts.append("\(range.lowerBound)…\(range.upperBound)")
        case .unsigned(let range)?: parts.append("\(range.lowerBound)…\(range.upperBound)")
        case .real(let range)?: parts.append("\(range.lowerBound)…\(range.upperBound)")
        case nil: break
        }
        if !constraint.unit.isEmpty { parts.append("in \(constraint.unit)") }
        if constraint.notEmpty { parts.append("not empty") }
        if constraint.finite { parts.append("finite") }
        if constraint.isOwner { parts.append("names the owner") }
        if !constraint.examples.isEmpty { parts.append("such as \(constraint.examples.joined(separator: ", "))") }
        return parts.joined(separator: ", ")
    }
}
