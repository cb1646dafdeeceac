import OrgeLink
import OrgeSchema
import OrgeWire

/// A host of a world as plain as can be: each avatar has a counter, command 0 adds to it. It keeps what was released over a crash, and
/// loses what waits.
final class ScriptedHost {
    static let number: UInt16 = 2
    struct Session {
        var attachment: UInt64
        var account: String
        var avatar: Entity
        var counter: UInt64 = 0
        var place: (x: Int32, y: Int32)
        var highest: UInt64 = 0
        var acknowledged: UInt64 = 0
        /// Counter after each command.
        var log: [UInt64] = []
        var eventCount: UInt64 = 0
        /// The last one consumed.
        var intent: (number: UInt32, tick: UInt64)?
        var ticket = TicketHash.none
        /// Of each outcome.
        var ticks: [UInt64] = []
    }

    /// What makes the longest row.
    static let textBytes = 4_094

    let edgeID: UInt64
    var schema: WorldSchema
    var incarnation: UInt32 = 1
    var tick: UInt64 = 10
    var sessions: [UInt64: Session] = [:]
    /// Answers by attachment, given once more when a join comes again.
    var attached: [UInt64: UInt64] = [:]
    /// Sessions that another edge has resumed, as of the next tick.
    var taken: [UInt64] = []
    var refused: Set<String> = []
    /// Released since the beginning, without rows: what an edge may have missed.
    private var news: [Release] = []
    private var inbox: [(LinkInput, InputBatch)] = []
    private var audits: [(UInt64, UInt64)] = []
    private var reader = FrameStream.link
    var output: [[UInt8]] = []
    var frameLimit = LinkLimits.frameBytes
    var releasedThrough: UInt64 = 0
    var lastBatch: UInt64 = 0
    var faults: [String] = []
    /// Sequences of the malformed commands that were refused.
    var refusedMalformed: [UInt64] = []
    /// Of the commands that came with one, in the order of coming.
    var keys: [IdempotencyKey] = []
    /// Resume where the edge is, when it is at the last tick.
    var mayResume = true
    var dilationPermille: UInt16 = 1000
    /// For all clients, in the next tick.
    var crowd: (eventCount: Int, isReliable: Bool)?
    /// Reliable events of the next tick.
    var told: [(audience: EventAudience, number: UInt64)] = []
    /// Attachments whose avatars the world lets go in the next tick, unasked.
    var evicted: [UInt64] = []
    /// Beside an image, also repeat what the edge says it holds.
    var saysTwice = false

    init(edgeID: UInt64, hasPlaces: Bool = false) {
        self.edgeID = edgeID
        var schema = WorldSchema(name: "counter", version: 3, tickMicroseconds: 50_000)
        schema.components = [
            .init(id: 0, name: "Counter", visibility: .everyone, fields: [.init("n", .scalar(.u64))]),
            .init(id: 1, name: "Place", visibility: .everyone, fields: [.init("x", .scalar(.i32)), .init("y", .scalar(.i32))]),
        ]
        if hasPlaces { schema.position = .init(component: 1, x: 0, y: 1, inner: 50, outer: 60) }
        schema.commands = [
            .init(id: 0, name: "Add", fields: [.init("n", .scalar(.u8))], result: [.init("n", .scalar(.u64))], weight: 1, cost: 1),
            .init(id: 1, name: "Write", fields: [.init("text", .text(capacity: Self.textBytes))], result: [], weight: 0, cost: 1),
        ]
        schema.intents = [.init(id: 0, component: 1)]
        schema.events = [
            .init(id: 0, name: "Rung", fields: [.init("n", .scalar(.u64))], isReliable: true),
            .init(id: 1, name: "Murmur", fields: [.init("n", .scalar(.u64))], isReliable: false),
        ]
        self.schema = schema
    }

    // MARK: Timelines

    /// The ticks after which a timeline left the one before it, oldest first.
    private var forks: [UInt64] = []
    private(set) var snapshots: [(tick: UInt64, sessions: [UInt64: Session], attached: [UInt64: UInt64])] = []
    /// The host no longer knows where timelines part.
    var forgetsForks = false

    func chain(after tick: UInt64) -> UInt64 { mix64(UInt64(forks.count { $0 < tick }) << 32 | tick) }

    /// Loses everything after the tick, and starts again there.
    func lose(after fork: UInt64) {
        let kept = snapshots.last { $0.tick <= fork }
        (sessions, attached) = (kept?.sessions ?? [:], kept?.attached ?? [:])
        snapshots.removeAll { $0.tick > fork }
        news.removeAll { $0.tick > fork }
        forks.append(fork)
        tick = fork
        releasedThrough = min(releasedThrough, fork)
        crash()
    }

    private func fork(of hello: EdgeHello) -> Fork? {
        let lost = [hello.held, hello.rows].filter { $0.tick > 0 && ($0.tick > tick || $0.chain != chain(after: $0.tick)) }
        guard !lost.isEmpty else { return nil }
        return forgetsForks ? .unknown : .after(tick: forks.filter { fork in lost.contains { $0.tick > fork } }.min() ?? 0)
    }

    private var held: [HeldSession] {
        sessions.keys.sorted().filter { sessions[$0]!.attachment != 0 }.map {
            HeldSession(attachment: sessions[$0]!.attachment, session: $0, avatar: sessions[$0]!.avatar, nextSequence: sessions[$0]!.highest + 1)
        }
    }

    // MARK: The link

    /// What the edge has said of its interest.
    var wanted: [Bool] = []
    var hellos: [EdgeHello] = []
    /// Images say that they are not of all of the world.
    var isLarge = false

    func connect() {
        reader = FrameStream.link
        inbox = []
        audits = []
        output = []
        lastBatch = 0
    }

    /// Everything that was not released is forgotten, as after SIGKILL.
    func crash() {
        connect()
        incarnation += 1
    }

    func receive(_ bytes: [UInt8]) throws {
        reader.append(bytes)
        while let frame = try reader.nextFrame() {
            switch try EdgeFrame(decoding: frame, world: Self.number) {
            case .hello(let hello): greet(hello)
            case .inputs(let batch):
                if batch.number != lastBatch + 1 { faults.append("batch \(batch.number) after \(lastBatch)") }
                lastBatch = batch.number
                for input in batch.inputs { inbox.append((input, batch)) }
            case .interest(let wantsAll): wanted.append(wantsAll)
            case .released(let tick):
                if tick > self.tick || tick < releasedThrough { faults.append("released \(tick)") }
                releasedThrough = tick
            }
        }
    }

    private func greet(_ hello: EdgeHello) {
        hellos.append(hello)
        if hello.edgeID != edgeID || hello.incarnation > incarnation { faults.append("hello \(hello)") }
        let fork = fork(of: hello)
        let resumes = mayResume && hello.lastTick == tick && fork == nil
        output.append(
            HostFrame.encode(
                HostHello(
                    world: schema.name, number: Self.number, pace: .fixed, incarnation: incarnation, tick: tick, resumes: resumes, fork: fork,
                    document: schema.encoded())))
        guard !resumes else { return }
        if fork != nil { output.append(HostFrame.encode(held, world: Self.number)) }
        let last = min(hello.lastTick, fork?.sharedTick ?? .max)
        sendImage(after: last)
        for release in news where release.tick > last || saysTwice { output += release.encodedFrames(world: Self.number, limit: frameLimit) }
    }

    func sendImage(after last: UInt64) {
        var image = LinkImageWriter(world: Self.number, tick: tick, chain: chain(after: tick), isWhole: !isLarge, limit: frameLimit)
        for session in sessions.keys.sorted() {
            for (component, row) in rows(sessions[session]!) {
                if let frame = image.set(sessions[session]!.avatar, component, row: row[...]) { output.append(frame) }
            }
        }
        for session in sessions.keys.sorted() {
            guard let intent = sessions[session]!.intent, intent.tick > last || saysTwice else { continue }
            if let frame = image.consumed(.init(session: session, number: intent.number)) { output.append(frame) }
        }
        output.append(image.finish())
    }

    func rows(_ session: Session) -> [(UInt16, [UInt8])] {
        var counter = ByteWriter()
        counter.u64(session.counter)
        var place = ByteWriter()
        place.u32(UInt32(bitPattern: session.place.x))
        place.u32(UInt32(bitPattern: session.place.y))
        return [(0, counter.bytes), (1, place.bytes)]
    }

    // MARK: A tick

    func step() {
        tick += 1
        var release = Release(ReleaseHead(tick: tick, chain: chain(after: tick), utcMilliseconds: tick * 50, dilationPermille: dilationPermille))
        var touched: Set<UInt64> = []
        for (input, batch) in inbox { handle(input, batch, &release, &touched) }
        inbox = []
        for attachment in evicted { end(attachment, isLeave: true, &release) }
        evicted = []
        for session in taken {
            release.ended.append((sessions[session]!.attachment, .resumedElsewhere))
            sessions[session]!.attachment = 0
        }
        taken = []
        shout(&release)
        var news = release
        for session in touched.sorted() {
            guard let known = sessions[session] else { continue }
            for (component, row) in rows(known) { release.set(known.avatar, component, row: row[...]) }
        }
        news.removed = []
        if !news.outcomes.isEmpty || !news.joins.isEmpty || !news.ended.isEmpty || !news.events.isEmpty { self.news.append(news) }
        snapshots.append((tick, sessions, attached))
        output += release.encodedFrames(world: Self.number, limit: frameLimit)
        for (request, session) in audits { answer(request, session) }
        audits = []
    }

    private func handle(_ input: LinkInput, _ batch: InputBatch, _ release: inout Release, _ touched: inout Set<UInt64>) {
        switch input {
        case .join(let attachment, let identity, let tickets): join(attachment, identity.name, tickets, &release, &touched)
        case .leave(let attachment), .detach(let attachment):
            var isLeave = false
            if case .leave = input { isLeave = true }
            end(attachment, isLeave: isLeave, &release)
        case .command(let session, let sequence, let kind, let payload):
            run(session, sequence, kind, Array(batch.payload(payload)), &release, &touched)
        case .keyedCommand(let session, let sequence, let key, let kind, let payload):
            keys.append(key)
            run(session, sequence, kind, Array(batch.payload(payload)), &release, &touched)
        case .malformed(let session, let sequence): refuse(session, sequence, &release)
        case .intent(let session, let number, _, let payload):
            guard sessions[session] != nil else { return }
            release.consumed.removeAll { $0.session == session }
            release.consumed.append(.init(session: session, number: number))
            sessions[session]!.intent = (number, tick)
            let row = Array(batch.payload(payload))
            sessions[session]!.place.x = Int32(bitPattern: row[..<4].reduce(0) { $0 << 8 | UInt32($1) })
            sessions[session]!.place.y = Int32(bitPattern: row[4...].reduce(0) { $0 << 8 | UInt32($1) })
            touched.insert(session)
        case .acknowledge(let session, let sequence): sessions[session]?.acknowledged = sequence
        case .audit(let request, let session): audits.append((request, session))
        }
    }

    private func shout(_ release: inout Release) {
        for (audience, number) in told {
            var payload = ByteWriter()
            payload.u64(number)
            release.event(0, to: audience, isReliable: true, payload: payload.bytes[...])
        }
        told = []
        guard let crowd else { return }
        for number in 0..<UInt64(crowd.eventCount) {
            var payload = ByteWriter()
            payload.u64(number)
            release.event(crowd.isReliable ? 0 : 1, to: .all, isReliable: crowd.isReliable, payload: payload.bytes[...])
        }
        self.crowd = nil
    }

    /// Gives a session to another attachment, with the outcomes that the client lacks.
    private func resume(_ request: ResumeRequest, _ attachment: UInt64, _ known: Session, _ release: inout Release) {
        if known.attachment != 0 { release.ended.append((known.attachment, .resumedElsewhere)) }
        sessions[request.session]!.attachment = attachment
        sessions[request.session]!.acknowledged = request.acknowledged
        attached[attachment] = request.session
        let resumed = ResumeAnswer.Resumed(oldest: request.acknowledged + 1, lastIntent: known.intent?.number ?? 0, lostEvents: 0)
        release.joins.append(
            (attachment, .joined(session: request.session, avatar: known.avatar, nextSequence: known.highest + 1, resume: .resumed(resumed))))
        for sequence in (request.acknowledged + 1)..<(known.highest + 1) {
            var result = ByteWriter()
            result.u64(known.log[Int(sequence) - 1])
            release.recall(attachment, known.ticks[Int(sequence) - 1], .outcome(sequence: sequence), ([0] + result.bytes)[...])
        }
    }

    private func join(_ attachment: UInt64, _ account: String, _ tickets: JoinTickets, _ release: inout Release, _ touched: inout Set<UInt64>) {
        if let request = tickets.resume, let known = sessions[request.session], known.account == account, known.ticket.admits(request.proof) {
            return resume(request, attachment, known, &release)
        }
        let claim: ResumeAnswer = tickets.resume == nil ? .notAsked : .unknown
        if refused.contains(account) { return release.joins.append((attachment, .refused(.refused, code: 77, text: "not you"))) }
        if let session = attached[attachment], let known = sessions[session] {
            return release.joins.append((attachment, .joined(session: session, avatar: known.avatar, nextSequence: known.highest + 1)))
        }
        if let (session, known) = sessions.first(where: { $0.value.account == account }) {
            guard known.attachment == 0 else { return release.joins.append((attachment, .refused(.accountInUse, code: 0, text: "in use"))) }
            sessions[session]!.attachment = attachment
            sessions[session]!.acknowledged = known.highest
            attached[attachment] = session
            return release.joins.append((attachment, .joined(session: session, avatar: known.avatar, nextSequence: known.highest + 1, resume: claim)))
        }
        let session = UInt64(100 + attached.count)
        let avatar = Entity(world: 2, generation: 1, slot: UInt32(session))
        sessions[session] = Session(attachment: attachment, account: account, avatar: avatar, place: (Int32(session % 7) * 20, 0), ticket: tickets.opens)
        attached[attachment] = session
        touched.insert(session)
        release.joins.append((attachment, .joined(session: session, avatar: avatar, nextSequence: 1, resume: claim)))
    }

    private func end(_ attachment: UInt64, isLeave: Bool, _ release: inout Release) {
        if let session = attached[attachment], let known = sessions[session], known.attachment == attachment {
            (sessions[session]!.attachment, sessions[session]!.intent) = (0, nil)
            if isLeave {
                sessions[session] = nil
                release.removed.append(known.avatar)
            }
        }
        release.ended.append((attachment, isLeave ? .left : .detached))
    }

    /// Code 10: malformed.
    private func refuse(_ session: UInt64, _ sequence: UInt64, _ release: inout Release) {
        guard var known = sessions[session], sequence > known.highest else { return }
        if sequence != known.highest + 1 { return faults.append("command \(sequence) after \(known.highest)") }
        known.highest = sequence
        sessions[session] = known
        refusedMalformed.append(sequence)
        release.outcome(session: session, sequence: sequence, CommandOutcome.refused(code: 10, field: "", reason: "").encoded[...])
    }

    private func run(_ session: UInt64, _ sequence: UInt64, _ kind: UInt16, _ payload: [UInt8], _ release: inout Release, _ touched: inout Set<UInt64>) {
        guard var known = sessions[session], sequence > known.highest else { return }
        if sequence != known.highest + 1 { return faults.append("command \(sequence) after \(known.highest)") }
        known.highest = sequence
        known.counter += UInt64(payload[0])
        known.log.append(known.counter)
        known.ticks.append(tick)
        var result = ByteWriter()
        result.u64(known.counter)
        release.outcome(session: session, sequence: sequence, ([0] + result.bytes)[...])
        if sequence % 3 == 0 {
            known.eventCount += 1
            var payload = ByteWriter()
            payload.u64(known.eventCount)
            release.event(0, to: .avatar(known.avatar), isReliable: true, payload: payload.bytes[...])
            release.event(1, to: .all, isReliable: false, payload: payload.bytes[...])
        }
        sessions[session] = known
        touched.insert(session)
    }

    private func answer(_ request: UInt64, _ session: UInt64) {
        var writer = HostAuditWriter(world: Self.number, request: request, tick: tick, limit: 60)
        for key in sessions.keys.sorted() where session == 0 || key == session {
            for (component, row) in rows(sessions[key]!) {
                let hash = ValueHash.of(component: component, row: row)
                if let frame = writer.row(sessions[key]!.avatar, component, valueHash: hash, isInner: true) { output.append(frame) }
            }
        }
        output.append(writer.finish())
    }
}
