import OrgeSchema

/// What became of everything that a run of bots did.
struct Tally {
    /// Bots that ever joined.
    var clients = 0
    var turnedAway = 0
    var sent = 0
    var applied = 0
    var refused = 0
    /// Of a session that was not resumed, or too late: whether they ran is not known, or their outcomes are not kept any more.
    var unknown = 0
    /// The session had ended before them: they did not run.
    var expired = 0
    /// Lost connections after which a bot went on with its session, and the commands that it sent again then.
    var resumed = 0
    var resent = 0
    /// Taken back by a change of the world's timeline, or never run because of it.
    var withdrawn = 0
    /// Still without an outcome when the run ended.
    var unanswered = 0
    /// Commands that were due while there was no credit, and were not sent.
    var held = 0
    /// Bots that were never in the world, by reason: with the clients they are all bots of the run.
    var absent = SortedMap<String, Int>()
    /// Connections lost after the bot had joined, those of `--churn` and `--drop` not counted.
    var disconnected = 0
    var updates = 0
    var updatesDue: UInt64 = 0
    var bytesIn: UInt64 = 0
    var bytesOut: UInt64 = 0
    var viewRows = 0
    var viewMismatches = 0
    var audited = 0
    /// Audits that the world had no time for; each was asked for again.
    var auditsBusy = 0
    /// Microseconds from a lost connection to the resumed session.
    private var absences: [UInt32] = []
    /// Microseconds from due to answered.
    private var latencies: [UInt32] = []

    /// Enough for any finite run; a run without an end keeps the latest.
    private static let latencyLimit = 4_000_000

    mutating func answered(afterMicroseconds latency: UInt64) {
        if latencies.count == Self.latencyLimit { latencies.removeFirst(Self.latencyLimit / 2) }
        latencies.append(UInt32(clamping: latency))
    }

    mutating func returned(afterMicroseconds away: UInt64) {
        if absences.count == Self.latencyLimit { absences.removeFirst(Self.latencyLimit / 2) }
        absences.append(UInt32(clamping: away))
        resumed += 1
    }

    /// Thousandths of a millisecond: median, 99th percentile and maximum.
    func latency() -> (p50: UInt64, p99: UInt64, max: UInt64) { Self.summary(latencies) }

    private static func summary(_ values: [UInt32]) -> (p50: UInt64, p99: UInt64, max: UInt64) {
        let sorted = values.sorted()
        guard let last = sorted.last else { return (0, 0, 0) }
        return (UInt64(sorted[sorted.count / 2]), UInt64(sorted[min(sorted.count - 1, sorted.count * 99 / 100)]), UInt64(last))
    }

    func json(seconds: Double, _ failure: CommandFailure?) -> JSONValue {
        let (p50, p99, max) = latency()
        let away = Self.summary(absences)
        let error: [(String, JSONValue)] = failure.map { [("error", FailureReport($0).errorJSON)] } ?? []
        return .object(
            error + [
                ("bots", .integer(bots)), ("clients", .integer(clients)), ("absent", absentJSON),
                ("turned_away", .integer(turnedAway)), ("sent", .integer(sent)),
                ("applied", .integer(applied)),
                ("refused", .integer(refused)), ("unknown", .integer(unknown)), ("expired", .integer(expired)), ("withdrawn", .integer(withdrawn)),
                ("unanswered", .integer(unanswered)),
                ("held", .integer(held)),
                ("disconnected", .integer(disconnected)), ("resumed", .integer(resumed)), ("resent", .integer(resent)),
                ("latency_ms", .object([("p50", .thousandths(p50)), ("p99", .thousandths(p99)), ("max", .thousandths(max))])),
                ("away_ms", .object([("p50", .thousandths(away.p50)), ("p99", .thousandths(away.p99)), ("max", .thousandths(away.max))])),
                ("updates", .integer(updates)), ("updates_due", .count(updatesDue)),
                ("updates_per_second", .thousandths(UInt64(Double(updates) / Swift.max(seconds, 0.001) * 1_000))),
                ("bytes_in", .count(bytesIn)), ("bytes_out", .count(bytesOut)), ("view_rows", .integer(viewRows)),
                ("view_mismatches", .integer(viewMismatches)),
                ("audited", .integer(audited)), ("audits_busy", .integer(auditsBusy)),
            ])
    }

    private var bots: Int { clients + absent.values.reduce(0, +) }
    private var absentJSON: JSONValue { .object(absent.map { reason, count in (reason, .integer(count)) }) }

    /// Such as ", 3 accountInUse, 1 full".
    private var absentText: String { absent.map { ", \($1) \($0)" }.joined() }

    func lines(seconds: Double) -> [String] {
        let (p50, p99, max) = latency()
        return [
            "\(clients) of \(bots) bots joined\(absentText), \(turnedAway) turned away, \(disconnected) disconnected, \(resumed) resumed",
            "\(sent) commands sent: \(applied) applied, \(refused) refused, \(unknown) unknown, \(expired) expired, \(withdrawn) withdrawn, "
                + "\(unanswered) unanswered, \(held) held back; \(resent) sent again",
            "latency ms: p50 \(thousandthsText(p50)), p99 \(thousandthsText(p99)), max \(thousandthsText(max))",
            "\(updates) updates of \(updatesDue) due, \(bytesIn) bytes in, \(bytesOut) bytes out",
            "views: \(viewRows) rows audited in \(audited) views, \(viewMismatches) mismatches, \(auditsBusy) audits put off",
        ]
    }
}
