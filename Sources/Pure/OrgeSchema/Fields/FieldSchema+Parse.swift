/// Values in text form: `amount=250`, `to=3:17.2`, `mood=calm`, `path=1,2,3`.
extension FieldSchema {
    public func parse(_ text: String) throws(ValueError) -> FieldValue {
        switch kind {
        case .scalar(let scalar): return try parse(text, as: scalar)
        case .text(let capacity):
            guard text.utf8.count <= capacity else { throw error("\(text.utf8.count) bytes of text, at most \(capacity) fit") }
            return .text(text)
        case .list(let scalar, let capacity):
            let values = try parseList(text, of: scalar)
            guard values.count <= capacity else { throw error("\(values.count) elements, at most \(capacity) fit") }
            return .list(values)
        case .vector(let scalar, let count):
            let values = try parseList(text, of: scalar)
            guard values.count == count else { throw error("\(values.count) elements, not \(count)") }
            return .list(values)
        case .choice(_, let cases):
            guard let found = cases.first(where: { $0.name == text || String($0.raw) == text }) else {
                throw error("\"\(text)\" is none of \(cases.map(\.name).joined(separator: ", "))")
            }
            return .choice(found)
        }
    }

    private func error(_ message: String) -> ValueError { ValueError(field: name, message: message) }

    /// What the field accepts, with the bounds of its rule, or those of its type when it has no rule.
    private func whole<Number: FixedWidthInteger>(_: Number.Type) -> String {
        switch constraint.range {
        case .signed(let range)?: "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .unsigned(let range)?: "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .real?, nil: "a whole number from \(Number.min) to \(Number.max)"
        }
    }

    private func parseList(_ text: String, of scalar: ScalarKind) throws(ValueError) -> [FieldValue] {
        guard !text.isEmpty else { return [] }
        var values: [FieldValue] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) { values.append(try parse(String(part), as: scalar)) }
        return values
    }

    private func parse(_ text: String, as scalar: ScalarKind) throws(ValueError) -> FieldValue {
        func demand<Value>(_ value: Value?, _ what: String) throws(ValueError) -> Value {
            guard let value else { throw error("\"\(text)\" is not \(what)") }
            return value
        }
        switch scalar {
        case .bool:
            guard text == "true" || text == "false" else { throw error("\"\(text)\" is neither true nor false") }
            return .bool(text == "true")
        case .i8: return .signed(Int64(try demand(Int8(text), whole(Int8.self))))
        case .i16: return .signed(Int64(try demand(Int16(text), whole(Int16.self))))
        case .i32: return .signed(Int64(try demand(Int32(text), whole(Int32.self))))
        case .i64: return .signed(try demand(Int64(text), whole(Int64.self)))
        case .u8: return .unsigned(UInt64(try demand(UInt8(text), whole(UInt8.self))))
        case .u16: return .unsigned(UInt64(try demand(UInt16(text), whole(UInt16.self))))
        case .u32: return .unsigned(UInt64(try demand(UInt32(text), whole(UInt32.self))))
        case .u64: return .unsigned(try demand(UInt64(text), whole(UInt64.self)))
        case .f32: return .real(Double(try demand(Float(text), "a number")))
        case .f64: return .real(try demand(Double(text), "a number"))
        case .entity: return .entity(try demand(Entity(text), "an entity, written world:slot.generation, a plain number or none"))
        }
    }
}

extension Entity: LosslessStringConvertible {
    /// `world:slot.generation`, a plain number, or `none`.
    public init?(_ text: String) {
        if text == "none" { self = .none; return }
        if let raw = UInt64(text) { self.init(raw: raw); return }
        let parts = text.split(whereSeparator: { $0 == ":" || $0 == "." })
        guard parts.count == 3, let world = UInt16(parts[0]), let slot = UInt32(parts[1]), let generation = UInt32(parts[2]) else { return nil }
        guard world < 1 << 14, slot < 1 << 26, generation < 1 << 24 else { return nil }
        self.init(world: world, generation: generation, slot: slot)
        guard description == text else { return nil }
    }
}
