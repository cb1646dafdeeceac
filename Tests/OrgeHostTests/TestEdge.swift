import OrgeLink
import OrgeSchema
import Testing

@testable import OrgeHost

/// An edge as the link describes one, which keeps what is unanswered, sends it again, and notices every broken promise.
final class TestEdge {
    struct Client {
        var attachment: UInt64
        var account: String
        var session: UInt64?
        var avatar = Entity.none
        var refusal: JoinRefusalReason?
        var ended: EndReason?
        var nextSequence: UInt64 = 1
        var unanswered: [(sequence: UInt64, kind: UInt16, key: IdempotencyKey?, payload: [UInt8])] = []
        var outcomes: [(sequence: UInt64, tick: UInt64, bytes: [UInt8])] = []
        var ending: EndReason?
        var joinAnswers = 0
        /// Of the session, once it has one.
        var ticket: Ticket
        var resume: ResumeRequest?
        var resumption = ResumeAnswer.notAsked
        var recalled: [(tick: UInt64, kind: Recalled.Kind, bytes: [UInt8])] = []

        var tickets: JoinTickets { JoinTickets(opens: ticket.hash, resume: resume) }
        /// The outcomes that were recalled.
        var recalledSequences: [UInt64] {
            recalled.compactMap { if case .outcome(let sequence) = $0.kind { sequence } else { nil } }
        }
    }

    let id: UInt64
    let world: String
    var link: UInt64?
    var lastTick: UInt64 = 0
    var incarnation: UInt32 = 0
    var clients: [Client] = []
    var rows = SortedMap<Entity, SortedMap<UInt16, [UInt8]>>()
    var events: [(tick: UInt64, kind: UInt16, audience: EventAudience, payload: [UInt8])] = []
    var audits: [HostAudit] = []
    var refused: String?
    var resumed = 0
    var images = 0
    /// The last part of each.
    var releases: [Release] = []
    var hello: HostHello?
    /// By session: what images and releases said, in the order of coming.
    var consumed: [UInt64: [UInt32]] = [:]
    private var nextAttachment: UInt64 = 1
    private var intentNumber: UInt32 = 0
    /// Of the last release and the last image.
    var (held, rowsHeld) = (Timeline.none, Timeline.none)
    /// Each change of the timeline that a host has announced.
    var forks: [Fork] = []
    var withdrawn = 0
    private var reader = FrameStream.link
    private var batch = InputBatchWriter()
    private var batchNumber: UInt64 = 0
    private var frames: [[UInt8]] = []
    private var imageTick: UInt64 = 0
    /// Its rows are those of all of the world.
    var holdsAll = false
    var wantsAll = false
    /// Acknowledges what it gets; off to see what is kept.
    var acknowledges = true

    init(id: UInt64, world: String) {
        self.id = id
        self.world = world
    }

    // MARK: what clients do

    func join(_ account: String) -> Int {
        join(account, resuming: nil)
    }

    /// Joins by ticket.
    func resume(_ account: String, _ old: Client, acknowledged: UInt64, ticket: Ticket? = nil, eventsThrough: UInt64 = 0) -> Int {
        let ticket = ticket ?? old.ticket
        let request = ResumeRequest(
            session: old.session!, proof: ticket.hash, acknowledged: acknowledged, incarnation: max(1, incarnation), tick: 0, eventsThrough: eventsThrough)
        return join(account, resuming: request)
    }

    func join(_ account: String, resuming request: ResumeRequest?) -> Int {
        clients.append(Client(attachment: nextAttachment, account: account, ticket: Ticket(high: id, low: nextAttachment), resume: request))
        nextAttachment += 1
        if link != nil { batch.join(attachment: clients.last!.attachment, .guest(account), clients.last!.tickets) }
        return clients.count - 1
    }

    func command(_ client: Int, _ kind: UInt16, _ payload: [UInt8], key: IdempotencyKey? = nil) {
        let sequence = clients[client].nextSequence
        clients[client].nextSequence += 1
        clients[client].unanswered.append((sequence, kind, key, payload))
        if link != nil { send(clients[client].session!, sequence, kind, key, payload) }
    }

    private func send(_ session: UInt64, _ sequence: UInt64, _ kind: UInt16, _ key: IdempotencyKey?, _ payload: [UInt8]) {
        guard let key else { return batch.command(session: session, sequence: sequence, kind: kind, payload: payload[...]) }
        batch.command(session: session, sequence: sequence, key: key, kind: kind, payload: payload[...])
    }

    func intent(_ client: Int, _ payload: [UInt8]) {
        if link != nil { batch.intent(session: clients[client].session!, number: nextIntentNumber(), kind: 0, payload: payload[...]) }
    }

    func end(_ client: Int, _ reason: EndReason) {
        clients[client].ending = reason
        guard link != nil else { return }
        if reason == .left { batch.leave(attachment: clients[client].attachment) } else { batch.detach(attachment: clients[client].attachment) }
    }

    private func nextIntentNumber() -> UInt32 {
        intentNumber &+= 1
        return intentNumber
    }

    func audit(_ request: UInt64, session: UInt64) { batch.audit(request: request, session: session) }
    func send(rawCommand session: UInt64, _ sequence: UInt64, _ kind: UInt16, _ payload: [UInt8]) {
        batch.command(session: session, sequence: sequence, kind: kind, payload: payload[...])
    }

    var isSettled: Bool { clients.allSatisfy { $0.unanswered.isEmpty || $0.ended != nil } }

    // MARK: the link

    func connected() {
        reader = FrameStream.link
        batch = InputBatchWriter()
        batchNumber = 0
        let hello = EdgeHello(
            world: world, edgeID: id, incarnation: incarnation, held: held, rows: rowsHeld, holdsAll: holdsAll, wantsAll: wantsAll)
        frames = [EdgeFrame.encode(hello)]
        for client in clients where client.ended == nil && client.refusal == nil {
            if client.session == nil { batch.join(attachment: client.attachment, .guest(client.account), client.tickets) }
            for command in client.unanswered {
                send(client.session!, command.sequence, command.kind, command.key, command.payload)
            }
            switch client.ending {
            case .left: batch.leave(attachment: client.attachment)
            case .detached: batch.detach(attachment: client.attachment)
            default: break
            }
        }
    }

    func lost() { link = nil }

    func want(all wantsAll: Bool) {
        self.wantsAll = wantsAll
        if link != nil { frames.append(EdgeFrame.encode(wantsAll: wantsAll, world: 3)) }
    }

    func drainFrames() -> [EdgeFrame] {
        if batch.count > 0 {
            batchNumber += 1
            frames.append(batch.finish(number: batchNumber, world: 3))
        }
        let taken = frames
        frames = []
        return taken.map { frame in
            do { return try EdgeFrame(decoding: Array(frame[4...])) } catch { preconditionFailure("\(error)") }
        }
    }

    func receive(_ bytes: [UInt8]) {
        reader.append(bytes)
        do {
            while let frame = try reader.nextFrame() { handle(try HostFrame(decoding: frame)) }
        } catch {
            Issue.record("edge \(id): \(error)")
        }
    }

    private func handle(_ frame: HostFrame) {
        switch frame {
        case .hello(let hello):
            self.hello = hello
            if let fork = hello.fork {
                leaveTimeline(fork)
            } else {
                #expect(hello.incarnation >= incarnation)
                #expect(hello.tick >= lastTick, "a host came back before tick \(lastTick)")
            }
            incarnation = hello.incarnation
            if hello.resumes { resumed += 1 } else { images += 1 }
        case .image(let image):
            #expect(image.tick >= lastTick)
            if image.isFirst { rows.removeAll() }
            for row in image.rows { set(row.entity, row.component, Array(image.bytes[row.bytes.range])) }
            for intent in image.consumed { consumed[intent.session, default: []].append(intent.number) }
            imageTick = image.tick
            holdsAll = image.isWhole
            rowsHeld = Timeline(incarnation: incarnation, tick: image.tick, chain: image.chain)
        case .release(let release): handle(release)
        case .auditAnswer(let answer):
            #expect(answer.isBusy || answer.tick == lastTick, "an audit of tick \(answer.tick) came at tick \(lastTick)")
            audits.append(answer)
        case .sessions(let sessions): enterTimeline(sessions)
        case .refusedEdge(let why): refused = why
        }
    }

    /// What came after the fork never happened.
    private func leaveTimeline(_ fork: Fork) {
        forks.append(fork)
        (held, rowsHeld, lastTick, imageTick) = (.none, .none, 0, 0)
        rows.removeAll()
        for index in clients.indices {
            let before = clients[index].outcomes.count
            clients[index].outcomes.removeAll { $0.tick > fork.sharedTick }
            withdrawn += before - clients[index].outcomes.count
        }
    }

    private func enterTimeline(_ sessions: [HeldSession]) {
        #expect(!forks.isEmpty, "sessions without a fork")
        for index in clients.indices where clients[index].session != nil && clients[index].ended == nil {
            clients[index].unanswered = []
            guard let held = sessions.first(where: { $0.attachment == clients[index].attachment }) else {
                clients[index].ended = .detached
                continue
            }
            #expect(held.session == clients[index].session && held.avatar == clients[index].avatar)
            clients[index].nextSequence = held.nextSequence
            batch.acknowledge(session: held.session, through: held.nextSequence - 1)
        }
    }

    private func set(_ entity: Entity, _ component: UInt16, _ row: [UInt8]) {
        if rows[entity] == nil { rows[entity] = SortedMap() }
        _ = rows.update(entity) { $0[component] = row }
    }

    private func handle(_ release: Release) {
        #expect(release.tick > lastTick, "tick \(release.tick) after \(lastTick)")
        if release.tick > imageTick {
            for entity in release.removed { rows[entity] = nil }
            for key in release.unset { _ = rows.update(key.entity) { $0[key.component] = nil } }
            for row in release.set { set(row.entity, row.component, Array(release.piece(row.bytes))) }
        }
        for (attachment, answer) in release.joins { handle(answer, attachment) }
        for entry in release.recalled {
            guard let index = clients.firstIndex(where: { $0.attachment == entry.attachment }) else { continue }
            clients[index].recalled.append((entry.tick, entry.kind, Array(release.piece(entry.bytes))))
        }
        for outcome in release.outcomes { handle(outcome, release) }
        for event in release.events { events.append((release.tick, event.kind, event.audience, Array(release.piece(event.payload)))) }
        for (attachment, reason) in release.ended {
            if let index = clients.firstIndex(where: { $0.attachment == attachment }) { clients[index].ended = reason }
        }
        for intent in release.consumed { consumed[intent.session, default: []].append(intent.number) }
        guard release.isLast else { return }
        releases.append(release)
        lastTick = release.tick
        held = Timeline(incarnation: incarnation, tick: release.tick, chain: release.head.chain)
        if release.tick > rowsHeld.tick { rowsHeld = held }
        if acknowledges { frames.append(EdgeFrame.encode(released: release.tick, world: 3)) }
    }

    private func handle(_ answer: JoinAnswer, _ attachment: UInt64) {
        guard let index = clients.firstIndex(where: { $0.attachment == attachment }) else {
            Issue.record("an answer for attachment \(attachment) of edge \(id), which never asked")
            return
        }
        clients[index].joinAnswers += 1
        #expect(clients[index].joinAnswers == 1, "attachment \(attachment) was answered twice")
        switch answer {
        case .joined(let session, let avatar, let next, let resumption):
            for other in clients.indices where clients[other].session == session { clients[other].session = nil }
            clients[index].session = session
            clients[index].resumption = resumption
            clients[index].avatar = avatar
            clients[index].nextSequence = next
        case .refused(let reason, _, _, let resumption):
            clients[index].refusal = reason
            clients[index].resumption = resumption
        }
    }

    private func handle(_ outcome: OutcomeRecord, _ release: Release) {
        guard let index = clients.firstIndex(where: { $0.session == outcome.session }) else {
            Issue.record("an outcome for session \(outcome.session), which edge \(id) does not have")
            return
        }
        guard clients[index].unanswered.first?.sequence == outcome.sequence else {
            Issue.record("outcome \(outcome.sequence) of session \(outcome.session) is not the one that is due")
            return
        }
        clients[index].unanswered.removeFirst()
        clients[index].outcomes.append((outcome.sequence, release.tick, Array(release.piece(outcome.bytes))))
        if acknowledges { batch.acknowledge(session: outcome.session, through: outcome.sequence) }
    }
}
