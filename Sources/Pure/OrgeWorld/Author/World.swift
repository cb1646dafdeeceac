// A world's author imports one module.
@_exported public import OrgeSchema

/// A simulated world: its name, its parts and what happens when somebody comes or goes.
public protocol World {
    /// 1...32 characters out of `a-z 0-9 - _`: also the name of its folder.
    static var name: String { get }
    static var version: UInt16 { get }
    static var pace: Pace { get }
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
    public static func start(_ turn: inout Turn) {}
    public static func depart(_ avatar: Entity, _ turn: inout Turn) { turn.despawn(avatar) }
}

/// Who stands behind an avatar.
public struct Account: Equatable, Sendable {
    public var name: String

    public init(name: String) { self.name = name }
}

/// When a world's ticks happen.
public enum Pace: Equatable, Sendable {
    /// So many times a second, 1...1,000.
    case fixed(hertz: UInt32)
    /// As soon as inputs wait and the last commit was handed over.
    case onDemand
    /// One after the other, as fast as possible. Ticks in which no input waits and no system is due are jumped over: they are never run, and
    /// draws, state and hash are as if they had been. A world in which nothing is ever due waits for inputs.
    case flatOut

    /// Microseconds of a tick; 0 where ticks have no fixed length.
    public var tickMicroseconds: UInt32 {
        switch self {
        case .fixed(let hertz): 1_000_000 / max(1, hertz)
        case .onDemand, .flatOut: 0
        }
    }

    package var kind: PaceKind {
        switch self {
        case .fixed: .fixed
        case .onDemand: .onDemand
        case .flatOut: .flatOut
        }
    }
}

/// Who gets an event.
public enum Audience: Equatable, Sendable {
    /// The client of this avatar.
    case session(Entity)
    /// Clients whose avatar is within `radius` of where this entity is.
    case disc(around: Entity, radius: Double)
    case all
}
