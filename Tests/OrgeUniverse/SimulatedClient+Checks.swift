import OrgeHost
import OrgeSchema
import OrgeSession
import OrgeWire
import OrgeWorld

/// What a client is told, held against what is true.
extension SimulatedClient {
    /// Rows of a view that are looked at one by one: all of a small view, of a large one all now and then.
    private static let smallView = 16

    func viewComplete(_ tick: UInt64) {
        saw(tick: tick)
        stint?.viewTick = tick
        checkIntent(at: tick)
        guard let count = viewCount, count <= Self.smallView || random.chance(1, outOf: 8) else { return }
        checkView(at: tick)
    }

    /// A view says which of the client's intents it reflects.
    private func checkIntent(at tick: UInt64) {
        guard let stint, let consumed = judge.consumedIntent(of: stint.session, from: stint.since + 1, through: tick) else { return }
        if consumed != consumedIntent { fail("after tick \(tick) its view reflects intent \(consumed), and says \(consumedIntent)") }
        universe.verdict.report.intents += 1
    }

    /// Every row of the view is the one that the world held after the tick; where there are no places, nothing is missing either.
    private func checkView(at tick: UInt64) {
        var count = 0
        var wrong: Entity?
        var hidden: Entity?
        eachRow { entity, component, row in
            count += 1
            if judge.history.hash(entity, component, at: tick) != hash64(row) { wrong = entity }
            if !isAllowed(entity, component, row) { hidden = entity }
        }
        if let hidden { return fail("after tick \(tick) its view holds a row of \(hidden) that is not for it") }
        universe.verdict.report.checkedRows += count
        if let wrong { return fail("after tick \(tick) its view holds a row of \(wrong) that is not the world's") }
        guard folder.world.schema.position == nil, let stint, manner != .monitor else { return }
        let expected = judge.history.rowCount(of: stint.avatar, at: tick)
        if count != expected { fail("after tick \(tick) its view has \(count) rows, not \(expected)") }
    }

    /// Owners' rows are seen by their owners only, and server-only rows by no client.
    private func isAllowed(_ entity: Entity, _ component: UInt16, _ row: ArraySlice<UInt8>) -> Bool {
        let known = folder.world.schema.components[Int(component)]
        switch known.visibility {
        case .everyone: return true
        case .server: return false
        case .owner:
            guard let avatar = stint?.avatar, let offset = known.row.ownerOffset else { return entity == stint?.avatar }
            return row.dropFirst(offset).prefix(8).reduce(0) { $0 << 8 | UInt64($1) } == avatar.raw
        }
    }

    /// Outcomes and events of a tick come after the rows of that tick.
    private func checkFresh(_ tick: UInt64, _ what: String) {
        guard let stint, let count = viewCount, count <= Self.smallView || random.chance(1, outOf: 32) else { return }
        var stale: Entity?
        eachRow { entity, component, row in
            if judge.history.hash(entity, component, at: tick) != hash64(row) { stale = entity }
        }
        if stint.viewTick < tick, let stale { fail("\(what) of tick \(tick) comes before that tick's row of \(stale); the view is of tick \(stint.viewTick)") }
    }

    func check(_ outcome: CommandOutcome, of command: ClientSession.Unanswered, _ tick: UInt64) {
        guard let session = stint?.session ?? suspended?.stint.session else { return fail("an outcome outside of a world") }
        judge.told(session, command.sequence, tick, outcome.encoded)
        if stint != nil {
            saw(tick: tick)
            checkFresh(tick, "the outcome")
        }
        switch outcome {
        case .applied, .repeated: universe.verdict.report.applied += 1
        case .refused: universe.verdict.report.refused += 1
        }
    }

    /// Events come in the world's order, and each one once.
    func check(event kind: UInt16, _ tick: UInt64, _ payload: [UInt8]) {
        guard var stint else { return fail("an event outside of a world") }
        saw(tick: tick)
        universe.verdict.report.events += 1
        checkFresh(tick, "an event")
        if stint.eventTick != tick { (stint.eventTick, stint.eventIndex) = (tick, 0) }
        let events = judge.events[tick] ?? []
        let found = events[min(stint.eventIndex, events.count)...].firstIndex { event in
            event.kind == kind && event.payload == payload && isMeant(event, stint)
        }
        guard let found else { return fail("an event of tick \(tick) that did not happen, is not for it, or comes twice or out of order") }
        stint.eventIndex = found + 1
        if tick > stint.since, events[found].hearers?.contains(stint.avatar) != false { stint.ownEvents += 1 }
        self.stint = stint
    }

    /// Monitors hear everything that is not for one session alone. An edge that was sent an image uses the positions in the image.
    private func isMeant(_ event: Judge.Event, _ stint: Stint) -> Bool {
        guard let hearers = event.hearers, event.isForOne || manner != .monitor && !stint.hostWasAway else { return true }
        return hearers.contains(stint.avatar)
    }

    func check(_ report: AuditReport) {
        universe.verdict.report.audits += 1
        universe.verdict.report.auditedRows += report.rowCount
        saw(tick: report.tick)
        isAudited = isCalm
        guard report.mismatchCount > 0 else { return }
        fail("the audit of tick \(report.tick) finds \(report.mismatchCount) of \(report.rowCount) rows wrong: \(report.examples.prefix(3))")
    }

    // MARK: At the end

    /// What is not finished; nil when nothing is.
    var unfinished: String? {
        if manner == .mute || manner == .twin { return nil }
        if universe.isCrowded, !isJoined { return nil }
        if !isJoined, refusal == .accountInUse, universe.hasTwin(self) { return nil }
        if !isJoined { return "client \(name) is not joined" }
        if timeline !== folder.judge { return "client \(name) is on a timeline that was lost" }
        if unansweredCount > 0 { return "client \(name) waits for \(unansweredCount) outcomes" }
        return isAudited ? nil : "client \(name) waits for its audit"
    }

    /// When nothing moves any more: every event for this client alone has come, and its view is exactly what it may see.
    func checkEnd() {
        guard let stint, isJoined, manner != .mute else { return }
        var due = 0
        for (tick, events) in judge.events where tick > stint.since {
            due += events.count { $0.isReliable && $0.hearers?.contains(stint.avatar) != false }
        }
        if !stint.hostWasAway || folder.world.schema.position == nil, manner != .monitor, !stint.lostEvents, due != stint.ownEvents {
            fail("\(stint.ownEvents) events of its own came since tick \(stint.since), and there were \(due)")
        }
        checkSight(stint)
    }

    private func checkSight(_ stint: Stint) {
        let sight = Sight(judge.shadow.engine, avatar: manner == .monitor ? nil : stint.avatar)
        var wrong: String?
        var seen = 0
        eachRow { entity, component, row in
            switch sight.row(entity, component, Array(row)) {
            case .must: seen += 1
            case .may: break
            case .mustNot: wrong = "sees row \(component) of \(entity), and must not"
            case .differs: wrong = "sees another row \(component) of \(entity) than there is"
            }
        }
        if let wrong { return fail("at the end it \(wrong)") }
        if seen != sight.mustCount { fail("at the end it sees \(seen) of the \(sight.mustCount) rows that it must see") }
        universe.verdict.report.auditedRows += seen
    }
}
