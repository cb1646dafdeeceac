public import OrgeSchema

/// A plain struct whose fields the framework can name. Components, commands, results, events and intents are records.
///
/// Every stored property has a default and is of a field type (integers of fixed width such as Int64 but not Int, Float, Double, Bool, ``Entity``,
/// ``Text`` instead of String, ``List`` instead of an array, SIMD2...4, ``Choice`` for enums) or a plain struct of such; `Entity.none` takes the
/// place of nil. Any other type stops the world's program at its start, with a message that names type and field.
public protocol Record: BitwiseCopyable, Sendable {
    /// The compiler synthesises this when every field has a default, as in `var price: Int64 = 0` or `var seller = Entity.none`.
    init()
    /// The name for clients and tools; by default the type's name with a lowercase first letter.
    static var name: String { get }
    /// Rules for single fields; by default none beyond their types.
    static var fields: [FieldRule<Self>] { get }
}

extension Record {
    public static var name: String {
        let full = String(describing: Self.self)
        return full.prefix(1).lowercased() + full.dropFirst()
    }

    public static var fields: [FieldRule<Self>] { [] }
}

/// One column of a world's state: each entity has at most one row in it.
public protocol Component: Record {
    /// The clients that may see its rows; by default every client whose interest includes the entity.
    static var visibility: Visibility { get }
    /// How rows of earlier versions become rows of this one; by default empty.
    static var migrations: [Migration<Self>] { get }
}

extension Component {
    public static var visibility: Visibility { .everyone }
    public static var migrations: [Migration<Self>] { [] }
}

/// A component of an avatar that its client writes, for steering. The latest row wins; a row that breaks a field rule is dropped. It is
/// removed when the client disconnects.
public protocol Intent: Component {}

/// Something that happened and is not state: speech, hits, sounds.
public protocol Event: Record {
    /// Whether it is kept until it is delivered (default), or may be dropped for a slow client.
    static var isReliable: Bool { get }
}

extension Event {
    public static var isReliable: Bool { true }
}
