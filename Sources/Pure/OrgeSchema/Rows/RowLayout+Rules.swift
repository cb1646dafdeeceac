/// The rule that a well-formed row breaks.
public struct BrokenRule: Equatable, Sendable, CustomStringConvertible {
    public var field: String
    public var rule: String

    public var description: String { "\(field): \(rule)" }
}

extension RowLayout {
    /// The first rule that the row at the reader's place breaks.
    /// - Precondition: the row was validated.
    public func brokenRule(_ reader: ByteReader) -> BrokenRule? { brokenRule(reader) { _ in true } }

    /// The same for some of the fields, by their indices.
    package func brokenRule(_ reader: ByteReader, where isChecked: (Int) -> Bool) -> BrokenRule? {
        var reader = reader
        for (index, field) in fields.enumerated() {
            do {
                guard isChecked(index) else {
                    try reader.skip(length(ofField: index, in: reader.bytes, at: reader.offset))
                    continue
                }
                if let rule = try field.brokenRule(&reader) { return BrokenRule(field: field.name, rule: rule) }
            } catch {
                preconditionFailure("rules are checked on validated rows: \(error)")
            }
        }
        return nil
    }
}

extension FieldConstraint {
    var isRestrictive: Bool { range != nil || notEmpty || finite }
}

extension FieldSchema {
    /// Why a client could not send the example; nil when it could.
    func fault(inExample text: String) -> String? {
        var writer = ByteWriter()
        do throws(ValueError) { kind.encode(try parse(text), to: &writer) } catch { return error.message }
        return RowLayout([self]).brokenRule(ByteReader(writer.bytes))?.rule
    }

    fileprivate func brokenRule(_ reader: inout ByteReader) throws(DecodeError) -> String? {
        switch kind {
        case .scalar(let scalar): return try brokenRule(scalar, 1, &reader)
        case .vector(let scalar, let count): return try brokenRule(scalar, count, &reader)
        case .list(let scalar, _):
            let count = Int(try reader.u16())
            if constraint.notEmpty, count == 0 { return "must not be empty" }
            return try brokenRule(scalar, count, &reader)
        case .text:
            let count = Int(try reader.u16())
            try reader.skip(count)
            return constraint.notEmpty && count == 0 ? "must not be empty" : nil
        case .choice:
            try reader.skip(kind.minBytes)
            return nil
        }
    }

    private func brokenRule(_ scalar: ScalarKind, _ count: Int, _ reader: inout ByteReader) throws(DecodeError) -> String? {
        guard constraint.range != nil || constraint.finite else {
            try reader.skip(scalar.byteCount * count)
            return nil
        }
        for _ in 0..<count {
            let value = try scalar.decode(&reader)
            if let rule = constraint.broken(by: value) { return rule }
        }
        return nil
    }
}

extension FieldConstraint {
    fileprivate func broken(by value: FieldValue) -> String? {
        if case .real(let number) = value, finite, !number.isFinite { return "must be a finite number" }
        let unit = unit.isEmpty ? "" : " \(unit)"
        switch (range, value) {
        case (.signed(let range)?, .signed(let number)) where !range.contains(number):
            return "must be from \(range.lowerBound) to \(range.upperBound)\(unit), not \(number)"
        case (.unsigned(let range)?, .unsigned(let number)) where !range.contains(number):
            return "must be from \(range.lowerBound) to \(range.upperBound)\(unit), not \(number)"
        case (.real(let range)?, .real(let number)) where !range.contains(number):
            return "must be from \(range.lowerBound) to \(range.upperBound)\(unit), not \(number)"
        default: return nil
        }
    }
}
