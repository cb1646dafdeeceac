/// How the ticks of a world follow one another, as link and wire write it.
public enum PaceKind: UInt8, CaseIterable, Sendable {
    /// So many times a second.
    case fixed = 1
    /// A tick begins when inputs wait.
    case onDemand = 2
    /// A tick ends when every client has committed, or a deadline passes. Reserved: no world can declare it yet.
    case turns = 3
    /// One tick after the other.
    case flatOut = 4
}
