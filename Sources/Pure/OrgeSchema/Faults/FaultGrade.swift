/// What a server does about code of a world that fails, from the mildest measure to the hardest.
///
/// Raw values stand in journals and images: they never change.
public enum FaultGrade: UInt8, CaseIterable, Comparable, Sendable {
    /// The input that the world failed on is not executed: a command or an arrival is refused, an intent is dropped, a departure is done without the world.
    case skipInput = 1
    /// A system does not visit the entity that it failed on any more.
    case setEntityAside = 2
    /// A system does not run any more.
    case suspendSystem = 3
    /// The world stops, until other code or an operator starts it.
    case stopWorld = 4

    public static func < (one: FaultGrade, other: FaultGrade) -> Bool { one.rawValue < other.rawValue }

    /// As faults are shown.
    package var name: String {
        switch self {
        case .skipInput: "skipped"
        case .setEntityAside: "entitySetAside"
        case .suspendSystem: "systemSuspended"
        case .stopWorld: "worldStopped"
        }
    }
}
