/// How values of one kind become values of another without a word of the author: only where each value has exactly one equal in the other kind.
package enum FieldConversion: Equatable, Sendable {
    /// The canonical bytes are the same.
    case same
    /// Another width, or another capacity of the elements.
    case widened

    /// - Returns: nil where a value of `old` may have no equal in `new`.
    package init?(from old: FieldKind, to new: FieldKind) {
        switch (old, new) {
        case (.scalar(let a), .scalar(let b)): self.init(from: a, to: b)
        case (.vector(let a, let count), .vector(let b, let other)) where count == other: self.init(from: a, to: b)
        case (.text(let a), .text(let b)) where a <= b: self = .same
        case (.list(let a, let few), .list(let b, let many)) where few <= many: self.init(from: a, to: b)
        case (.choice(let a, let cases), .choice(let b, let more)):
            guard cases.allSatisfy({ one in more.contains { $0.raw == one.raw } }) else { return nil }
            self = a == b ? .same : .widened
        default: return nil
        }
    }

    private init?(from old: ScalarKind, to new: ScalarKind) {
        if old == new {
            self = .same
        } else if old == .f32 && new == .f64 {
            self = .widened
        } else if old.isInteger, new.isInteger, old.byteCount < new.byteCount, new.isSigned || !old.isSigned {
            self = .widened
        } else {
            return nil
        }
    }
}

extension FieldKind {
    /// Whether all values of this kind are values of `other`, in the same bytes. The raw values of a choice may be read as integers.
    package func isReadable(as other: FieldKind) -> Bool {
        if case .choice(let storage, _) = self, other == .scalar(storage) { return true }
        return FieldConversion(from: self, to: other) == .same
    }

    /// The same value in a wider kind.
    /// - Precondition: ``FieldConversion`` says `widened`, and the value is of kind `old`.
    static func widen(_ value: FieldValue, to new: FieldKind) -> FieldValue {
        switch (value, new) {
        case (.unsigned(let number), .scalar(let kind)) where kind.isSigned: .signed(Int64(number))
        case (.list(let values), .list(let kind, _)), (.list(let values), .vector(let kind, _)): .list(values.map { widen($0, to: .scalar(kind)) })
        default: value
        }
    }
}
