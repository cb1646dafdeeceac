public import OrgeSchema

/// How far the server may go to keep a world running whose code fails: traps, runs for too long, or takes too much memory.
///
/// What the server decides by it is journaled with the fault: another policy changes nothing about earlier faults.
public struct FaultPolicy: Equatable, Sendable {
    /// The hardest measure before the world is stopped; by default ``FaultGrade/suspendSystem``. A fault that calls for more stops the world.
    public var farthest = FaultGrade.suspendSystem
    /// Entities that are set aside for one system; when it fails on another one, the system is suspended. 0...64, by default 16.
    public var entitiesSetAside = 16
    /// Seconds for which a strike of an account counts, 1...86,400; by default ten minutes.
    public var countingSeconds = 600
    /// Seconds for which an account's first strike suspends it, 0...3,600; by default a minute. Each further strike within the counting time doubles
    /// them, up to an hour.
    public var suspensionSeconds = 60
    /// Accounts whose strikes with commands of one kind, within the counting time, disable that kind, 1...16; by default 3.
    public var accountsToDisable = 3
    /// Whether guests count among these accounts. By default they do not, because a guest's name costs nothing: commands of the kind are then
    /// refused to guests alone, for a minute, and for twice as long the next time.
    public var countsGuests = false

    /// The policy of a world that declares none.
    public init() {}
}

extension FaultPolicy {
    /// What contradicts the ranges of its fields.
    var fault: String? {
        if !(0...64).contains(entitiesSetAside) { return "entitiesSetAside is \(entitiesSetAside), outside 0...64" }
        if !(1...86_400).contains(countingSeconds) { return "countingSeconds is \(countingSeconds), outside 1...86400" }
        if !(0...3_600).contains(suspensionSeconds) { return "suspensionSeconds is \(suspensionSeconds), outside 0...3600" }
        return (1...16).contains(accountsToDisable) ? nil : "accountsToDisable is \(accountsToDisable), outside 1...16"
    }
}
