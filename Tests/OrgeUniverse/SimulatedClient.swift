import OrgeSchema
import OrgeWorld
import OrgeSession
import OrgeWire

/// A client with a whole conversation, which holds the server to every promise of the protocol.
final class SimulatedClient: Restartable {
    enum Manner {
        case player, monitor
        /// Joins and never reads again.
        case mute
        /// Wants a name that is in use, at the end.
        case twin
    }

    /// From one `joined` to the end of its connection.
    struct Stint {
        var session: UInt64
        var avatar: Entity
        /// The tick that `joined` named.
        var since: UInt64
        var eventTick: UInt64 = 0
        /// Events of that tick that have come.
        var eventIndex = 0
        /// Events that were meant for this client alone.
        var ownEvents = 0
        /// The world's process was gone for a while.
        var hostWasAway = false
        /// The server said that reliable events were dropped.
        var lostEvents = false
        /// After the last complete update.
        var viewTick: UInt64 = 0
    }

    unowned let universe: Universe
    let name: String
    let manner: Manner
    let folder: WorldFolder
    var random: RandomSource
    var generator: CommandGenerator
    var session: ClientSession?
    var stint: Stint?
    private(set) var wire: Wire?
    private var buffer = FrameStream.server
    private(set) var life = 0
    private var known: ClientSession.KnownSchema?
    /// What a monitor has seen.
    private var seen: ClientSession.SeenTick?
    /// The session of the last connection, until it is resumed or has ended.
    var suspended: Suspended?
    private(set) var edge: EdgeProcess?
    /// Over all connections: nothing goes back.
    var lastTick: UInt64 = 0
    private var lastIncarnation: UInt32 = 0
    var audits = RateMeter()
    /// Commands that it has sent with a key, in whichever session, to be sent again.
    var keyed: [(key: IdempotencyKey, kind: UInt16, payload: [UInt8])] = []
    private var choices = RateMeter()
    var nextRequest: UInt32 = 1
    var hasLeft = false
    private var closed: Close?
    /// The last refusal of a join.
    var refusal: ServerFrame.JoinRefusal.Code?
    /// Nanoseconds between two things that it does, at most.
    let patience: UInt64
    var isCalm = false
    /// An audit that was asked for when nothing broke any more has been answered.
    var isAudited = false

    init(_ universe: Universe, _ folder: WorldFolder, name: String, manner: Manner, seed: UInt64) {
        self.universe = universe
        self.folder = folder
        self.name = name
        self.manner = manner
        random = RandomSource(seed: seed)
        generator = CommandGenerator(schema: folder.world.schema, seed: random.next())
        patience = [4, 20, 80][random.below(3)] * Weather.millisecond
    }

    /// What is true on the timeline that this client is on.
    var judge: Judge { timeline ?? folder.judge }
    /// While joined.
    var timeline: Judge?
    /// Of `lastTick`.
    var lastTimeline: Judge?
    var now: UInt64 { universe.agenda.now }
    var isJoined: Bool { session?.phase == .joined }
    var isConnected: Bool { session != nil }
    var consumedIntent: UInt32 { session?.consumedIntent ?? 0 }
    var unansweredCount: Int { session?.unanswered.count ?? 0 }

    func fail(_ what: @autoclosure () -> String) { judge.fail("client \(name): \(what())") }

    // MARK: Connection

    func connect() {
        let edge = universe.edges[random.below(universe.edges.count)]
        let wire = universe.wire { [universe] in universe.weather.clientDelay() }
        guard edge.accept(wire) else { return connectLater(200 * Weather.millisecond) }
        life += 1
        self.wire = wire
        self.edge = edge
        wire.toCaller.onBytes = { [self] bytes in hear(bytes) }
        wire.toCaller.onEnd = { [self] in ended(wire) }
        buffer = FrameStream.server
        let kind: ClientKind = manner == .monitor ? .monitor : .bot
        let configuration = ClientSession.Configuration(kind: kind, software: "universe", name: name)
        var session =
            suspended.map { ClientSession(configuration, resuming: $0.state) }
            ?? ClientSession(configuration, known: random.chance(1, outOf: 2) ? known : nil, seen: seen)
        (hasLeft, closed, choices) = (false, nil, RateMeter())
        for frame in session.start(now: now) { send(frame) }
        self.session = consume session
        act()
    }

    func connectLater(_ high: UInt64) {
        later(universe.weather.between(Weather.millisecond, high)) { [self] in connect() }
    }

    func send(_ frame: ClientFrame?) {
        guard let frame, let wire else { return }
        var writer = ByteWriter()
        frame.encode(to: &writer)
        wire.toCallee.send(writer.take())
    }

    /// Closes the connection without a word.
    func drop() {
        guard let wire else { return }
        universe.verdict.report.clientsLost += 1
        wire.callerDied()
        over()
    }

    private func ended(_ wire: Wire) {
        guard self.wire === wire else { return }
        if closed == nil, !wire.isBroken, manner != .mute { fail("the server closed without a close frame") }
        wire.toCallee.end()
        over()
    }

    private func over() {
        suspend()
        if let current = session?.known { known = current }
        if let current = session?.seen { seen = current }
        session = nil
        stint = nil
        timeline = nil
        wire = nil
        life += 1
        guard manner != .twin else { return }
        connectLater(random.chance(1, outOf: 4) ? 7 * Weather.second : 300 * Weather.millisecond)
    }

    private func hear(_ bytes: [UInt8]) {
        buffer.append(bytes)
        while session != nil, closed == nil {
            switch buffer.next() {
            case .incomplete: return
            case .badSize(let size): return fail("a frame of \(size) bytes")
            case .frame(let range):
                var reader = buffer.reader(range)
                if let reaction = session?.receive(&reader, now: now) { handle(reaction) }
            }
        }
    }

    // MARK: What the server says

    private func handle(_ reaction: ClientReaction) {
        switch reaction {
        case .nothing, .pong: break
        case .creditRaised: send(session?.receipt())
        case .resumed(let joined, let resumed): handle(joined, resumed)
        case .settled, .disconnected: fail("\(reaction) is for owners to say")
        case .auditBusy: universe.verdict.report.auditsBusy += 1
        case .described: chooseLater(Weather.millisecond)
        case .send(let frame): send(frame)
        case .choose(let worlds): choose(worlds)
        case .joined(let joined): handle(joined)
        case .joinRefused(let refusal): handle(refusal)
        case .viewComplete(let tick): viewComplete(tick)
        case .outcome(let command, let tick, let outcome): check(outcome, of: command, tick)
        case .event(let tick, let kind, let payload): check(event: kind, tick, payload)
        case .audited(let report): check(report)
        case .timelineChanged(let change, let notRun): handle(change, notRun)
        case .notice(let notice): handle(notice)
        case .closed(let close): handle(close)
        case .fault(let fault): fail("the server broke the protocol: \(fault)")
        }
    }

    private func choose(_ worlds: [WorldEntry]) {
        guard !hasLeft, let entry = worlds.first(where: { $0.name == folder.world.name }) else { return }
        guard entry.state == .running else { return }
        // More often is too often for the server.
        guard choices.consume(Rate(perSecond: 1, burst: 4), now: now) else { return chooseLater(Weather.second) }
        if random.chance(1, outOf: 16) { return send(session?.describe(folder.world.name)) }
        send(session?.join(folder.world.name, as: manner == .monitor ? .monitor : .player))
    }

    private func chooseLater(_ low: UInt64) {
        later(universe.weather.between(low, 3 * Weather.second)) { [self] in
            if let worlds = session?.worlds, session?.phase == .choosing { choose(worlds) }
        }
    }

    private func handle(_ joined: ServerFrame.Joined) {
        if joined.avatar.isNone != (manner == .monitor) { fail("joined with avatar \(joined.avatar)") }
        settle(on: folder.judge(of: joined.incarnation))
        timeline = folder.judge(of: joined.incarnation)
        if lastTimeline !== timeline { (lastTimeline, lastTick) = (timeline, 0) }
        if manner != .monitor, joined.tick < lastTick { fail("joined at tick \(joined.tick), and tick \(lastTick) was shown before") }
        heard(incarnation: joined.incarnation)
        judge.released(joined.tick, "a join")
        stint = Stint(session: joined.session, avatar: joined.avatar, since: joined.tick)
        refusal = nil
        isAudited = false
        if manner == .mute { wire?.toCaller.block() }
        guard manner != .monitor else { return }
        universe.saw(joined.avatar, in: folder.world)
    }

    private func handle(_ refusal: ServerFrame.JoinRefusal) {
        self.refusal = refusal.code
        settle(on: folder.judge)
        switch refusal.code {
        case .notRunning, .accountInUse: break
        case .refused where universe.settings.isPoisoned && refusal.refusal == Refusal.Code.suspended.rawValue: break
        case .unknownWorld, .failed, .refused, .full: fail("the join was refused: \(refusal)")
        }
        if manner != .twin { chooseLater(Weather.second) }
    }

    private func handle(_ notice: ServerFrame.Notice) {
        switch notice {
        case .hostBack(let incarnation, let tick):
            heard(incarnation: incarnation)
            adopt(folder.judge(of: incarnation))
            if tick < lastTick { fail("the host is back at tick \(tick), and tick \(lastTick) was shown before") }
        case .hostAway: stint?.hostWasAway = true
        case .timelineChanged: if !hasLeft { fail("a change of the timeline as a notice") }
        case .dilated, .stopping, .viewed: break
        }
    }

    /// The host is back on another timeline, and this client's past holds on it.
    func adopt(_ newer: Judge) {
        guard let timeline, timeline !== newer else { return }
        let shared = folder.sameHistory(of: timeline, and: newer)
        if lastTick > shared { fail("the host is back on a timeline that left this one after \(shared), and tick \(lastTick) was shown before") }
        self.timeline = newer
        lastTimeline = newer
    }

    private func handle(_ change: ServerFrame.TimelineChange, _ notRun: [ClientSession.Unanswered]) {
        guard let stint, let old = timeline else { return fail("a change of the timeline outside of a world") }
        let newer = folder.judge(of: change.incarnation)
        universe.verdict.note("client \(name) is told of a fork after \(change.forkTick ?? 0)")
        universe.verdict.report.timelineChanges += 1
        universe.verdict.report.unknown += notRun.count
        if newer === old { return fail("a change of the timeline that did not happen") }
        let shared = folder.shared(by: old, with: newer)
        if change.forkTick != shared { fail("told of a fork after \(change.forkTick ?? 0), and it was after \(shared)") }
        if let next = change.nextSequence {
            let sealed = newer.sealedCount(of: stint.session, from: 1)
            if next != sealed + 1 { fail("told to go on with \(next), and \(sealed) commands are sealed") }
        }
        for command in notRun { newer.neverRuns(stint.session, command.sequence, leaving: old) }
        (self.stint, timeline, lastTimeline, lastTick) = (nil, nil, newer, 0)
        lastIncarnation = change.incarnation
    }

    func heard(incarnation: UInt32) {
        if incarnation < lastIncarnation { fail("incarnation \(incarnation) after \(lastIncarnation)") }
        if UInt64(incarnation) > folder.judge.incarnation { fail("incarnation \(incarnation), and the host has only reached \(folder.judge.incarnation)") }
        lastIncarnation = incarnation
    }

    private func handle(_ close: Close) {
        closed = close
        universe.verdict.note("client \(name) is closed: \(close.code) \(close.text)")
        switch close.reason {
        case .left:
            // Not because the name was taken over: this edge is alive.
            let isFine = hasLeft || edge?.wasAway(from: folder) == true
            if !isFine { fail("sent away: \(close.text)") }
        case .full: if !universe.isCrowded { fail("full: \(close.text)") }
        case .serverStopping: if !universe.isClosing { fail("the server stops: \(close.text)") }
        default: fail("closed: \(close.code) \(close.text)")
        }
    }

    func saw(tick: UInt64) {
        lastTick = max(lastTick, tick)
        judge.released(tick, "something for a client")
    }

    // MARK: Doing

    func leave() {
        guard let frame = session?.leave() else { return drop() }
        hasLeft = true
        send(frame)
    }

    /// - Returns: whether there was credit for it.
    func command(_ kind: UInt16, _ payload: [UInt8], key: IdempotencyKey? = nil) -> Bool {
        guard let stint, let frame = session?.command(kind, payload, key: key, now: now), case .command(let command) = frame else { return false }
        judge.sending(stint.session, command.sequence, kind, payload, key: key)
        send(frame)
        return true
    }

    func timePassed() {
        if case .send(let frame)? = session?.timePassed(now: now) { send(frame) }
    }

    var viewCount: Int? { session?.viewCount }

    func eachRow(_ visit: (Entity, UInt16, ArraySlice<UInt8>) -> Void) { session?.eachRow(visit) }

    func intent(_ kind: UInt16, _ payload: [UInt8]) { send(session?.intent(kind, payload)) }

    func audit() {
        guard audits.consume(Rate(perSecond: 1, burst: 2), now: now), let frame = session?.audit(nextRequest) else { return }
        nextRequest += 1
        send(frame)
    }

    func kill() { send(session?.kill(token: Universe.token)) }
}
