import OrgeSchema
import OrgeWorld

/// Audits that wait for their turn, and the share of the host's time that they may take.
///
/// Time comes in as measured by the shell. A step that costs more than is left is paid for by those after it, so that over a second the share
/// holds; where time is not measured, as in tests, audits cost nothing and never wait.
struct AuditQueue {
    struct Waiting {
        /// The request's number, as the edge gave it.
        var request: UInt64
        /// 0 for a monitor.
        var session: UInt64
        var link: UInt64
        var since: UInt64
    }

    private var waiting: [Waiting] = []
    private var head = 0
    /// Nanoseconds that audits may take now; below zero after a step that cost more than was left.
    private var balance: Int64
    private var refilledAt: UInt64
    private let cap: Int64
    private var lastUse: UInt64 = 0
    /// Only while audits are asked for.
    private(set) var owned: OwnedEntities?
    /// Audits told to come back later, since the start.
    private(set) var busyCount: UInt64 = 0

    /// - Parameter period: nanoseconds of a tick; 0 when ticks have no fixed length.
    init(period: UInt64, now: UInt64) {
        cap = Int64((period > 0 ? period : HostLimits.auditPeriod) / HostLimits.auditShare)
        balance = cap
        refilledAt = now
    }

    var count: Int { waiting.count - head }
    var mayStep: Bool { count > 0 && balance > 0 }

    /// When a step may be made again; nil when none waits for time.
    var nextStep: UInt64? {
        guard count > 0, balance <= 0 else { return nil }
        return refilledAt + UInt64(1 - balance) * HostLimits.auditShare
    }

    mutating func refill(_ now: UInt64) {
        balance = min(cap, balance + Int64((now - refilledAt) / HostLimits.auditShare))
        refilledAt = now
    }

    mutating func spend(_ nanoseconds: UInt64) { balance -= Int64(clamping: nanoseconds) }

    /// - Returns: false when as many wait as may.
    mutating func append(_ audit: Waiting) -> Bool {
        guard count < HostLimits.auditsWaiting else {
            busyCount += 1
            return false
        }
        waiting.append(audit)
        return true
    }

    /// The first one; nil when none waits. Audits that waited too long leave through `late`.
    mutating func first(_ now: UInt64, late: (Waiting) -> Void) -> Waiting? {
        while head < waiting.count {
            let audit = waiting[head]
            if now < audit.since + HostLimits.auditPatience { return audit }
            removeFirst()
            busyCount += 1
            late(audit)
        }
        return nil
    }

    mutating func removeFirst() {
        head += 1
        guard head == waiting.count || head >= 1_024 else { return }
        waiting.removeFirst(head)
        head = 0
    }

    // MARK: Owned entities

    /// Brings the owned entities one step nearer to the state after the last tick.
    /// - Returns: whether they are there.
    mutating func stepOwned(_ engine: WorldEngine, _ now: UInt64) -> Bool {
        lastUse = now
        if owned == nil { owned = OwnedEntities(engine.schema) }
        if owned!.isUpToDate { return true }
        owned!.step(engine)
        return owned!.isUpToDate
    }

    /// A tick was executed. An index that no audit has used for a while, or that lags too far, is given up and scanned again when needed.
    mutating func executed(_ changes: ChangeSet, _ now: UInt64) {
        guard owned != nil else { return }
        owned!.append(changes)
        if now > lastUse + HostLimits.auditIndexKept || owned!.pendingRowCount > HostLimits.auditRowsPending { owned = nil }
    }
}
