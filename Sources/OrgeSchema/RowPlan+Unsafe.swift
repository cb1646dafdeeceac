@_spi(Reflection) import Swift

/// How a plain struct lies in memory and how that becomes a canonical row: made once when a type is registered.
///
/// Memory and row differ in three ways: byte order, padding (which keeps old memory and is never read), and choices (ordinal against raw
/// value). All reading and writing of an author's struct by the framework goes through here.
public struct RowPlan: Sendable {
    public let layout: RowLayout
    /// Bytes of the struct in memory, without tail padding.
    package let size: Int
    private let steps: ContiguousArray<Step>
    /// For each 8 bytes of memory those bits that belong to fields.
    @usableFromInline let masks: ContiguousArray<UInt64>
    /// For each 8 bytes which halves are floats, so that NaN can be made one before hashing.
    @usableFromInline let floats: ContiguousArray<FloatLanes>
    @usableFromInline let hasFloats: Bool

    @usableFromInline enum FloatLanes: UInt8, Sendable {
        case none, double, low, high, both
    }

    fileprivate struct Step: Sendable {
        var offset: Int
        var kind: Kind

        enum Kind: Sendable {
            case plain1, plain2, plain4, plain8
            case bool, float, double
            case text(capacity: Int)
            case list(ScalarKind, capacity: Int, elements: Int)
            case vector(ScalarKind, count: Int)
            case choice(storage: ScalarKind, raws: [Int64], tags: [UInt8], size: Int)
        }
    }

    /// Walks the fields of `type`.
    /// - Precondition: all leaves are field types, at most 4,096 bytes; what is not is named.
    public init<Root: BitwiseCopyable>(_ type: Root.Type, rules: [FieldRule<Root>] = []) {
        var leaves: [Leaf] = []
        Self.walk(type, owner: type, prefix: "", offset: 0, into: &leaves)
        precondition(MemoryLayout<Root>.size <= 4_096, "\(type) is larger than 4,096 bytes")
        for rule in rules where !leaves.contains(where: { $0.offset == rule.offset }) {
            preconditionFailure("a rule of \(type) names no field of a known type")
        }
        let fields = leaves.map { leaf in
            var constraint = FieldConstraint()
            for rule in rules where rule.offset == leaf.offset { rule.apply(&constraint) }
            return FieldSchema(leaf.name, leaf.type.fieldKind, constraint)
        }
        precondition(fields.count { $0.constraint.isOwner } <= 1, "\(type) has more than one owner")
        layout = RowLayout(fields)
        size = MemoryLayout<Root>.size
        steps = ContiguousArray(leaves.map { Step(offset: $0.offset, kind: Self.kind(of: $0.type)) })
        (masks, floats) = Self.masks(steps, size: size)
        hasFloats = floats.contains { $0 != .none }
    }

    /// Where the field lies in memory.
    package func memoryOffset(ofField index: Int) -> Int { steps[index].offset }

    private struct Leaf {
        var name: String
        var offset: Int
        var type: any FieldType.Type
    }

    private static func walk(_ type: Any.Type, owner: Any.Type, prefix: String, offset: Int, into leaves: inout [Leaf]) {
        let options = _EachFieldOptions(rawValue: 2)
        let isWalked = unsafe _forEachField(of: type, options: options) { name, fieldOffset, fieldType, kind in
            let name = unsafe prefix + String(cString: name)
            if let leaf = fieldType as? any FieldType.Type {
                leaves.append(Leaf(name: name, offset: offset + fieldOffset, type: leaf))
            } else {
                precondition(kind == .struct, "\(owner).\(name) is a \(fieldType), which is no field type and no plain struct")
                walk(fieldType, owner: owner, prefix: name + ".", offset: offset + fieldOffset, into: &leaves)
            }
            return true
        }
        precondition(isWalked, "\(owner) has fields that cannot be walked")
    }

    private static func kind(of type: any FieldType.Type) -> Step.Kind {
        switch type.fieldKind {
        case .scalar(.bool): .bool
        case .scalar(.f32): .float
        case .scalar(.f64): .double
        case .scalar(let scalar):
            switch scalar.byteCount {
            case 1: .plain1
            case 2: .plain2
            case 4: .plain4
            default: .plain8
            }
        case .text(let capacity): .text(capacity: capacity)
        case .list(let scalar, let capacity): .list(scalar, capacity: capacity, elements: max(2, scalar.byteCount))
        case .vector(let scalar, let count): .vector(scalar, count: count)
        case .choice(let storage, let cases):
            .choice(storage: storage, raws: cases.map(\.raw), tags: tags(of: type), size: size(of: type))
        }
    }

    private static func size(of type: any FieldType.Type) -> Int {
        func open<T: FieldType>(_: T.Type) -> Int { MemoryLayout<T>.size }
        return open(type)
    }

    /// The byte by which memory tells each case, in the order of `allCases`.
    private static func tags(of type: any FieldType.Type) -> [UInt8] {
        func open<T: Choice>(_: T.Type) -> [UInt8] {
            precondition(MemoryLayout<T>.size <= 1, "\(T.self) has more than 256 cases")
            let tags = T.allCases.map { one in unsafe withUnsafeBytes(of: one) { bytes in unsafe bytes.first ?? 0 } }
            precondition(tags.count > 0 && (tags.indices.allSatisfy { tags[$0] == $0 }), "allCases of \(T.self) is not the list of its cases")
            return tags
        }
        guard let choice = type as? any Choice.Type else { preconditionFailure("\(type) says it is a choice but does not conform to Choice") }
        return open(choice)
    }

    private static func masks(_ steps: ContiguousArray<Step>, size: Int) -> (ContiguousArray<UInt64>, ContiguousArray<FloatLanes>) {
        let words = (size + 7) / 8
        var masks = ContiguousArray<UInt64>(repeating: 0, count: words)
        var floats = ContiguousArray<FloatLanes>(repeating: .none, count: words)
        func cover(_ offset: Int, _ count: Int) {
            for byte in offset..<offset + count { masks[byte / 8] |= 0xff << (8 * UInt64(byte % 8)) }
        }
        func float(_ offset: Int) {
            let lane: FloatLanes = offset % 8 == 0 ? .low : .high
            floats[offset / 8] = floats[offset / 8] == .none ? lane : .both
        }
        for step in steps {
            cover(step.offset, step.kind.memoryBytes)
            switch step.kind {
            case .float: float(step.offset)
            case .double: floats[step.offset / 8] = .double
            case .vector(.f32, let count), .list(.f32, let count, _):
                let start = if case .list(_, _, let elements) = step.kind { step.offset + elements } else { step.offset }
                for index in 0..<count { float(start + 4 * index) }
            case .vector(.f64, let count), .list(.f64, let count, _):
                let start = if case .list(_, _, let elements) = step.kind { step.offset + elements } else { step.offset }
                for index in 0..<count { floats[start / 8 + index] = .double }
            case .plain1, .plain2, .plain4, .plain8, .bool, .text, .list, .vector, .choice: break
            }
            if case .list(_, _, let elements) = step.kind, elements > 2 {
                for byte in step.offset + 2..<step.offset + elements { masks[byte / 8] &= ~(0xff << (8 * UInt64(byte % 8))) }
            }
        }
        return (masks, floats)
    }
}

extension RowPlan.Step.Kind {
    /// Bytes in memory, a list's gap between count and elements included.
    fileprivate var memoryBytes: Int {
        switch self {
        case .plain1, .bool: 1
        case .plain2: 2
        case .plain4, .float: 4
        case .plain8, .double: 8
        case .text(let capacity): 2 + capacity
        case .list(let scalar, let capacity, let elements): elements + capacity * scalar.byteCount
        case .vector(let scalar, let count): scalar.byteCount * count
        case .choice(_, _, _, let size): size
        }
    }
}

extension RowPlan {
    /// Writes the row of a value.
    public func encode<Root: BitwiseCopyable>(_ value: Root, to writer: inout ByteWriter) {
        unsafe withUnsafeBytes(of: value) { bytes in
            guard let base = bytes.baseAddress else { return }
            unsafe encode(at: base, to: &writer)
        }
    }

    /// Reads a row, checking every byte, over a value whose other bytes stay as they are.
    /// - Returns: after a throw the value may be half written; the caller drops it.
    public func decode<Root: BitwiseCopyable>(_ reader: inout ByteReader, into value: inout Root) throws(DecodeError) {
        precondition(MemoryLayout<Root>.size == size, "a plan is for one type")
        var failure: DecodeError?
        unsafe withUnsafeMutableBytes(of: &value) { bytes in
            guard let base = bytes.baseAddress else { return }
            do throws(DecodeError) { try unsafe decode(&reader, at: base) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    package func encode(at base: UnsafeRawPointer, to writer: inout ByteWriter) {
        for step in steps {
            let field = unsafe base + step.offset
            switch step.kind {
            case .plain1, .bool: unsafe writer.u8(field.load(as: UInt8.self))
            case .plain2: unsafe writer.u16(field.load(as: UInt16.self))
            case .plain4: unsafe writer.u32(field.load(as: UInt32.self))
            case .plain8: unsafe writer.u64(field.load(as: UInt64.self))
            case .float: unsafe writer.u32(canonicalBits(field.load(as: Float.self)))
            case .double: unsafe writer.u64(canonicalBits(field.load(as: Double.self)))
            case .text:
                let count = unsafe field.load(as: UInt16.self)
                writer.u16(count)
                unsafe writer.raw(field + 2, count: Int(count))
            case .list(let scalar, _, let elements):
                let count = unsafe field.load(as: UInt16.self)
                writer.u16(count)
                unsafe Self.encode(scalar, count: Int(count), at: field + elements, to: &writer)
            case .vector(let scalar, let count): unsafe Self.encode(scalar, count: count, at: field, to: &writer)
            case .choice(let storage, let raws, _, let size):
                storage.writeInteger(raws[size == 0 ? 0 : unsafe Int(field.load(as: UInt8.self))], to: &writer)
            }
        }
    }

    private static func encode(_ scalar: ScalarKind, count: Int, at base: UnsafeRawPointer, to writer: inout ByteWriter) {
        for index in 0..<count {
            let element = unsafe base + index * scalar.byteCount
            switch scalar {
            case .f32: unsafe writer.u32(canonicalBits(element.load(as: Float.self)))
            case .f64: unsafe writer.u64(canonicalBits(element.load(as: Double.self)))
            case .bool, .i8, .u8: unsafe writer.u8(element.load(as: UInt8.self))
            case .i16, .u16: unsafe writer.u16(element.load(as: UInt16.self))
            case .i32, .u32: unsafe writer.u32(element.load(as: UInt32.self))
            case .i64, .u64, .entity: unsafe writer.u64(element.load(as: UInt64.self))
            }
        }
    }

    package func decode(_ reader: inout ByteReader, at base: UnsafeMutableRawPointer) throws(DecodeError) {
        for (index, step) in steps.enumerated() {
            let field = unsafe base + step.offset
            switch step.kind {
            case .plain1: unsafe field.storeBytes(of: try reader.u8(), as: UInt8.self)
            case .plain2: unsafe field.storeBytes(of: try reader.u16(), as: UInt16.self)
            case .plain4: unsafe field.storeBytes(of: try reader.u32(), as: UInt32.self)
            case .plain8: unsafe field.storeBytes(of: try reader.u64(), as: UInt64.self)
            case .bool: unsafe field.storeBytes(of: try reader.flag() ? 1 : 0, as: UInt8.self)
            case .float, .double, .vector, .list, .text, .choice:
                let start = reader.offset
                try layout.fields[index].kind.validate(&reader)
                var field = ByteReader(reader.bytes, from: start, to: reader.offset)
                try unsafe Self.decodeChecked(step.kind, &field, at: base + step.offset)
            }
        }
    }

    /// Copies a field that was validated.
    private static func decodeChecked(_ kind: Step.Kind, _ reader: inout ByteReader, at field: UnsafeMutableRawPointer) throws(DecodeError) {
        switch kind {
        case .text(let capacity):
            let count = try reader.u16()
            unsafe field.storeBytes(of: count, as: UInt16.self)
            for index in 0..<Int(count) { unsafe field.storeBytes(of: try reader.u8(), toByteOffset: 2 + index, as: UInt8.self) }
            for index in Int(count)..<capacity { unsafe field.storeBytes(of: 0, toByteOffset: 2 + index, as: UInt8.self) }
        case .list(let scalar, let capacity, let elements):
            let count = try reader.u16()
            unsafe field.storeBytes(of: count, as: UInt16.self)
            try unsafe decode(scalar, count: Int(count), &reader, at: field + elements)
            let used = elements + Int(count) * scalar.byteCount
            for byte in used..<elements + capacity * scalar.byteCount { unsafe field.storeBytes(of: 0, toByteOffset: byte, as: UInt8.self) }
        case .vector(let scalar, let count): try unsafe decode(scalar, count: count, &reader, at: field)
        case .choice(let storage, let raws, let tags, let size):
            let raw = try storage.readInteger(&reader)
            guard let index = raws.firstIndex(of: raw) else { throw DecodeError(.invalidChoice(raw), at: reader.offset) }
            if size > 0 { unsafe field.storeBytes(of: tags[index], as: UInt8.self) }
        case .float, .plain4: unsafe field.storeBytes(of: try reader.u32(), as: UInt32.self)
        case .double, .plain8: unsafe field.storeBytes(of: try reader.u64(), as: UInt64.self)
        case .plain1, .bool: unsafe field.storeBytes(of: try reader.u8(), as: UInt8.self)
        case .plain2: unsafe field.storeBytes(of: try reader.u16(), as: UInt16.self)
        }
    }

    private static func decode(_ scalar: ScalarKind, count: Int, _ reader: inout ByteReader, at base: UnsafeMutableRawPointer) throws(DecodeError) {
        for index in 0..<count {
            let element = unsafe base + index * scalar.byteCount
            switch scalar.byteCount {
            case 1: unsafe element.storeBytes(of: try reader.u8(), as: UInt8.self)
            case 2: unsafe element.storeBytes(of: try reader.u16(), as: UInt16.self)
            case 4: unsafe element.storeBytes(of: try reader.u32(), as: UInt32.self)
            default: unsafe element.storeBytes(of: try reader.u64(), as: UInt64.self)
            }
        }
    }
}

extension RowPlan {
    /// A hash of a row in memory: its fields only, never its padding, every NaN alike.
    /// - Precondition: `masks.count * 8` bytes may be read at `base` (slabs end in eight spare bytes).
    package func hash(at base: UnsafeRawPointer, seed: UInt64) -> UInt64 {
        var hash = seed
        let count = masks.count
        if !hasFloats {
            for index in 0..<count {
                hash = unsafe fold64(hash, base.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self) & masks[index])
            }
            return mix64(hash)
        }
        for index in 0..<count {
            let word = unsafe base.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self) & masks[index]
            hash = fold64(hash, Self.canonical(word, floats[index]))
        }
        return mix64(hash)
    }

    @inline(__always)
    private static func canonical(_ word: UInt64, _ lanes: FloatLanes) -> UInt64 {
        func low(_ word: UInt64) -> UInt64 { word & ~0xffff_ffff | UInt64(canonicalBits(Float(bitPattern: UInt32(truncatingIfNeeded: word)))) }
        func high(_ word: UInt64) -> UInt64 {
            word & 0xffff_ffff | UInt64(canonicalBits(Float(bitPattern: UInt32(truncatingIfNeeded: word >> 32)))) << 32
        }
        switch lanes {
        case .none: return word
        case .double: return canonicalBits(Double(bitPattern: word))
        case .low: return low(word)
        case .high: return high(word)
        case .both: return high(low(word))
        }
    }
}
