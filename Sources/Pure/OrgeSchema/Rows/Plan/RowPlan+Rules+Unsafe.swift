extension RowPlan {
    /// Whether a row in memory keeps all rules of its fields. ``RowLayout/brokenRule(_:)`` tells which rule is broken.
    package func keepsRules(at base: UnsafeRawPointer) -> Bool {
        for index in 0..<rules.count {
            guard unsafe rules[index].holds(at: base) else { return false }
        }
        return true
    }
}
