public import OrgeSchema

/// A field that rows had in an earlier version of a world: its name then, and the type that its values are read as.
///
///     Former("first", Text<16>.self)
///
/// The type is that of the field then, or one that has room for it: a text or list of more capacity, a ``Choice`` with more cases. A choice whose enum is gone
/// is read as the integer of its raw values.
public struct Former<Value: FieldType & BitwiseCopyable>: Sendable {
    let name: String

    /// A field of this name and type.
    public init(_ name: String, _: Value.Type = Value.self) { self.name = name }
}
