public import OrgeSchema

/// A plain struct whose fields the framework can name: what components, commands, results, events and intents are.
///
/// Every stored property has a default and is of a field type (integers of fixed width such as Int64 but not Int, Float, Double, Bool, ``Entity``,
/// ``Text`` instead of String, ``List`` instead of an array, SIMD2...4, ``Choice`` for enums) or a plain struct of such; `Entity.none` takes the
/// place of nil. What the compiler lets through and is none of these ends the world at its start, with type and field named.
public protocol Record: BitwiseCopyable, Sendable {
    /// Every field with its zero or a chosen default, as in `var price: Int64 = 0` or `var seller = Entity.none`: the compiler then writes this.
    init()
    /// What clients and tools call it; by default the type's name with a small first letter.
    static var name: String { get }
    /// What is demanded of single fields; by default nothing beyond their types.
    static var fields: [FieldRule<Self>] { get }
}

extension Record {
    public static var name: String {
        let full = String(describing: Self.self)
        return full.prefix(1).lowercased() + full.dropFirst()
    }

    public static var fields: [FieldRule<Self>] { [] }
}

/// One column of a world's state: at most one row of it for each entity.
public protocol Component: Record {
    /// By default everybody whose interest reaches the entity.
    static var visibility: Visibility { get }
}

extension Component {
    public static var visibility: Visibility { .everyone }
}

/// What a client steers with: a component of its avatar that the client writes. The latest one wins; a row against the field rules is
/// dropped. It is cleared when the client is gone.
public protocol Intent: Component {}

/// A request to change the world: wholly applied or wholly ignored, and answered exactly once.
public protocol Command: Record {
    /// What an applied one answers: Void, or a record.
    associatedtype Result
    /// How often a generator draws it, against the world's other commands; 0 for never.
    static var weight: UInt16 { get }
    /// Units of its source's turn when a tick is sealed, 1...1,000.
    static var cost: UInt16 { get }
    /// Runs as one transaction: after a throw nothing that it did is left.
    static func run(_ command: Self, _ turn: inout Turn) throws(Refusal) -> Result
}

extension Command {
    public static var weight: UInt16 { 1 }
    public static var cost: UInt16 { 1 }
}

/// What happened and is not state: speech, hits, sounds.
public protocol Event: Record {
    /// Kept until it is delivered (default), or dropped for a reader who is behind.
    static var isReliable: Bool { get }
}

extension Event {
    public static var isReliable: Bool { true }
}

/// A model: stateless code that runs each `period` ticks.
public protocol System {
    static var name: String { get }
    /// Ticks from one run to the next, at least 1.
    static var period: Int { get }
    /// Components that its queries read. Reading another is a bug of the system and traps.
    static var reads: [any Component.Type] { get }
    /// Components that its queries write, add or remove; they may be read too.
    static var writes: [any Component.Type] { get }
    static func run(_ turn: inout Turn)
}

extension System {
    public static var name: String { String(describing: Self.self) }
    public static var period: Int { 1 }
    public static var reads: [any Component.Type] { [] }
}
