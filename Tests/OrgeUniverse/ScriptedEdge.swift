import OrgeHost
import OrgeLink
import OrgeSchema
import OrgeWorld

/// A small edge with its clients built in, for one world: it speaks the link as the real one must, and holds the host to it.
///
/// It keeps what is unanswered and sends it again, and says so when an answer comes twice, out of order, or for no client.
final class ScriptedEdge: Restartable {
    struct Client {
        var attachment: UInt64
        var account: String
        var session: UInt64 = 0
        var avatar = Entity.none
        var nextSequence: UInt64 = 1
        /// The host may forget outcomes through this one.
        var acknowledged: UInt64 = 0
        var unanswered: [(sequence: UInt64, kind: UInt16, payload: [UInt8])] = []
        var answered: UInt64 = 0
        var ending: EndReason?
        var audit: UInt64?

        var isJoined: Bool { session != 0 && ending == nil }
    }

    unowned let universe: Universe
    let folder: WorldFolder
    private(set) var id: UInt64 = 0
    private let name: String
    var random: RandomSource
    var generator: CommandGenerator
    private(set) var life = 0
    var isAlive = true
    private(set) var wire: Wire?
    private var reader = FrameStream.link
    var batch = InputBatchWriter()
    private var batchNumber: UInt64 = 0
    private var isFlushing = false
    private var (connectedAt, lostAt): (UInt64, UInt64) = (0, 0)
    /// It was away for so long that the host may have given it up.
    private var wasGivenUp = false
    private(set) var lastTick: UInt64 = 0
    private var incarnation: UInt32 = 0
    private var imageTick: UInt64 = 0
    private var imageParts: [LinkImage] = []
    private var releaseParts: [Release] = []
    private(set) var rows = SortedMap<Entity, SortedMap<UInt16, [UInt8]>>()
    var clients: [Client] = []
    private var nextAttachment: UInt64 = 1
    private var nextRequest: UInt64 = 1
    private var intentNumber: UInt32 = 0
    private var (held, rowsHeld) = (Timeline.none, Timeline.none)
    private(set) var isCalm = false
    /// The one that the edge is on: clients send on it until the edge hears of another.
    private(set) var timeline: Judge
    /// What was held of a timeline that was left. The host's list of sessions, which answers it, may be lost with the link: until it has come each
    /// hello says this.
    private var left: (held: Timeline, rows: Timeline)?

    init(_ universe: Universe, _ folder: WorldFolder, name: String, seed: UInt64) {
        self.universe = universe
        self.folder = folder
        timeline = folder.judge
        self.name = name
        random = RandomSource(seed: seed)
        generator = CommandGenerator(schema: folder.world.schema, seed: random.next())
    }

    var judge: Judge { folder.judge }

    func fail(_ what: @autoclosure () -> String) { judge.fail("\(name): \(what())") }

    // MARK: Life

    func start() {
        isAlive = true
        id = universe.supervisor.edgeStarted()
        (lostAt, wasGivenUp) = (universe.agenda.now, false)
        connect()
        act()
    }

    /// The edge process dies, and its connections with it.
    func crash() {
        guard isAlive else { return }
        universe.verdict.note("\(name) dies")
        universe.verdict.report.edgeDeaths += 1
        for client in clients { forget(client) }
        clients = []
        wire?.callerDied()
        wire = nil
        life += 1
        isAlive = false
        (lastTick, imageTick, incarnation, imageParts, releaseParts) = (0, 0, 0, [], [])
        (held, rowsHeld, left) = (.none, .none, nil)
        disowned.removeAll()
        answeredAgain = 0
        rows.removeAll()
        universe.supervisor.edgeDied(id)
        nextAttachment = 1
        isFlushing = false
        let rest = universe.weather.between(Weather.millisecond, random.chance(1, outOf: 4) ? 8 * Weather.second : 300 * Weather.millisecond)
        later(universe.supervisor.delay + rest) { [self] in start() }
    }

    /// The outcomes of these commands stay unknown.
    func forget(_ client: Client) { universe.verdict.report.unknown += client.unanswered.count }

    func loseLink() {
        guard let wire else { return }
        universe.verdict.report.linksLost += 1
        wire.snap()
    }

    /// Nothing new is begun; what is under way is finished.
    func calm() { isCalm = true }

    // MARK: The link

    private func connect() {
        let wire = universe.wire { [universe] in universe.weather.linkDelay() }
        guard folder.accept(wire) else { return later(universe.weather.between(Weather.millisecond, 50 * Weather.millisecond)) { [self] in connect() } }
        self.wire = wire
        connectedAt = universe.agenda.now
        wasGivenUp = wasGivenUp || universe.agenda.now - lostAt > 4 * Weather.second
        wire.toCaller.onBytes = { [self] bytes in hear(bytes) }
        wire.toCaller.onEnd = { [self] in linkLost(wire) }
        reader = FrameStream.link
        batch = InputBatchWriter()
        batchNumber = 0
        (imageParts, releaseParts) = ([], [])
        let said = said
        if said.held == .none { answeredAgain = nextAttachment }
        wire.toCallee.send(
            EdgeFrame.encode(EdgeHello(world: judge.world.name, edgeID: id, incarnation: incarnation, held: said.held, rows: said.rows, wantsAll: true)))
        isGreeted = false
    }

    /// The host has answered the hello.
    private var isGreeted = false
    var isLive: Bool { wire != nil && isGreeted }
    private var said: (held: Timeline, rows: Timeline) { left ?? (held, rowsHeld) }

    private func resend(_ index: Int) {
        let client = clients[index]
        if client.session == 0 { batch.join(attachment: client.attachment, .guest(client.account)) }
        if client.acknowledged > 0 { batch.acknowledge(session: client.session, through: client.acknowledged) }
        for command in client.unanswered {
            batch.command(session: client.session, sequence: command.sequence, kind: command.kind, payload: command.payload[...])
        }
        if let audit = client.audit { batch.audit(request: audit, session: client.session) }
        switch client.ending {
        case .left?: batch.leave(attachment: client.attachment)
        case .some: batch.detach(attachment: client.attachment)
        case nil: break
        }
    }

    private func linkLost(_ wire: Wire) {
        guard self.wire === wire else { return }
        wire.toCallee.end()
        self.wire = nil
        lostAt = folder.missedFrom(connectedAt)
        later(universe.weather.between(Weather.millisecond, random.chance(1, outOf: 16) ? 6 * Weather.second : 100 * Weather.millisecond)) { [self] in
            connect()
        }
    }

    /// What a turn of the loop has gathered goes out in one batch.
    func flushSoon() {
        guard !isFlushing else { return }
        isFlushing = true
        later(universe.weather.linkDelay() / 4) { [self] in
            isFlushing = false
            flush()
        }
    }

    private func flush() {
        guard isLive, batch.count > 0 else { return }
        batchNumber += 1
        wire?.toCallee.send(batch.finish(number: batchNumber, world: judge.world.number))
    }

    private func hear(_ bytes: [UInt8]) {
        reader.append(bytes)
        do throws(DecodeError) {
            while let frame = try reader.nextFrame() { handle(try HostFrame(decoding: frame)) }
        } catch {
            fail("the host sent what is no frame: \(error)")
        }
    }

    private func handle(_ frame: HostFrame) {
        switch frame {
        case .hello(let hello):
            if let fork = hello.fork {
                leaveTimeline(fork, folder.judge(of: hello.incarnation))
            } else if left != nil || max(lastTick, rowsHeld.tick) > folder.sameHistory(of: timeline, and: folder.judge(of: hello.incarnation)) {
                fail("no fork is said, and tick \(said.held.tick) is of a timeline that was left")
            } else if hello.incarnation < incarnation || hello.tick < lastTick {
                fail("a hello of incarnation \(hello.incarnation), tick \(hello.tick), after \(incarnation), tick \(lastTick)")
            }
            if left == nil { timeline = folder.judge(of: hello.incarnation) }
            incarnation = hello.incarnation
            isGreeted = true
            for attachment in disowned.keys { batch.detach(attachment: attachment) }
            for index in clients.indices { resend(index) }
            flushSoon()
        case .image(let image): handle(image)
        case .release(let release): handle(release)
        case .auditAnswer(let answer): handle(answer)
        case .sessions(let sessions): enterTimeline(sessions)
        case .refusedEdge(let why): fail("the edge is refused: \(why)")
        }
    }

    /// This edge does not keep its clients: they come again as they please.
    private func leaveTimeline(_ fork: Fork, _ newer: Judge) {
        let shared = folder.shared(by: timeline, with: newer)
        guard max(said.held.tick, said.rows.tick) > shared else { return fail("a fork after \(fork) at tick \(lastTick), and \(shared) is shared") }
        if case .after(let tick) = fork, tick != shared { fail("a fork after \(tick), and it was after \(shared)") }
        universe.verdict.note("\(name) leaves its timeline: \(fork)")
        universe.verdict.report.timelineChanges += 1
        for client in clients where client.session != 0 {
            forget(client)
            for command in client.unanswered { newer.neverRuns(client.session, command.sequence, leaving: timeline) }
        }
        clients.removeAll { $0.session != 0 }
        rows.removeAll()
        left = said
        (lastTick, imageTick, held, rowsHeld) = (0, 0, .none, .none)
    }

    private func enterTimeline(_ sessions: [HeldSession]) {
        if left == nil { fail("sessions are listed, and no timeline was left") }
        left = nil
        timeline = folder.judge(of: incarnation)
        for held in sessions {
            if clients.contains(where: { $0.attachment == held.attachment }) {
                handle(.joined(session: held.session, avatar: held.avatar, nextSequence: held.nextSequence), held.attachment)
                waived.insert(held.attachment)
            } else {
                disowned[held.attachment] = held.session
                batch.detach(attachment: held.attachment)
            }
        }
        flushSoon()
    }

    /// Joins that the list of sessions has answered; an answer of their own may follow.
    private var waived: Set<UInt64> = []

    /// Sessions, by attachment, of clients who went with a timeline that was left. Until the host says that they have ended they are ended again
    /// with each hello, and their outcomes are dropped.
    private var disowned = SortedMap<UInt64, UInt64>()

    private func handle(_ image: LinkImage) {
        if image.isFirst { imageParts = [] }
        imageParts.append(image)
        guard image.isLast else { return }
        if image.tick < lastTick { fail("an image of tick \(image.tick) after tick \(lastTick)") }
        rows.removeAll()
        for part in imageParts { for row in part.rows { set(row.entity, row.component, Array(part.bytes[row.bytes.range])) } }
        imageParts = []
        imageTick = image.tick
        rowsHeld = Timeline(incarnation: incarnation, tick: image.tick, chain: image.chain)
    }

    private func set(_ entity: Entity, _ component: UInt16, _ row: [UInt8]) {
        if rows[entity] == nil { rows[entity] = SortedMap() }
        _ = rows.update(entity) { $0[component] = row }
    }

    private func handle(_ release: Release) {
        // After a fork at tick 0 that tick itself is released, to say that nothing more comes of it.
        if release.tick <= lastTick, release.tick > 0 { fail("tick \(release.tick) after tick \(lastTick)") }
        releaseParts.append(release)
        guard release.isLast else { return }
        for part in releaseParts where part.tick > imageTick { applyRows(part) }
        universe.verdict.report.events += releaseParts.reduce(0) { $0 + $1.events.count }
        releaseParts = []
        for (attachment, answer) in release.joins { handle(answer, attachment) }
        for outcome in release.outcomes { handle(outcome, release.piece(outcome.bytes).first == 0) }
        for (attachment, reason) in release.ended { ended(attachment, reason) }
        lastTick = release.tick
        held = Timeline(incarnation: incarnation, tick: release.tick, chain: release.head.chain)
        if release.tick > rowsHeld.tick { rowsHeld = held }
        guard !random.chance(1, outOf: 4) else { return }
        // First what was said before: a host that hears the acknowledgement forgets the answer to a join, and would answer its repetition again.
        flush()
        wire?.toCallee.send(EdgeFrame.encode(released: lastTick, world: judge.world.number))
    }

    private func applyRows(_ release: Release) {
        for entity in release.removed { rows[entity] = nil }
        for key in release.unset { _ = rows.update(key.entity) { $0[key.component] = nil } }
        var skipped = universe.settings.breakage == .lostRow && release.set.count > 0 && random.chance(1, outOf: 32) ? random.below(release.set.count) : -1
        for row in release.set {
            if skipped != 0 { set(row.entity, row.component, Array(release.piece(row.bytes))) }
            skipped -= 1
        }
    }

    /// The host's own count of what is visible, after the last tick.
    func checkRows() {
        if lastTick != judge.durableTick { fail("the last tick that came is \(lastTick), and the world stopped after \(judge.durableTick)") }
        let found = rows.filter { !$0.1.isEmpty }.reduce(0) { $0 + $1.1.count }
        var expected = 0
        judge.shadow.engine.forEachVisibleRow { entity, component, row in
            expected += 1
            if rows[entity]?[component] != row { fail("row \(component) of \(entity) is not what the world holds at its end") }
        }
        if found != expected { fail("\(found) rows where the world has \(expected)") }
        universe.verdict.report.auditedRows += expected
    }

    // MARK: What the host says about clients

    /// A host that was told that the edge holds nothing answers again what it keeps for attachments below this one.
    private var answeredAgain: UInt64 = 0

    private func handle(_ answer: JoinAnswer, _ attachment: UInt64) {
        guard let index = clients.firstIndex(where: { $0.attachment == attachment }) else {
            if attachment < answeredAgain { return }
            return fail("an answer for attachment \(attachment), which is none")
        }
        guard clients[index].session == 0 else {
            if waived.contains(attachment) { return }
            return fail("attachment \(attachment) was answered twice")
        }
        switch answer {
        case .joined(let session, let avatar, let next, _):
            clients[index].session = session
            clients[index].avatar = avatar
            clients[index].nextSequence = next
            clients[index].answered = next - 1
            clients[index].acknowledged = next - 1
            universe.saw(avatar, in: judge.world)
        case .refused(.refused, Refusal.Code.suspended.rawValue, _, _) where universe.settings.isPoisoned: clients.remove(at: index)
        case .refused(let reason, _, _, _):
            if reason != .accountInUse { fail("a join was refused: \(reason)") }
            clients.remove(at: index)
        }
    }

    private func handle(_ outcome: OutcomeRecord, _ isApplied: Bool) {
        guard let index = clients.firstIndex(where: { $0.session == outcome.session }) else {
            if !disowned.values.contains(outcome.session) { fail("an outcome for session \(outcome.session)") }
            return
        }
        guard let due = clients[index].unanswered.first, due.sequence == outcome.sequence else {
            return fail("outcome \(outcome.sequence) of session \(outcome.session) is not the one that is due")
        }
        clients[index].unanswered.removeFirst()
        clients[index].answered = outcome.sequence
        if isApplied { universe.verdict.report.applied += 1 } else { universe.verdict.report.refused += 1 }
        guard random.chance(1, outOf: 8) || outcome.sequence >= clients[index].acknowledged + 64 else { return }
        clients[index].acknowledged = outcome.sequence
        batch.acknowledge(session: outcome.session, through: outcome.sequence)
        flushSoon()
    }

    private func ended(_ attachment: UInt64, _ reason: EndReason) {
        // An ending is told again after a restart of the host. What a client that goes has not heard by then is unknown: with the session the host
        // forgets its outcomes, so an edge that owes them to its client lets it go when they have come.
        disowned[attachment] = nil
        guard let index = clients.firstIndex(where: { $0.attachment == attachment }) else { return }
        forget(clients[index])
        if clients[index].ending == nil, reason == .detached, !wasGivenUp { fail("the attachment of \(clients[index].account) ended without a request") }
        if reason == .replaced { fail("the name \(clients[index].account) was taken over from a living edge") }
        clients.remove(at: index)
    }

    private func handle(_ answer: HostAudit) {
        if answer.isBusy {
            universe.verdict.report.auditsBusy += 1
            if let index = clients.firstIndex(where: { $0.audit == answer.request }) { clients[index].audit = nil }
            return
        }
        if answer.tick != lastTick { fail("an audit of tick \(answer.tick) after tick \(lastTick)") }
        universe.verdict.report.audits += 1
        universe.verdict.report.auditedRows += answer.rowCount
        if answer.isLast, let index = clients.firstIndex(where: { $0.audit == answer.request }) { clients[index].audit = nil }
        var reader = ByteReader(Array(answer.bytes[answer.rows.range]))
        do throws(DecodeError) {
            for _ in 0..<answer.rowCount {
                let (entity, component, hash) = (try reader.entity(), try reader.u16(), try reader.u64())
                _ = try reader.u8()
                guard let row = rows[entity]?[component] else { return fail("the audit names row \(component) of \(entity), which was never sent") }
                if ValueHash.of(component: component, row: row[...]) != hash { fail("the audit has another row \(component) of \(entity)") }
            }
        } catch {
            fail("an audit that is none: \(error)")
        }
    }

    func nextAttachmentNumber() -> UInt64 {
        nextAttachment += 1
        return nextAttachment - 1
    }

    func nextIntentNumber() -> UInt32 {
        intentNumber &+= 1
        return intentNumber
    }

    func nextRequestNumber() -> UInt64 {
        nextRequest += 1
        return nextRequest - 1
    }

    /// Acts now and then for as long as there is something to begin.
    private func act() {
        guard !isCalm else { return }
        later(universe.weather.between(10 * Weather.microsecond, 12 * Weather.millisecond)) { [self] in
            if !isCalm { doSomething() }
            act()
        }
    }
}
