// A world's author imports one module.
@_exported public import OrgeSchema

/// A simulated world: its name, its parts, and its handlers for start, arrivals and departures.
public protocol World {
    /// 1...32 characters out of `a-z 0-9 - _`: also the name of its folder.
    static var name: String { get }
    static var version: UInt16 { get }
    static var pace: Pace { get }
    /// Entities that may live at once, 1...4,194,304, which is the default. Further ones are refused as ``Refusal/Code/full``. Address space, not
    /// memory, is reserved for each component's rows of that many entities, and for as many accounts.
    static var entityLimit: Int { get }
    /// Everything the world is made of, in the order in which clients number it and systems run.
    @PartsBuilder static var parts: Parts { get }

    /// Fills the empty world. Runs once, before tick 1; draws follow from the world's seed.
    static func start(_ turn: inout Turn)
    /// Gives an account its avatar: a new one, or the one it had (``Turn/avatar(of:)``). May refuse; then the account does not enter.
    static func arrive(_ account: Account, _ turn: inout Turn) throws(Refusal) -> Entity
    /// The account has left or has been gone for too long. By default its avatar is despawned.
    static func depart(_ avatar: Entity, _ turn: inout Turn)
}

extension World {
    public static var version: UInt16 { 1 }
    public static var pace: Pace { .fixed(hertz: 20) }
    public static var entityLimit: Int { Entity.slotLimit }
    public static func start(_ turn: inout Turn) {}
    public static func depart(_ avatar: Entity, _ turn: inout Turn) { turn.despawn(avatar) }
}
