/// How the ticks of a world follow one another, as encoded on link and wire.
public enum PaceKind: UInt8, CaseIterable, Sendable {
    /// A fixed number of ticks a second.
    case fixed = 1
    /// A tick starts when inputs wait.
    case onDemand = 2
    /// A tick ends when every client has committed, or a deadline passes. Reserved: no world can declare it yet.
    case turns = 3
    /// One tick directly after the other.
    case flatOut = 4
}
