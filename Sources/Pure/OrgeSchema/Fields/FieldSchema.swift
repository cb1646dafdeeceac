/// Bounds of a number, both ends included, in the widest type of its kind.
public enum FieldRange: Equatable, Sendable {
    case signed(ClosedRange<Int64>)
    case unsigned(ClosedRange<UInt64>)
    case real(ClosedRange<Double>)
}

/// Rules for a field's values beyond their type. A row that breaks a rule is well-formed: the world refuses it; it is not malformed.
public struct FieldConstraint: Equatable, Sendable {
    public var range: FieldRange?
    /// For people: "cm", "cents", "1/256 turn".
    public var unit = ""
    /// A text or list must not be empty.
    public var notEmpty = false
    /// A float must be neither NaN nor infinite.
    public var finite = false
    /// An entity field that names the avatar that owns the row's entity.
    public var isOwner = false
    /// Values that generators prefer, in the text form that ``FieldSchema/parse(_:)`` reads.
    public var examples: [String] = []

    public static let none = FieldConstraint()

    public init() {}
}

/// One field of a row: name, kind and rules.
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
