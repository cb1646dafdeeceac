/// Slots for logged-in clients: those that the edge has, and the logins that wait for one.
struct ClientSlots {
    private(set) var granted: Int
    /// More can be had from the supervisor.
    let canAsk: Bool
    /// Logged-in clients; each uses a slot.
    var used = 0
    /// Logins that wait while the supervisor is asked; entries of connections that went meanwhile are stale.
    var waiting: UnauthenticatedConnections
    /// When the supervisor was asked; nil when its answer has come.
    private(set) var askedAt: UInt64?
    /// The supervisor had no free slot: until then it is not asked again.
    private var fullUntil: UInt64 = 0

    /// - Parameter waiting: logins that can wait at the same moment.
    init(limit: Int, asks: Bool, waiting: Int) {
        self.waiting = UnauthenticatedConnections(limit: waiting)
        granted = asks ? 0 : limit
        canAsk = asks
    }

    var free: Int { granted - used }
    func mayAsk(_ now: UInt64) -> Bool { canAsk && now >= fullUntil }
    func isOverdue(_ now: UInt64) -> Bool { askedAt.map { now >= $0 + EdgeLimits.slotWait } ?? false }

    mutating func asked(_ now: UInt64) { askedAt = now }

    /// The supervisor has answered.
    mutating func grant(_ count: Int, _ now: UInt64) {
        askedAt = nil
        granted += count
        if count == 0 { fullUntil = now + EdgeLimits.fullPause }
    }

    /// Gives up free slots.
    /// - Returns: how many, up to `count`.
    mutating func giveUp(_ count: Int) -> Int {
        let given = min(count, free)
        granted -= given
        return given
    }
}
