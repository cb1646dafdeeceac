/// The fields of a row as part of a schema document.
extension RowLayout {
    private enum KindTag {
        static let text: UInt8 = 32
        static let list: UInt8 = 33
        static let vector: UInt8 = 34
        static let choice: UInt8 = 35
    }

    private struct RuleFlags {
        static let range: UInt8 = 1
        static let unit: UInt8 = 2
        static let notEmpty: UInt8 = 4
        static let finite: UInt8 = 8
        static let owner: UInt8 = 16
        static let examples: UInt8 = 32
    }

    package func encode(to writer: inout ByteWriter) {
        writer.u16(UInt16(fields.count))
        for field in fields {
            writer.shortText(field.name)
            Self.encode(field.kind, to: &writer)
            Self.encode(field.constraint, to: &writer)
        }
    }

    private static func encode(_ kind: FieldKind, to writer: inout ByteWriter) {
        switch kind {
        case .scalar(let scalar): writer.u8(scalar.rawValue)
        case .text(let capacity):
            writer.u8(KindTag.text)
            writer.u16(UInt16(capacity))
        case .list(let scalar, let capacity):
            writer.u8(KindTag.list)
            writer.u8(scalar.rawValue)
            writer.u16(UInt16(capacity))
        case .vector(let scalar, let count):
            writer.u8(KindTag.vector)
            writer.u8(scalar.rawValue)
            writer.u8(UInt8(count))
        case .choice(let storage, let cases):
            writer.u8(KindTag.choice)
            writer.u8(storage.rawValue)
            writer.u16(UInt16(cases.count))
            for one in cases {
                writer.i64(one.raw)
                writer.shortText(one.name)
            }
        }
    }

    private static func encode(_ rule: FieldConstraint, to writer: inout ByteWriter) {
        var flags: UInt8 = 0
        if rule.range != nil { flags |= RuleFlags.range }
        if !rule.unit.isEmpty { flags |= RuleFlags.unit }
        if rule.notEmpty { flags |= RuleFlags.notEmpty }
        if rule.finite { flags |= RuleFlags.finite }
        if rule.isOwner { flags |= RuleFlags.owner }
        if !rule.examples.isEmpty { flags |= RuleFlags.examples }
        writer.u8(flags)
        switch rule.range {
        case .signed(let range)?:
            writer.i64(range.lowerBound)
            writer.i64(range.upperBound)
        case .unsigned(let range)?:
            writer.u64(range.lowerBound)
            writer.u64(range.upperBound)
        case .real(let range)?:
            writer.f64(range.lowerBound)
            writer.f64(range.upperBound)
        case nil: break
        }
        if !rule.unit.isEmpty { writer.shortText(rule.unit) }
        if !rule.examples.isEmpty {
            writer.u8(UInt8(rule.examples.count))
            for example in rule.examples { writer.shortText(example) }
        }
    }

    package static func fields(reading reader: inout ByteReader) throws(DecodeError) -> [FieldSchema] {
        var fields: [FieldSchema] = []
        for _ in 0..<(try reader.count16(ofAtLeast: 4)) {
            let name = try reader.shortText(limit: WorldSchema.nameLimit)
            let kind = try kind(reading: &reader)
            fields.append(FieldSchema(name, kind, try constraint(reading: &reader, kind: kind)))
        }
        return fields
    }

    private static func scalar(reading reader: inout ByteReader) throws(DecodeError) -> ScalarKind {
        let raw = try reader.u8()
        guard let scalar = ScalarKind(rawValue: raw) else { throw DecodeError(.unknown(what: "scalar", value: UInt64(raw)), at: reader.offset - 1) }
        return scalar
    }

    private static func kind(reading reader: inout ByteReader) throws(DecodeError) -> FieldKind {
        let start = reader.offset
        let tag = try reader.u8()
        switch tag {
        case KindTag.text: return .text(capacity: Int(try reader.u16()))
        case KindTag.list: return .list(try scalar(reading: &reader), capacity: Int(try reader.u16()))
        case KindTag.vector: return .vector(try scalar(reading: &reader), count: Int(try reader.u8()))
        case KindTag.choice:
            let storage = try scalar(reading: &reader)
            guard storage.isInteger else { throw DecodeError(.inconsistent("a choice is stored as an integer"), at: start) }
            var cases: [ChoiceCase] = []
            for _ in 0..<(try reader.count16(ofAtLeast: 10)) {
                cases.append(ChoiceCase(raw: try reader.i64(), name: try reader.shortText(limit: WorldSchema.nameLimit)))
            }
            guard !cases.isEmpty else { throw DecodeError(.inconsistent("a choice without cases"), at: start) }
            return .choice(storage: storage, cases: cases)
        default:
            guard let scalar = ScalarKind(rawValue: tag) else { throw DecodeError(.unknown(what: "field kind", value: UInt64(tag)), at: start) }
            return .scalar(scalar)
        }
    }

    private static func constraint(reading reader: inout ByteReader, kind: FieldKind) throws(DecodeError) -> FieldConstraint {
        let start = reader.offset
        let flags = try reader.u8()
        guard flags < 64 else { throw DecodeError(.unknown(what: "rule flags", value: UInt64(flags)), at: start) }
        var rule = FieldConstraint()
        if flags & RuleFlags.range != 0 { rule.range = try range(reading: &reader, kind: kind) }
        if flags & RuleFlags.unit != 0 { rule.unit = try reader.shortText(limit: WorldSchema.nameLimit) }
        rule.notEmpty = flags & RuleFlags.notEmpty != 0
        rule.finite = flags & RuleFlags.finite != 0
        rule.isOwner = flags & RuleFlags.owner != 0
        guard !rule.isOwner || kind == .scalar(.entity) else { throw DecodeError(.inconsistent("an owner is an entity"), at: start) }
        if flags & RuleFlags.examples != 0 {
            for _ in 0..<(try reader.u8()) { rule.examples.append(try reader.shortText(limit: 1024)) }
        }
        return rule
    }

    private static func range(reading reader: inout ByteReader, kind: FieldKind) throws(DecodeError) -> FieldRange {
        let start = reader.offset
        func ordered<Bound: Comparable>(_ low: Bound, _ high: Bound) throws(DecodeError) -> ClosedRange<Bound> {
            guard low <= high else { throw DecodeError(.inconsistent("an empty range"), at: start) }
            return low...high
        }
        guard let scalar = kind.rangeScalar else { throw DecodeError(.inconsistent("a range on a field without numbers"), at: start) }
        if scalar.isReal { return .real(try ordered(try reader.f64(), try reader.f64())) }
        if scalar.isSigned { return .signed(try ordered(try reader.i64(), try reader.i64())) }
        return .unsigned(try ordered(try reader.u64(), try reader.u64()))
    }
}

extension FieldKind {
    /// The number to which a range on this field applies: each element of a list or vector.
    var rangeScalar: ScalarKind? {
        switch self {
        case .scalar(let scalar), .list(let scalar, _), .vector(let scalar, _): scalar.isReal || scalar.isInteger ? scalar : nil
        case .text, .choice: nil
        }
    }
}
