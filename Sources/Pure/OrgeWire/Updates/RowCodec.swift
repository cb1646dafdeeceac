package import OrgeSchema

/// What a row of a changed entity says of one field: two bits of the row's field mask.
enum FieldChange: UInt8 {
    case unchanged = 0
    /// The value follows as in a row.
    case value = 1
    /// A zigzag varint follows: the new integer minus the one that the receiver holds. Only for integers.
    case difference = 2
}

/// Encodes a row of one component as a change to the row that the receiver holds, and applies such changes: the field mask (two bits for each field,
/// the first field in the lowest bits of the first byte), then what each changed field says. The format is in `docs/protocol.md`, section 8.
package struct RowCodec: Sendable {
    private enum Shape: UInt8 {
        case opaque, signed, unsigned, counted
    }

    /// One field: its bytes, or for texts and lists the bytes of an element after the u16 count.
    private struct Field: BitwiseCopyable {
        var shape: Shape
        var byteCount: Int
    }

    private let fields: ContiguousArray<Field>
    /// Bytes of a field mask.
    package let maskBytes: Int
    /// The mask that marks every field as a value: a change that needs no earlier row.
    package let wholeMask: [UInt8]

    package init(_ layout: RowLayout) {
        fields = ContiguousArray(layout.fields.map { Self.field($0.kind) })
        maskBytes = (fields.count + 3) / 4
        var mask = [UInt8](repeating: 0, count: maskBytes)
        for index in fields.indices { mask[index / 4] |= FieldChange.value.rawValue << (2 * UInt8(index % 4)) }
        wholeMask = mask
    }

    private static func field(_ kind: FieldKind) -> Field {
        switch kind {
        case .scalar(let scalar) where scalar.isInteger: Field(shape: scalar.isSigned ? .signed : .unsigned, byteCount: scalar.byteCount)
        case .scalar, .vector, .choice: Field(shape: .opaque, byteCount: kind.minBytes)
        case .text: Field(shape: .counted, byteCount: 1)
        case .list(let scalar, _): Field(shape: .counted, byteCount: scalar.byteCount)
        }
    }

    // MARK: Encoding

    /// Appends the change from one row to another.
    /// - Precondition: both are rows of the layout.
    /// - Returns: whether any field differs; where none does, nothing is appended, because a mask must name a field.
    package func encodeChange(from old: [UInt8], at oldStart: Int, to new: [UInt8], at newStart: Int, _ writer: inout ByteWriter) -> Bool {
        let start = writer.count
        var (oldAt, newAt) = (oldStart, newStart)
        var mask: UInt8 = 0
        var anyChange: UInt8 = 0
        for _ in 0..<maskBytes { writer.u8(0) }
        for index in fields.indices {
            let field = fields[index]
            let (oldCount, newCount) = (Self.length(field, old, oldAt), Self.length(field, new, newAt))
            let isEqual = oldCount == newCount && Self.areEqual(old, oldAt, new, newAt, oldCount)
            if !isEqual { mask |= Self.encode(field, old, oldAt, new, newAt, newCount, &writer).rawValue << (2 * UInt8(index & 3)) }
            if index & 3 == 3 || index == fields.count - 1 {
                writer.patchU8(at: start + index / 4, mask)
                anyChange |= mask
                mask = 0
            }
            oldAt += oldCount
            newAt += newCount
        }
        if anyChange == 0 { writer.truncate(to: start) }
        return anyChange != 0
    }

    private static func encode(
        _ field: Field, _ old: [UInt8], _ oldAt: Int, _ new: [UInt8], _ newAt: Int, _ count: Int, _ writer: inout ByteWriter
    ) -> FieldChange {
        if field.shape == .signed || field.shape == .unsigned, let difference = difference(field, old, oldAt, new, newAt) {
            let code = Varint.zigzag(difference)
            if Varint.byteCount(code) < field.byteCount {
                writer.varint(code)
                return .difference
            }
        }
        for index in newAt..<newAt + count { writer.u8(new[index]) }
        return .value
    }

    /// - Returns: nil when it is no Int64.
    private static func difference(_ field: Field, _ old: [UInt8], _ oldAt: Int, _ new: [UInt8], _ newAt: Int) -> Int64? {
        let (before, after) = (bits(old, oldAt, field.byteCount), bits(new, newAt, field.byteCount))
        if field.shape == .signed {
            let (value, overflows) = signed(after, field.byteCount).subtractingReportingOverflow(signed(before, field.byteCount))
            return overflows ? nil : value
        }
        let value = Int64(bitPattern: after &- before)
        return (after >= before) == (value >= 0) ? value : nil
    }

    // MARK: Decoding

    /// Reads a change and appends the new row.
    ///
    /// The row is well-formed in length only; check it against its layout before use.
    /// - Parameter old: the row that the receiver holds; nil where it holds none, then every field must be a value.
    package func decodeChange(_ reader: inout ByteReader, old: (bytes: [UInt8], start: Int)?, to row: inout ByteWriter) throws(DecodeError) {
        let start = reader.offset
        try reader.skip(maskBytes)
        var oldAt = old?.start ?? 0
        var hasChange = false
        for index in fields.indices {
            let field = fields[index]
            let oldCount = old.map { Self.length(field, $0.bytes, oldAt) } ?? 0
            switch FieldChange(rawValue: reader.bytes[start + index / 4] >> (2 * UInt8(index & 3)) & 3) {
            case .unchanged?:
                guard let old else { throw DecodeError(.inconsistent("a change of a row that is not there"), at: start) }
                row.bytes(old.bytes[oldAt..<oldAt + oldCount])
            case .value?:
                hasChange = true
                try Self.copyValue(field, &reader, to: &row)
            case .difference?:
                hasChange = true
                guard let old, field.shape == .signed || field.shape == .unsigned else {
                    throw DecodeError(.inconsistent("a difference without an integer to differ from"), at: start)
                }
                try Self.addDifference(field, old.bytes, oldAt, &reader, to: &row)
            case nil: throw DecodeError(.unknown(what: "field change", value: 3), at: start)
            }
            oldAt += oldCount
        }
        guard hasChange || fields.isEmpty else { throw DecodeError(.inconsistent("a field mask that names no field"), at: start) }
        let unused = maskBytes * 4 - fields.count
        guard unused == 0 || reader.bytes[start + maskBytes - 1] >> (8 - 2 * UInt8(unused)) == 0 else {
            throw DecodeError(.inconsistent("a field mask that names a field beyond the last"), at: start)
        }
    }

    private static func copyValue(_ field: Field, _ reader: inout ByteReader, to row: inout ByteWriter) throws(DecodeError) {
        guard field.shape == .counted else { return row.bytes(try reader.bytes(field.byteCount)) }
        let count = try reader.u16()
        row.u16(count)
        row.bytes(try reader.bytes(Int(count) * field.byteCount))
    }

    private static func addDifference(
        _ field: Field, _ old: [UInt8], _ oldAt: Int, _ reader: inout ByteReader, to row: inout ByteWriter
    ) throws(DecodeError) {
        let start = reader.offset
        let difference = Varint.unzigzag(try reader.varint())
        let before = bits(old, oldAt, field.byteCount)
        let after: UInt64
        let overflows: Bool
        if field.shape == .signed {
            let (sum, isOver) = signed(before, field.byteCount).addingReportingOverflow(difference)
            after = UInt64(bitPattern: sum)
            overflows = isOver || signed(after & mask(field.byteCount), field.byteCount) != sum
        } else {
            after = before &+ UInt64(bitPattern: difference)
            overflows = (difference >= 0) != (after >= before) || after > mask(field.byteCount)
        }
        guard !overflows else { throw DecodeError(.inconsistent("a difference that overflows its field"), at: start) }
        for index in 0..<field.byteCount { row.u8(UInt8(truncatingIfNeeded: after >> (8 * UInt64(field.byteCount - 1 - index)))) }
    }

    // MARK: Fields in a row

    /// - Precondition: the field begins at `offset` of a well-formed row.
    @inline(__always)
    private static func length(_ field: Field, _ row: [UInt8], _ offset: Int) -> Int {
        field.shape == .counted ? 2 + (Int(row[offset]) << 8 | Int(row[offset + 1])) * field.byteCount : field.byteCount
    }

    @inline(__always)
    private static func areEqual(_ a: [UInt8], _ aStart: Int, _ b: [UInt8], _ bStart: Int, _ count: Int) -> Bool {
        for index in 0..<count where a[aStart + index] != b[bStart + index] { return false }
        return true
    }

    @inline(__always)
    private static func bits(_ row: [UInt8], _ offset: Int, _ count: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in offset..<offset + count { value = value << 8 | UInt64(row[index]) }
        return value
    }

    @inline(__always)
    private static func mask(_ byteCount: Int) -> UInt64 { byteCount == 8 ? .max : 1 << (8 * UInt64(byteCount)) - 1 }

    /// The number whose two's complement of so many bytes these are.
    @inline(__always)
    private static func signed(_ bits: UInt64, _ byteCount: Int) -> Int64 {
        let shift = 64 - 8 * UInt64(byteCount)
        return Int64(bitPattern: bits << shift) >> shift
    }
}
