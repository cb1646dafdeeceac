/// Where a host can die.
package enum CrashPoint: Int, CaseIterable, Sendable {
    /// Between ticks, or wherever it happens to be.
    case anywhere
    /// A tick is sealed; the journal has not heard of it.
    case sealed
    /// The journal has it; the world has not run it.
    case appended
    /// The world has run it; what it made is held.
    case executed
    /// The journal's thread begins to write.
    case beforeWrite
    /// In the middle of a write or a sync of the group, or of a new segment.
    case duringWrite
    /// The group is on the disk, and the tick thread does not know.
    case afterSync
    /// The tick thread knows, and has released nothing.
    case beforeRelease
    /// Something of a release is sent.
    case duringRelease
    /// Everything that a tick releases is sent.
    case afterRelease
    /// The image is made.
    case beforeImage
    /// In the middle of writing it.
    case duringImage
    /// Before, in the middle of, or after the removal of a file that it replaces.
    case duringRemoval
    case afterImage
    /// While coming back from the death before.
    case duringRecovery
}

/// A death that waits for its moment.
struct PlannedDeath {
    var point: CrashPoint
    /// The disk forgets what was not synced; otherwise only the process dies and the page cache stays.
    var losesPower: Bool
    /// How many operations or sent frames of the step go well.
    var skips: Int
}
