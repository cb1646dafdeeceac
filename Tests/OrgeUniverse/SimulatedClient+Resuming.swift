import OrgeSchema
import OrgeSession
import OrgeWire

/// A client's session between two connections.
struct Suspended {
    var state: ClientSuspension
    var stint: SimulatedClient.Stint
    var timeline: Judge
    /// When the connection was lost that had it last.
    var since: UInt64
}

/// Coming back: the same session, each command with one outcome, nothing that goes back.
extension SimulatedClient {
    /// For so long outcomes are remembered for certain.
    private static let memory = 55 * Weather.second

    /// The connection has ended. A client that left, and now and then one that forgets its ticket, does not come back for its session.
    func suspend() {
        let unanswered = unansweredCount
        guard manner == .player, !hasLeft, let state = session?.suspend(), let stint = stint ?? suspended?.stint,
            let timeline = timeline ?? suspended?.timeline, isCalm || !random.chance(1, outOf: 16)
        else {
            session?.connectionLost()
            suspended = nil
            universe.verdict.report.unknown += unanswered
            return
        }
        suspended = Suspended(state: state, stint: stint, timeline: timeline, since: self.stint == nil ? suspended?.since ?? now : now)
    }

    /// The end of everything: no server is left to come back to.
    func giveUp() {
        universe.verdict.report.unknown += suspended?.state.unanswered.count ?? 0
        suspended = nil
    }

    /// The session goes on.
    func handle(_ joined: ServerFrame.Joined, _ resumed: Resumption.Resumed) {
        guard let suspended else { return fail("a session is resumed that was not lost") }
        universe.verdict.report.resumed += 1
        if resumed.isContinued { universe.verdict.report.continued += 1 }
        stint = suspended.stint
        let newer = folder.judge(of: joined.incarnation)
        if joined.session != suspended.stint.session || joined.avatar != suspended.stint.avatar {
            fail("session \(suspended.stint.session) of \(suspended.stint.avatar) goes on as \(joined.session) of \(joined.avatar)")
        }
        if resumed.fork == nil {
            (timeline, lastTimeline) = (suspended.timeline, suspended.timeline)
            adopt(newer)
            if joined.tick < lastTick { fail("resumed at tick \(joined.tick), and tick \(lastTick) was shown before") }
        } else {
            if newer === suspended.timeline { fail("told of a fork that did not happen") }
            (timeline, lastTimeline, lastTick) = (newer, newer, 0)
            universe.verdict.report.timelineChanges += 1
        }
        heard(incarnation: joined.incarnation)
        judge.released(joined.tick, "a join")
        settle(on: newer)
        // Whether an event to a disc was for it is judged by where it is now.
        stint?.hostWasAway = true
        if resumed.lostEvents > 0 || resumed.fork != nil { stint?.lostEvents = true }
        (refusal, isAudited) = (nil, false)
        universe.saw(joined.avatar, in: folder.world)
        let again = session?.resends(now: now) ?? []
        universe.verdict.report.resent += again.count
        for command in again { send(command) }
        for intent in session?.standingIntents() ?? [] { send(intent) }
    }

    /// Commands that get no outcome: each must be one that cannot have one.
    func settle(on newer: Judge) {
        guard let suspended else { return }
        let settled = session?.takeSettled() ?? []
        for command in settled { check(command, suspended, newer) }
        if session?.isHolding != true || session?.phase == .joined {
            if stint == nil || stint?.session != suspended.stint.session { universe.verdict.report.ended += 1 }
            self.suspended = nil
        }
    }

    private func check(_ settled: ClientSession.Settled, _ suspended: Suspended, _ newer: Judge) {
        let (session, sequence) = (suspended.stint.session, settled.command.sequence)
        switch settled.fate {
        case .expired, .notRun:
            universe.verdict.report.notRun += 1
            newer.neverRuns(session, sequence, leaving: suspended.timeline)
        case .tooOld: fail("the outcome of command \(sequence) of session \(session) is not kept, and was not told")
        case .unknown:
            universe.verdict.report.unknown += 1
            let isKnown = newer === suspended.timeline && now < suspended.since + Self.memory
            if isKnown { fail("session \(session) is not known after \((now - suspended.since) / Weather.millisecond) ms") }
        }
    }
}
