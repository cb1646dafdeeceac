/// Bounds of a number, both ends included, in the widest type of its kind.
public enum FieldRange: Equatable, Sendable {
    case signed(ClosedRange<Int64>)
    case unsigned(ClosedRange<UInt64>)
    case real(ClosedRange<Double>)
}

/// What a field's author demands of its values beyond their type. Bytes that break it are well-formed: they are refused, not malformed.
public struct FieldConstraint: Equatable, Sendable {
    public var range: FieldRange?
    /// For people: "cm", "cents", "1/256 turn".
    public var unit = ""
    /// A text or list that must hold something.
    public var notEmpty = false
    /// A float that may be neither NaN nor infinite.
    public var finite = false
    /// An entity field that names the avatar to which the whole entity belongs.
    public var isOwner = false
    /// Values that a generator should like to draw, as a person would type them.
    public var examples: [String] = []

    public static let none = FieldConstraint()

    public init() {}
}

/// One field of a row as everybody knows it.
public struct FieldSchema: Equatable, Sendable {
    /// Dotted for fields of nested structs: `home.x`.
    public var name: String
    public var kind: FieldKind
    public var constraint: FieldConstraint

    public init(_ name: String, _ kind: FieldKind, _ constraint: FieldConstraint = .none) {
        self.name = name
        self.kind = kind
        self.constraint = constraint
    }
}
