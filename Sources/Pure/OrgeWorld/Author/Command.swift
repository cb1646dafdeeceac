/// A request to change the world: applied as a whole or not at all, with exactly one outcome.
public protocol Command: Record {
    /// The result of an applied command: Void, or a record.
    associatedtype Result
    /// How often a generator draws it, relative to the world's other commands; 0 for never.
    static var weight: UInt16 { get }
    /// Units of its sender's share of a pass that it uses up, 1...1,000; 1 by default. Where more commands wait than a tick takes, passes over the senders fill
    /// the tick, and each sender has the same share of each pass.
    static var cost: UInt16 { get }
    /// Runs as one transaction: a throw undoes all its changes.
    static func run(_ command: Self, _ turn: inout Turn) throws(Refusal) -> Result
}

extension Command {
    public static var weight: UInt16 { 1 }
    public static var cost: UInt16 { 1 }
}
