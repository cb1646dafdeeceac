// A world's author imports one module.
@_exported public import OrgeSchema

/// A simulated world: its name, its parts, and its handlers for start, arrivals and departures.
public protocol World {
    /// 1...32 characters out of `a-z 0-9 - _`: also the name of its folder.
    static var name: String { get }
    /// Of its rules and content, for people and tools; by default 1. It rises with what players would call an update.
    static var version: UInt16 { get }
    /// When its ticks run; by default 20 each second.
    static var pace: Pace { get }
    /// Entities that may live at once, 1...4,194,304, which is the default. Further ones are refused as ``Refusal/Code/full``. Address space, not
    /// memory, is reserved for each component's rows of that many entities, and for as many accounts.
    static var entityLimit: Int { get }
    /// Whether world code reads ``Turn/utcMilliseconds``. Then the time is part of the world's chain, and two runs at other times differ. By
    /// default false, and reading the time is the author's fault.
    static var readsUTC: Bool { get }
    /// Seconds for which the outcomes of a session that has ended are remembered, 0...3,600: a client that comes back later than its session lingers still
    /// learns what became of its commands. By default 60.
    static var outcomeMemorySeconds: Int { get }
    /// Whether, and for how long, the world remembers the idempotency keys of commands. By default nil: commands with a key are refused as
    /// ``Refusal/Code/noKeys``.
    static var keyMemory: KeyMemory? { get }
    /// How far the server may go to keep the world running when its code fails.
    static var faultPolicy: FaultPolicy { get }
    /// Everything the world is made of, in the order in which clients number it and systems run.
    @PartsBuilder static var parts: Parts { get }
    /// How the data of earlier versions becomes this one's, beyond the components' own ``Component/migrations``; by default empty.
    static var migrations: [WorldMigration] { get }

    /// Fills the empty world. Runs once, before tick 1; draws follow from the world's seed.
    static func start(_ turn: inout Turn)
    /// Gives an account its avatar: a new one, or the one it had (``Turn/avatar(of:)``). May refuse; then the account does not enter.
    ///
    /// An account is its id; name and roles may differ from one arrival to the next, except a guest's. World code that needs them later keeps them
    /// in a component.
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity
    /// The account has left or has been gone for too long. By default its avatar is despawned.
    static func depart(_ avatar: Entity, _ turn: inout Turn)
}

extension World {
    public static var version: UInt16 { 1 }
    public static var pace: Pace { .fixed(hertz: 20) }
    public static var entityLimit: Int { Entity.slotLimit }
    public static var readsUTC: Bool { false }
    public static var outcomeMemorySeconds: Int { 60 }
    public static var keyMemory: KeyMemory? { nil }
    public static var faultPolicy: FaultPolicy { FaultPolicy() }
    public static var migrations: [WorldMigration] { [] }
    public static func start(_ turn: inout Turn) {}
    public static func depart(_ avatar: Entity, _ turn: inout Turn) { turn.despawn(avatar) }
}
