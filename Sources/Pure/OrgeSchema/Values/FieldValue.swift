/// One field's value where its type is known only at run time: in tools, generators and clients without the world's code.
public indirect enum FieldValue: Equatable, Sendable {
    case bool(Bool)
    case signed(Int64)
    case unsigned(UInt64)
    case real(Double)
    case entity(Entity)
    case text(String)
    case choice(ChoiceCase)
    /// A list or a vector.
    case list([FieldValue])
}

extension FieldValue: CustomStringConvertible {
    /// The text form that ``FieldSchema/parse(_:)`` reads.
    public var description: String {
        switch self {
        case .bool(let value): "\(value)"
        case .signed(let value): "\(value)"
        case .unsigned(let value): "\(value)"
        case .real(let value): "\(value)"
        case .entity(let value): "\(value)"
        case .text(let value): value
        case .choice(let value): value.name
        case .list(let values): values.map(\.description).joined(separator: ",")
        }
    }
}

/// Why a value in text form was rejected.
public struct ValueError: Error, Equatable, Sendable, CustomStringConvertible {
    public var field: String
    public var message: String

    public var description: String { "\(field): \(message)" }
}

extension RowLayout {
    /// Reads one row, checking it.
    public func decode(_ reader: inout ByteReader) throws(DecodeError) -> [FieldValue] {
        var values: [FieldValue] = []
        values.reserveCapacity(fields.count)
        for field in fields { values.append(try field.kind.decode(&reader)) }
        return values
    }

    /// Writes one row.
    /// - Precondition: as many values as fields, each of its field's kind and within its capacity (as ``FieldSchema/parse(_:)`` and the
    ///   generator make them).
    public func encode(_ values: [FieldValue], to writer: inout ByteWriter) {
        precondition(values.count == fields.count, "a row has a value for each field")
        for (field, value) in zip(fields, values) { field.kind.encode(value, to: &writer) }
    }
}

extension FieldKind {
    func decode(_ reader: inout ByteReader) throws(DecodeError) -> FieldValue {
        switch self {
        case .scalar(let scalar): return try scalar.decode(&reader)
        case .vector(let scalar, let count): return .list(try scalar.decode(&reader, count: count))
        case .list(let scalar, let capacity): return .list(try scalar.decode(&reader, count: try reader.boundedCount(capacity)))
        case .text(let capacity):
            let start = reader.offset
            let slice = try reader.bytes(try reader.boundedCount(capacity))
            guard let text = String(validating: slice, as: UTF8.self) else { throw DecodeError(.invalidUTF8, at: start) }
            return .text(text)
        case .choice(let storage, let cases):
            let start = reader.offset
            let raw = try storage.readInteger(&reader)
            guard let found = cases.first(where: { $0.raw == raw }) else { throw DecodeError(.invalidChoice(raw), at: start) }
            return .choice(found)
        }
    }

    func encode(_ value: FieldValue, to writer: inout ByteWriter) {
        switch (self, value) {
        case (.scalar(let scalar), _): scalar.encode(value, to: &writer)
        case (.text(let capacity), .text(let text)):
            precondition(text.utf8.count <= capacity, "text over capacity")
            writer.shortText(text)
        case (.list(let scalar, let capacity), .list(let values)):
            precondition(values.count <= capacity, "list over capacity")
            writer.u16(UInt16(values.count))
            for value in values { scalar.encode(value, to: &writer) }
        case (.vector(let scalar, let count), .list(let values)):
            precondition(values.count == count, "a vector has all its elements")
            for value in values { scalar.encode(value, to: &writer) }
        case (.choice(let storage, _), .choice(let one)): storage.writeInteger(one.raw, to: &writer)
        case (.text, _), (.list, _), (.vector, _), (.choice, _): preconditionFailure("value of another kind than its field")
        }
    }
}

extension ScalarKind {
    func decode(_ reader: inout ByteReader, count: Int) throws(DecodeError) -> [FieldValue] {
        var values: [FieldValue] = []
        for _ in 0..<count { values.append(try decode(&reader)) }
        return values
    }

    func decode(_ reader: inout ByteReader) throws(DecodeError) -> FieldValue {
        switch self {
        case .bool: .bool(try reader.flag())
        case .entity: .entity(try reader.entity())
        case .f32: .real(Double(Float(bitPattern: try reader.u32())))
        case .f64: .real(try reader.f64())
        case .i8, .i16, .i32, .i64: .signed(try readInteger(&reader))
        case .u8, .u16, .u32, .u64: .unsigned(UInt64(bitPattern: try readInteger(&reader)))
        }
    }

    func encode(_ value: FieldValue, to writer: inout ByteWriter) {
        switch (self, value) {
        case (.bool, .bool(let value)): writer.flag(value)
        case (.entity, .entity(let value)): writer.entity(value)
        case (.f32, .real(let value)): writer.u32(canonicalBits(Float(value)))
        case (.f64, .real(let value)): writer.f64(value)
        case (_, .signed(let value)) where isSigned: writeInteger(value, to: &writer)
        case (_, .unsigned(let value)) where isInteger && !isSigned: writeInteger(Int64(bitPattern: value), to: &writer)
        default: preconditionFailure("value of another kind than its field")
        }
    }
}
