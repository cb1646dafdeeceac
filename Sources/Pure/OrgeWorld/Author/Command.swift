/// A request to change the world: applied as a whole or not at all, with exactly one outcome.
public protocol Command: Record {
    /// The result of an applied command: Void, or a record.
    associatedtype Result
    /// How often a generator draws it, relative to the world's other commands; 0 for never.
    static var weight: UInt16 { get }
    /// Units of its source's turn when a tick is sealed, 1...1,000.
    static var cost: UInt16 { get }
    /// Runs as one transaction: a throw undoes all its changes.
    static func run(_ command: Self, _ turn: inout Turn) throws(Refusal) -> Result
}

extension Command {
    public static var weight: UInt16 { 1 }
    public static var cost: UInt16 { 1 }
}
