/// Rules for fields that they do not fit. They are never called: the compiler takes them where no other fits, and says why none does.
extension FieldRule {
    @available(*, unavailable, message: "a range is for a field of Int8...Int64, UInt8...UInt64 (not Int), Float or Double, with bounds of that type")
    public static func range<Value, Bound>(_ path: KeyPath<Root, Value>, _ range: ClosedRange<Bound>, unit: String = "") -> FieldRule { refused() }

    @available(*, unavailable, message: "a range is written with both ends, as in 1...10")
    public static func range<Value, Bound>(_ path: KeyPath<Root, Value>, _ range: Range<Bound>, unit: String = "") -> FieldRule { refused() }

    @available(*, unavailable, message: "only a Float or a Double can be infinite or no number")
    public static func finite<Value>(_ path: KeyPath<Root, Value>) -> FieldRule { refused() }

    @available(*, unavailable, message: "a unit is for a field of numbers: Int8...Int64, UInt8...UInt64, Float, Double, vectors and lists of them")
    public static func unit<Value>(_ path: KeyPath<Root, Value>, _ unit: String) -> FieldRule { refused() }

    @available(*, unavailable, message: "only a Text or a List can be empty")
    public static func notEmpty<Value>(_ path: KeyPath<Root, Value>) -> FieldRule { refused() }

    @available(*, unavailable, message: "an owner is a field of type Entity")
    public static func owner<Value>(_ path: KeyPath<Root, Value>) -> FieldRule { refused() }

    @available(*, unavailable, message: "examples have the field's type: numbers for a number, .cases for a choice, strings for a Text, arrays for a List")
    public static func examples<Value, Example>(_ path: KeyPath<Root, Value>, _ examples: Example...) -> FieldRule { refused() }

    private static func refused() -> FieldRule { preconditionFailure("the compiler refuses its callers") }
}
