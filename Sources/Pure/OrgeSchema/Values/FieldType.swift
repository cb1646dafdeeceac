/// A type that may be a field: the leaves of every component, command, intent, event and result.
///
/// These are integers of fixed width, Float, Double, Bool, ``Entity``, ``Text``, ``List``, SIMD2 to SIMD4, and enums that conform to ``Choice``. Do not conform
/// other types: the codec supports only the kinds that `FieldKind` lists, with their memory layouts.
public protocol FieldType: Sendable {
    static var fieldKind: FieldKind { get }
}

/// A leaf that is a single number, Bool or entity.
public protocol ScalarType: FieldType, BitwiseCopyable, Equatable {
    static var scalarKind: ScalarKind { get }
    /// Zero, false, no entity: all bits clear.
    init()
}

extension ScalarType {
    public static var fieldKind: FieldKind { .scalar(scalarKind) }
}

extension Bool: ScalarType { public static var scalarKind: ScalarKind { .bool } }
extension Int8: ScalarType { public static var scalarKind: ScalarKind { .i8 } }
extension Int16: ScalarType { public static var scalarKind: ScalarKind { .i16 } }
extension Int32: ScalarType { public static var scalarKind: ScalarKind { .i32 } }
extension Int64: ScalarType { public static var scalarKind: ScalarKind { .i64 } }
extension UInt8: ScalarType { public static var scalarKind: ScalarKind { .u8 } }
extension UInt16: ScalarType { public static var scalarKind: ScalarKind { .u16 } }
extension UInt32: ScalarType { public static var scalarKind: ScalarKind { .u32 } }
extension UInt64: ScalarType { public static var scalarKind: ScalarKind { .u64 } }
extension Float: ScalarType { public static var scalarKind: ScalarKind { .f32 } }
extension Double: ScalarType { public static var scalarKind: ScalarKind { .f64 } }
extension Entity: ScalarType { public static var scalarKind: ScalarKind { .entity } }

extension SIMD2: FieldType where Scalar: ScalarType { public static var fieldKind: FieldKind { .vector(Scalar.scalarKind, count: 2) } }
extension SIMD3: FieldType where Scalar: ScalarType { public static var fieldKind: FieldKind { .vector(Scalar.scalarKind, count: 3) } }
extension SIMD4: FieldType where Scalar: ScalarType { public static var fieldKind: FieldKind { .vector(Scalar.scalarKind, count: 4) } }

/// A field type of numbers, which may have a unit: a number, and vectors and lists of numbers.
public protocol QuantityType: FieldType {}

extension Int8: QuantityType, CoordinateType {}
extension Int16: QuantityType, CoordinateType {}
extension Int32: QuantityType, CoordinateType {}
extension Int64: QuantityType {}
extension UInt8: QuantityType, CoordinateType {}
extension UInt16: QuantityType, CoordinateType {}
extension UInt32: QuantityType, CoordinateType {}
extension UInt64: QuantityType {}
extension Float: QuantityType, CoordinateType {}
extension Double: QuantityType, CoordinateType {}
extension SIMD2: QuantityType where Scalar: ScalarType & QuantityType {}
extension SIMD3: QuantityType where Scalar: ScalarType & QuantityType {}
extension SIMD4: QuantityType where Scalar: ScalarType & QuantityType {}
extension List: QuantityType where Element: QuantityType {}

/// A number that a position may consist of: a Double holds it exactly. Float, Double, and integers of at most 32 bits.
public protocol CoordinateType: ScalarType {}

/// One of named values: an enum with integer raw values and a list of its cases.
///
/// On the wire and on disk a choice is its raw value, so cases may be reordered; in memory it is the case's ordinal.
public protocol Choice: FieldType, BitwiseCopyable, CaseIterable, RawRepresentable, Equatable where RawValue: FixedWidthInteger & ScalarType {}

extension Choice {
    public static var fieldKind: FieldKind {
        .choice(storage: RawValue.scalarKind, cases: allCases.map { ChoiceCase(raw: Int64(truncatingIfNeeded: $0.rawValue), name: "\($0)") })
    }
}

/// Text of at most `capacity` bytes of UTF-8, kept in place. Unused bytes are zero, so that equal texts have equal bytes.
public struct Text<let capacity: Int>: FieldType, BitwiseCopyable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    private var length: UInt16
    private var storage: InlineArray<capacity, UInt8>

    public static var fieldKind: FieldKind { .text(capacity: capacity) }

    /// The empty text.
    public init() {
        length = 0
        storage = InlineArray(repeating: 0)
    }

    /// - Returns: nil when the text is longer than `capacity` bytes.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= capacity else { return nil }
        self.init()
        for byte in text.utf8 { append(byte) }
    }

    /// The longest prefix of the text that fits, cut between characters.
    public init(cutting text: some StringProtocol) {
        self.init()
        for character in text {
            guard Int(length) + character.utf8.count <= capacity else { return }
            for byte in character.utf8 { append(byte) }
        }
    }

    /// - Precondition: the literal fits.
    public init(stringLiteral: String) {
        guard let text = Text(stringLiteral) else { trapForAuthor("\"\(stringLiteral)\" does not fit \(capacity) bytes") }
        self = text
    }

    private mutating func append(_ byte: UInt8) {
        storage[Int(length)] = byte
        length += 1
    }

    /// Bytes of UTF-8.
    public var byteCount: Int { Int(length) }
    /// Whether it has no byte.
    public var isEmpty: Bool { length == 0 }
    /// A copy as a String, which allocates memory.
    public var string: String { String(decoding: (0..<Int(length)).map { storage[$0] }, as: UTF8.self) }
    public var description: String { string }

    public static func == (a: Text, b: Text) -> Bool {
        a.length == b.length && (0..<Int(a.length)).allSatisfy { a.storage[$0] == b.storage[$0] }
    }

    public func hash(into hasher: inout Hasher) {
        for place in 0..<Int(length) { hasher.combine(storage[place]) }
        hasher.combine(length)
    }
}

/// At most `capacity` scalars, kept in place. Unused places are zero, so that equal lists have equal bytes.
public struct List<Element: ScalarType, let capacity: Int>: FieldType, BitwiseCopyable, Equatable {
    private var length: UInt16
    private var storage: InlineArray<capacity, Element>

    public static var fieldKind: FieldKind { .list(Element.scalarKind, capacity: capacity) }

    /// The empty list.
    public init() {
        length = 0
        storage = InlineArray(repeating: Element())
    }

    /// - Returns: nil when there are more than `capacity` elements.
    public init?(_ elements: some Collection<Element>) {
        guard elements.count <= capacity else { return nil }
        self.init()
        for element in elements { append(element) }
    }

    public var count: Int { Int(length) }
    /// Whether it holds `capacity` elements.
    public var isFull: Bool { count == capacity }

    /// - Returns: false when the list is full; it is then unchanged.
    @discardableResult
    public mutating func append(_ element: Element) -> Bool {
        guard count < capacity else { return false }
        storage[count] = element
        length += 1
        return true
    }

    /// Removes an element and closes the gap.
    /// - Precondition: `index < count`.
    @discardableResult
    public mutating func remove(at index: Int) -> Element {
        let removed = self[index]
        for place in index..<count - 1 { storage[place] = storage[place + 1] }
        storage[count - 1] = Element()
        length -= 1
        return removed
    }

    public static func == (a: List, b: List) -> Bool { a.elementsEqual(b) }
}

extension List: RandomAccessCollection, MutableCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { count }

    /// - Precondition: `index < count`.
    public subscript(index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count, "index \(index) outside a list of \(count)")
            return storage[index]
        }
        set {
            precondition(index >= 0 && index < count, "index \(index) outside a list of \(count)")
            storage[index] = newValue
        }
    }
}
