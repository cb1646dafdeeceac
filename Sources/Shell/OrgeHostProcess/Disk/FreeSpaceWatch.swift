/// Compares the free space of the disk with a floor: warns below it, and pauses the world before the disk is full, so that images, other worlds and
/// other programs still have some.
struct FreeSpaceWatch {
    enum Level: Equatable, Sendable {
        case ample
        /// Below the floor.
        case low
        /// Below a quarter of the floor: the world pauses until half of the floor is free again.
        case exhausted
    }

    /// Bytes; 0: no floor.
    let floor: UInt64
    private(set) var level = Level.ample

    init(floor: UInt64) { self.floor = floor }

    /// - Returns: the new level; nil when it is the one before.
    mutating func observe(freeBytes: UInt64) -> Level? {
        let next: Level =
            switch level {
            case _ where freeBytes < floor / 4: .exhausted
            case .exhausted where freeBytes < floor / 2: .exhausted
            case _ where freeBytes < floor: .low
            case .ample, .low, .exhausted: .ample
            }
        guard next != level else { return nil }
        level = next
        return next
    }
}
