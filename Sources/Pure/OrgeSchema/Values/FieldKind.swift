/// A single number, Bool or entity: the element kinds of lists and vectors.
public enum ScalarKind: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    case bool = 1
    case i8, i16, i32, i64
    case u8, u16, u32, u64
    case f32, f64
    case entity

    /// Bytes in memory and in a canonical row alike.
    @inlinable public var byteCount: Int {
        switch self {
        case .bool, .i8, .u8: 1
        case .i16, .u16: 2
        case .i32, .u32, .f32: 4
        case .i64, .u64, .f64, .entity: 8
        }
    }

    public var isSigned: Bool {
        switch self {
        case .i8, .i16, .i32, .i64: true
        case .bool, .u8, .u16, .u32, .u64, .f32, .f64, .entity: false
        }
    }

    public var isReal: Bool { self == .f32 || self == .f64 }
    public var isInteger: Bool { !isReal && self != .bool && self != .entity }
}

/// The kind of a field's value. The set is closed: all world state is made of these.
public enum FieldKind: Equatable, Sendable {
    case scalar(ScalarKind)
    /// UTF-8, at most `capacity` bytes.
    case text(capacity: Int)
    case list(ScalarKind, capacity: Int)
    case vector(ScalarKind, count: Int)
    /// One of named values, written by raw value in the width of `storage`.
    case choice(storage: ScalarKind, cases: [ChoiceCase])

    /// Fewest bytes in a canonical row.
    public var minBytes: Int {
        switch self {
        case .scalar(let scalar): scalar.byteCount
        case .text, .list: 2
        case .vector(let scalar, let count): scalar.byteCount * count
        case .choice(let storage, _): storage.byteCount
        }
    }

    /// Most bytes in a canonical row.
    public var maxBytes: Int {
        switch self {
        case .text(let capacity): 2 + capacity
        case .list(let scalar, let capacity): 2 + capacity * scalar.byteCount
        case .scalar, .vector, .choice: minBytes
        }
    }
}

public struct ChoiceCase: Equatable, Sendable {
    public var raw: Int64
    public var name: String

    public init(raw: Int64, name: String) {
        self.raw = raw
        self.name = name
    }
}

/// The clients that may see a component.
public enum Visibility: UInt8, Sendable {
    /// Every client whose interest includes the entity.
    case everyone = 0
    /// The client whose avatar owns the entity; monitors never.
    case owner = 1
    /// No client: rows never leave the host.
    case server = 2
}
