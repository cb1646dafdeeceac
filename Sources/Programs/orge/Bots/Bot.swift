import NIOCore
import OrgeClient
import OrgeSchema
import OrgeSession
import OrgeWire

/// One client of a herd. It acts when the herd tells it that time has come.
final class Bot: ClientOwner {
    enum State: Equatable {
        case connecting, acting
        /// Sends nothing more; waits for outcomes, then for its audit, then for the close.
        case draining, auditing, leaving
        case gone
    }

    let name: String
    private unowned let herd: Herd
    private(set) var connection: ClientConnection?
    private(set) var state = State.gone
    private(set) var hasJoined = false
    /// Why it is not in the world: the last answer that it got.
    private(set) var absence = "not connected"
    private var isDropping = false
    private var nextCommand: UInt64 = 0
    private var nextIntent: UInt64 = 0
    private var intents: [(kind: UInt16, payload: [UInt8], ticksLeft: Int)] = []
    private var latestUpdatesDue: UInt64 = 0
    /// When the connection was lost that it makes again.
    private var lostAt: UInt64?
    /// Commands sent again, as far as they are counted.
    private var resentCount = 0
    /// The latest outcomes, which a change of the timeline may withdraw: four windows of commands.
    private var recent: [(tick: UInt64, isApplied: Bool)] = []
    private static let recentLimit = 1_024
    /// When the connection is to be dropped; never without churn.
    private var dropAt: UInt64 = .max

    init(_ name: String, herd: Herd) {
        self.name = name
        self.herd = herd
    }

    func connect() {
        state = .connecting
        isDropping = false
        let connection = ClientConnection(
            .init(kind: .bot, software: Program.software, name: name), known: herd.known,
            returns: herd.plan.churn == nil ? ReturnPolicy() : nil, on: herd.loop, owner: self)
        self.connection = connection
        let me = NIOLoopBound(self, eventLoop: herd.loop)
        let opened = NIOLoopBound(connection, eventLoop: herd.loop)
        connection.open(host: herd.host, port: herd.port).whenFailure { error in
            me.value.herd.lastRefusal = "\(error)"
            me.value.absence = "not connected"
            me.value.ended(opened.value)
        }
    }

    /// It has lost its connection and makes another.
    var isReturning: Bool { connection?.isReturning ?? false }
    var unanswered: Int { connection.map { $0.session.unanswered.count } ?? 0 }
}

/// Acting.
extension Bot {
    /// Does whatever is due.
    func act(_ now: UInt64) {
        guard state == .acting, let connection else { return }
        if connection.isReturning { return }
        if now >= dropAt { return drop() }
        sendIntents(now, connection)
        while nextCommand <= now {
            let due = nextCommand
            nextCommand += herd.commandPeriod
            sendCommand(due, connection)
        }
    }

    private func sendCommand(_ due: UInt64, _ connection: ClientConnection) {
        guard let (kind, payload) = herd.command() else { return }
        if connection.command(kind, payload) == nil { herd.tally.held += 1 } else { herd.tally.sent += 1 }
    }

    /// Steers as a person does: one direction for a while, sent again each tick.
    private func sendIntents(_ now: UInt64, _ connection: ClientConnection) {
        guard herd.intentPeriod > 0, now >= nextIntent, let schema = connection.session.known?.schema else { return }
        nextIntent = max(nextIntent + herd.intentPeriod, now)
        if intents.isEmpty { intents = schema.intents.map { ($0.id, [], 0) } }
        for index in intents.indices {
            if intents[index].ticksLeft == 0 { intents[index] = (intents[index].kind, herd.intent(schema.intents[index]), 10 + herd.chance(40)) }
            intents[index].ticksLeft -= 1
            _ = connection.intent(intents[index].kind, intents[index].payload)
        }
    }

    /// Loses the connection, as a cable does.
    private func drop() {
        isDropping = true
        if herd.plan.drop == nil { connection?.close() } else { connection?.cut() }
    }

    /// Acts no more.
    func drain() { if state == .acting { state = .draining } }

    func audit() {
        guard let connection, state == .draining else { return }
        state = .auditing
        if !connection.audit(1) { leave() }
    }

    /// The world had no time for it.
    private func auditAgain() {
        guard state == .auditing else { return }
        state = .draining
        audit()
    }

    func leave() {
        guard state != .gone, state != .leaving else { return }
        state = .leaving
        connection?.leave()
    }

    /// Shows the herd what it sees, so that others' commands can name it.
    func share() {
        guard state == .acting, let view = connection?.session.view, view.entityCount > 0 else { return }
        for _ in 0..<4 { herd.see(view.entityIDs[herd.chance(view.entityCount)]) }
    }
}

/// What it is told.
extension Bot {
    func react(_ reaction: ClientReaction, _ connection: ClientConnection) {
        switch reaction {
        case .choose(let worlds): choose(worlds, connection)
        case .joined(let joined): begin(joined, connection)
        case .joinRefused(let refusal): refused(refusal, connection)
        case .viewComplete: herd.tally.updates += 1
        case .outcome(let command, let tick, let outcome): count(outcome, command, tick, connection)
        case .timelineChanged(let change, let notRun): goBack(to: change.forkTick ?? 0, notRun.count)
        case .audited(let report):
            herd.tally.viewRows += report.rowCount
            herd.tally.viewMismatches += report.mismatchCount
            herd.tally.audited += 1
            leave()
        case .auditBusy:
            herd.tally.auditsBusy += 1
            herd.after(.seconds(1)) { [self] _ in auditAgain() }
        case .closed(let close) where close.reason == .full && !hasJoined:
            herd.tally.turnedAway += 1
            note(close)
            state = .leaving
        case .closed(let close) where state != .leaving: note(close)
        case .disconnected: lost(connection.now)
        case .resumed: goOn(connection)
        case .settled(let settled):
            let expired = settled.count { $0.fate == .expired || $0.fate == .notRun }
            herd.tally.expired += expired
            herd.tally.unknown += settled.count - expired
        case .fault(let fault): herd.lastRefusal = "the server broke the protocol: \(fault)"
        case .notice(.viewed(let ticksDue)): latestUpdatesDue = ticksDue
        case .described, .event, .creditRaised, .pong, .notice, .closed, .nothing, .send: break
        }
    }

    private func note(_ close: Close) {
        herd.lastRefusal = Visitor.explanation(of: close).description
        absence = close.reason.map { "\($0)" } ?? "closed with \(close.code)"
    }

    /// Counted once for each lost connection, however many attempts another one takes.
    private func lost(_ now: UInt64) {
        guard lostAt == nil else { return }
        lostAt = now
        if !isDropping { herd.tally.disconnected += 1 }
    }

    /// The session goes on through another connection.
    private func goOn(_ connection: ClientConnection) {
        let now = connection.now
        herd.tally.returned(afterMicroseconds: (now - (lostAt ?? now)) / 1_000)
        lostAt = nil
        herd.tally.resent += connection.resentCount - resentCount
        resentCount = connection.resentCount
        isDropping = false
        dropAt = herd.dropTime(now)
        (nextCommand, nextIntent) = (max(nextCommand, now), max(nextIntent, now))
        if herd.isEnding { drain() }
    }

    /// The world lost the ticks after `fork`: their outcomes are withdrawn. The list of worlds comes next, and the bot joins again.
    private func goBack(to fork: UInt64, _ notRun: Int) {
        let withdrawn = recent.filter { $0.tick > fork }
        herd.tally.applied -= withdrawn.count { $0.isApplied }
        herd.tally.refused -= withdrawn.count { !$0.isApplied }
        herd.tally.withdrawn += withdrawn.count + notRun
        recent.removeAll { $0.tick > fork }
        if state == .acting { state = .connecting }
    }

    private func choose(_ worlds: [WorldEntry], _ connection: ClientConnection) {
        guard connection.session.phase == .choosing else { return }
        do throws(CommandFailure) {
            _ = connection.join(try herd.plan.server.choose(from: worlds).name, as: .player)
        } catch {
            herd.lastRefusal = error.description
            leave()
        }
    }

    /// The name is attached still, or the world is away: it is a matter of a moment, so try again.
    private func refused(_ refusal: ServerFrame.JoinRefusal, _ connection: ClientConnection) {
        herd.lastRefusal = refusal.text
        absence = "\(refusal.code)"
        guard refusal.code == .accountInUse || refusal.code == .notRunning, state == .connecting else {
            if !hasJoined { herd.tally.turnedAway += 1 }
            return leave()
        }
        let me = NIOLoopBound(self, eventLoop: herd.loop)
        let world = connection.session.worlds
        herd.loop.scheduleTask(in: .milliseconds(Int64(max(refusal.retryAfterMilliseconds, 200)))) {
            let bot = me.value
            if let connection = bot.connection, bot.state == .connecting { bot.choose(world, connection) }
        }
    }

    private func begin(_ joined: ServerFrame.Joined, _ connection: ClientConnection) {
        if !hasJoined { herd.tally.clients += 1 }
        hasJoined = true
        isDropping = false
        lostAt = nil
        state = .acting
        herd.joined(joined, connection)
        let now = connection.now
        // Spread over a period, so that bots that came together do not act together.
        nextCommand = herd.commandPeriod == .max ? .max : now + UInt64(herd.chance(Int(herd.commandPeriod)))
        nextIntent = now + UInt64(herd.chance(Int(max(1, herd.intentPeriod))))
        dropAt = herd.dropTime(now)
        if herd.isEnding { drain() }
    }

    private func count(_ outcome: CommandOutcome, _ command: ClientSession.Unanswered, _ tick: UInt64, _ connection: ClientConnection) {
        herd.tally.answered(afterMicroseconds: (connection.now - command.sentAt) / 1_000)
        let isApplied = outcome.isApplied
        if isApplied { herd.tally.applied += 1 } else { herd.tally.refused += 1 }
        if recent.count == Self.recentLimit { recent.removeFirst(Self.recentLimit / 2) }
        recent.append((tick, isApplied))
        herd.log(outcome, of: command, by: name, tick, connection)
    }

    func ended(_ connection: ClientConnection) {
        guard connection === self.connection, state != .gone else { return }
        let lost = connection.session.unanswered.count
        if state == .draining || state == .auditing || state == .leaving, herd.isEnding { herd.tally.unanswered += lost } else { herd.tally.unknown += lost }
        herd.tally.bytesIn += connection.bytesIn
        herd.tally.bytesOut += connection.bytesOut
        herd.tally.updatesDue += latestUpdatesDue
        if hasJoined, state != .leaving, !isDropping { herd.tally.disconnected += 1 }
        self.connection = nil
        state = .gone
        herd.ended(self, comesBack: isDropping && herd.plan.churn != nil)
    }
}
