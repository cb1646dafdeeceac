/// The layout of a canonical row: its fields one after the other, big-endian, without padding.
public struct RowLayout: Equatable, Sendable {
    public let fields: [FieldSchema]
    public let minBytes: Int
    public let maxBytes: Int
    /// What validation checks of each field. Apart from the fields, because iterating over those would retain and release names, rules and cases for
    /// each command and each row of an update.
    private let checks: ContiguousArray<FieldCheck>
    /// Offsets of the fields up to and including the first of variable length.
    private let fixedOffsets: [Int]

    public init(_ fields: [FieldSchema]) {
        self.fields = fields
        checks = ContiguousArray(fields.map { FieldCheck($0.kind) })
        minBytes = fields.reduce(0) { $0 + $1.kind.minBytes }
        maxBytes = fields.reduce(0) { $0 + $1.kind.maxBytes }
        var offsets: [Int] = []
        var offset = 0
        for field in fields {
            offsets.append(offset)
            guard field.kind.minBytes == field.kind.maxBytes else { break }
            offset += field.kind.minBytes
        }
        fixedOffsets = offsets
    }

    /// Whether all rows have the same length.
    public var isFixed: Bool { minBytes == maxBytes }

    /// The field's offset in every row, or nil when it differs from row to row or there is no such field.
    public func fixedOffset(ofField index: Int) -> Int? { index < fixedOffsets.count ? fixedOffsets[index] : nil }

    public func index(ofField name: String) -> Int? { fields.firstIndex { $0.name == name } }

    /// The offset of the owner field; nil without one.
    public var ownerOffset: Int? { fields.firstIndex { $0.constraint.isOwner }.flatMap(fixedOffset(ofField:)) }

    /// Steps over one row and checks every byte of it: Bools, choices, counts, UTF-8, NaN.
    /// - Returns: the row's length in bytes.
    @discardableResult
    public func validate(_ reader: inout ByteReader) throws(DecodeError) -> Int {
        let start = reader.offset
        for index in checks.indices {
            switch checks[index] {
            case .scalars(let scalar, let count): try scalar.validate(&reader, count: count)
            case .list(let scalar, let capacity): try scalar.validate(&reader, count: try reader.boundedCount(capacity))
            case .text(let capacity):
                let start = reader.offset
                guard try reader.skipUTF8(try reader.boundedCount(capacity)) else { throw DecodeError(.invalidUTF8, at: start) }
            case .choice(let storage):
                let start = reader.offset
                let raw = try storage.readInteger(&reader)
                guard fields[index].kind.hasCase(raw) else { throw DecodeError(.invalidChoice(raw), at: start) }
            }
        }
        return reader.offset - start
    }

    /// The length of the row that starts at `offset`.
    /// - Precondition: the row was validated.
    public func length(in bytes: [UInt8], at offset: Int) -> Int {
        if isFixed { return minBytes }
        var end = offset
        for check in checks { end += check.length(in: bytes, at: end) }
        return end - offset
    }

    /// The length of a field that starts at `offset`.
    /// - Precondition: the row was validated.
    func length(ofField index: Int, in bytes: [UInt8], at offset: Int) -> Int { checks[index].length(in: bytes, at: offset) }

    /// Where the fields of the row that starts at `offset` lie.
    /// - Precondition: the row was validated.
    package func fieldRanges(in bytes: [UInt8], at offset: Int) -> [Range<Int>] {
        var end = offset
        return checks.map { check in
            let start = end
            end += check.length(in: bytes, at: start)
            return start..<end
        }
    }
}

/// What validation checks of a field: its kind without the cases of a choice, so that it holds no reference.
private enum FieldCheck: Equatable, BitwiseCopyable {
    case scalars(ScalarKind, count: Int)
    case list(ScalarKind, capacity: Int)
    case text(capacity: Int)
    case choice(storage: ScalarKind)

    init(_ kind: FieldKind) {
        self =
            switch kind {
            case .scalar(let scalar): .scalars(scalar, count: 1)
            case .vector(let scalar, let count): .scalars(scalar, count: count)
            case .list(let scalar, let capacity): .list(scalar, capacity: capacity)
            case .text(let capacity): .text(capacity: capacity)
            case .choice(let storage, _): .choice(storage: storage)
            }
    }
}

extension FieldCheck {
    /// - Precondition: a valid field starts there.
    func length(in bytes: [UInt8], at offset: Int) -> Int {
        switch self {
        case .text: 2 + (Int(bytes[offset]) << 8 | Int(bytes[offset + 1]))
        case .list(let scalar, _): 2 + (Int(bytes[offset]) << 8 | Int(bytes[offset + 1])) * scalar.byteCount
        case .scalars(let scalar, let count): scalar.byteCount * count
        case .choice(let storage): storage.byteCount
        }
    }
}

extension FieldKind {
    /// Whether a choice has a case of this raw value.
    fileprivate func hasCase(_ raw: Int64) -> Bool {
        guard case .choice(_, let cases) = self else { return false }
        return cases.contains { $0.raw == raw }
    }
}

extension ByteReader {
    /// The u16 count in front of a text or list.
    mutating func boundedCount(_ capacity: Int) throws(DecodeError) -> Int {
        let start = offset
        let count = Int(try u16())
        guard count <= capacity else { throw DecodeError(.countOverCapacity(count: count, capacity: capacity), at: start) }
        return count
    }

    /// Steps over `count` bytes.
    /// - Returns: whether they are UTF-8; ASCII, the common case, is recognised without building a string.
    mutating func skipUTF8(_ count: Int) throws(DecodeError) -> Bool {
        let start = offset
        try skip(count)
        var isASCII = true
        for index in start..<offset where bytes[index] >= 0x80 { isASCII = false }
        return isASCII || String(validating: bytes[start..<offset], as: UTF8.self) != nil
    }
}

extension ScalarKind {
    func validate(_ reader: inout ByteReader, count: Int = 1) throws(DecodeError) {
        switch self {
        case .bool: for _ in 0..<count { _ = try reader.flag() }
        case .f32:
            for _ in 0..<count {
                let start = reader.offset
                let bits = try reader.u32()
                guard canonicalBits(Float(bitPattern: bits)) == bits else { throw DecodeError(.notCanonical, at: start) }
            }
        case .f64:
            for _ in 0..<count {
                let start = reader.offset
                let bits = try reader.u64()
                guard canonicalBits(Double(bitPattern: bits)) == bits else { throw DecodeError(.notCanonical, at: start) }
            }
        case .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .entity: try reader.skip(count * byteCount)
        }
    }

    /// Reads an integer of this width; unsigned ones by bit pattern.
    func readInteger(_ reader: inout ByteReader) throws(DecodeError) -> Int64 {
        switch self {
        case .i8: Int64(Int8(bitPattern: try reader.u8()))
        case .i16: Int64(Int16(bitPattern: try reader.u16()))
        case .i32: Int64(Int32(bitPattern: try reader.u32()))
        case .bool, .u8: Int64(try reader.u8())
        case .u16: Int64(try reader.u16())
        case .u32, .f32: Int64(try reader.u32())
        case .i64, .u64, .f64, .entity: try reader.i64()
        }
    }

    /// Writes the low bytes of an integer in this width.
    func writeInteger(_ value: Int64, to writer: inout ByteWriter) {
        switch byteCount {
        case 1: writer.u8(UInt8(truncatingIfNeeded: value))
        case 2: writer.u16(UInt16(truncatingIfNeeded: value))
        case 4: writer.u32(UInt32(truncatingIfNeeded: value))
        default: writer.i64(value)
        }
    }
}
