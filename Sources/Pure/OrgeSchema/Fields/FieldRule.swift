/// A rule for a field beyond its type. A field may have several.
///
///     static var fields: [FieldRule<Self>] { [.range(\.x, 0...100_000, unit: "cm"), .examples(\.mood, .calm, .cross)] }
///
/// The compiler refuses a rule for a field whose type it does not fit: FieldRule+Refused.swift says so in words.
public struct FieldRule<Root: BitwiseCopyable> {
    /// Bytes from the start of the struct: identifies the field for key paths and for the field walk. Nil where the path names no stored field.
    let offset: Int?
    let path: PartialKeyPath<Root>
    let apply: (inout FieldConstraint) -> Void

    init(_ path: PartialKeyPath<Root>, _ apply: @escaping (inout FieldConstraint) -> Void) {
        offset = MemoryLayout<Root>.offset(of: path)
        self.path = path
        self.apply = apply
    }

    /// The least and greatest value, both included.
    public static func range<Number: FixedWidthInteger & ScalarType>(
        _ path: KeyPath<Root, Number>, _ range: ClosedRange<Number>, unit: String = ""
    ) -> FieldRule {
        FieldRule(path) { rule in
            rule.range =
                Number.isSigned
                ? .signed(Int64(range.lowerBound)...Int64(range.upperBound)) : .unsigned(UInt64(range.lowerBound)...UInt64(range.upperBound))
            rule.unit = unit
        }
    }

    /// The least and greatest value, both included; NaN is in no range.
    public static func range(_ path: KeyPath<Root, Double>, _ range: ClosedRange<Double>, unit: String = "") -> FieldRule {
        FieldRule(path) { rule in
            rule.range = .real(range)
            rule.finite = true
            rule.unit = unit
        }
    }

    /// The least and greatest value, both included; NaN is in no range.
    public static func range(_ path: KeyPath<Root, Float>, _ range: ClosedRange<Float>, unit: String = "") -> FieldRule {
        FieldRule(path) { rule in
            rule.range = .real(Double(range.lowerBound)...Double(range.upperBound))
            rule.finite = true
            rule.unit = unit
        }
    }

    /// Neither NaN nor infinite.
    public static func finite(_ path: KeyPath<Root, some ScalarType & BinaryFloatingPoint>) -> FieldRule {
        FieldRule(path) { $0.finite = true }
    }

    /// The unit of a number, for people: "cm", "cents", "1/256 turn". At most 128 bytes; nothing is checked by it.
    public static func unit(_ path: KeyPath<Root, some QuantityType>, _ unit: String) -> FieldRule {
        FieldRule(path) { $0.unit = unit }
    }

    /// The text must not be empty.
    public static func notEmpty<let capacity: Int>(_ path: KeyPath<Root, Text<capacity>>) -> FieldRule {
        FieldRule(path) { $0.notEmpty = true }
    }

    /// The list must not be empty.
    public static func notEmpty<Element, let capacity: Int>(_ path: KeyPath<Root, List<Element, capacity>>) -> FieldRule {
        FieldRule(path) { $0.notEmpty = true }
    }

    /// The field names the avatar that owns the entity: its client always sees the entity, including its `owner` components.
    public static func owner(_ path: KeyPath<Root, Entity>) -> FieldRule {
        FieldRule(path) { $0.isOwner = true }
    }
}
