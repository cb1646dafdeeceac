import OrgeLink
import OrgeSchema
import OrgeWire

/// An honest host of ``FuzzWorld``: each account has a counter that command 0 raises. What it released it keeps when the link is lost, what
/// waits it forgets. It traps when the edge breaks the rules of the link.
struct FuzzHost {
    private struct Session {
        var account: String
        var avatar: Entity
        var attachment: UInt64
        var counter: UInt64 = 0
        var highest: UInt64 = 0
        var glad: UInt8?
    }

    private(set) var tick: UInt64 = 10
    private var incarnation: UInt32 = 0
    private var sessions = SortedMap<UInt64, Session>()
    private var avatars = SortedMap<String, Entity>()
    private var visits = SortedMap<String, UInt64>()
    private var inbox: [(LinkInput, InputBatch)] = []
    private var reader = FrameStream.link
    private var lastBatch: UInt64 = 0
    /// For every client, with the next tick.
    var events: [(isReliable: Bool, number: UInt64)] = []
    var dilation: UInt16 = 1000
    /// Frames for the edge.
    var output: [UInt8] = []

    mutating func connect(isNew: Bool) {
        reader = FrameStream.link
        inbox = []
        lastBatch = 0
        output = []
        incarnation += isNew ? 1 : 0
    }

    mutating func receive(_ bytes: [UInt8]) {
        reader.append(bytes)
        do throws(DecodeError) {
            while let frame = try reader.nextFrame() { hear(try EdgeFrame(decoding: frame)) }
        } catch {
            preconditionFailure("the edge says what cannot be read: \(error)")
        }
    }

    private mutating func hear(_ frame: EdgeFrame) {
        switch frame {
        case .hello(let hello): greet(hello)
        case .inputs(let batch):
            precondition(batch.number == lastBatch + 1, "batch \(batch.number) after \(lastBatch)")
            lastBatch = batch.number
            inbox += batch.inputs.map { ($0, batch) }
        case .interest: break  // Every edge is sent all of this world.
        case .released(let released): precondition(released <= tick, "tick \(released) was never released")
        }
    }

    private mutating func greet(_ hello: EdgeHello) {
        precondition(hello.world == FuzzWorld.name && hello.incarnation <= incarnation && hello.lastTick <= tick, "\(hello) at tick \(tick)")
        let resumes = hello.lastTick == tick
        output += HostFrame.encode(
            HostHello(
                world: FuzzWorld.name, number: Self.number, pace: .fixed, incarnation: incarnation, tick: tick, resumes: resumes,
                document: FuzzWorld.schema.encoded()))
        guard !resumes else { return }
        var image = LinkImageWriter(world: Self.number, tick: tick, chain: mix64(tick))
        for (_, session) in sessions {
            for row in rows(session) { output += image.set(session.avatar, row.component, row: row.bytes[...]) ?? [] }
        }
        output += image.finish()
        output += Release(ReleaseHead(tick: tick, chain: mix64(tick), utcMilliseconds: tick * 50)).encodedFrames(world: Self.number).flatMap { $0 }
    }

    private func rows(_ session: Session) -> [(component: UInt16, bytes: [UInt8])] {
        var rows: [(component: UInt16, bytes: [UInt8])] = [(0, FuzzWorld.u64(session.avatar.raw) + FuzzWorld.u64(session.counter))]
        if let glad = session.glad { rows.append((1, [glad])) }
        return rows + [(2, FuzzWorld.text(Int(session.counter % 200)))]
    }

    private static let number: UInt16 = 2

    // MARK: A tick

    mutating func step() {
        tick += 1
        var release = Release(ReleaseHead(tick: tick, chain: mix64(tick), utcMilliseconds: tick * 50, dilationPermille: dilation))
        var audits: [(request: UInt64, session: UInt64)] = []
        for (input, batch) in inbox { handle(input, batch, &release, &audits) }
        inbox = []
        for (_, session) in sessions {
            for row in rows(session) { release.set(session.avatar, row.component, row: row.bytes[...]) }
        }
        for event in events {
            release.event(event.isReliable ? 0 : 1, to: .all, isReliable: event.isReliable, payload: FuzzWorld.u64(event.number)[...])
        }
        events = []
        output += release.encodedFrames(world: Self.number).flatMap { $0 }
        for audit in audits { answer(audit.request, audit.session) }
    }

    private mutating func handle(_ input: LinkInput, _ batch: InputBatch, _ release: inout Release, _ audits: inout [(request: UInt64, session: UInt64)]) {
        switch input {
        case .join(let attachment, let identity, _): join(attachment, identity.name, &release)
        case .leave(let attachment): end(attachment, .left, &release)
        case .detach(let attachment): end(attachment, .detached, &release)
        case .command(let session, let sequence, let kind, let payload): run(session, sequence, kind, Array(batch.payload(payload)), &release)
        case .keyedCommand(let session, let sequence, _, let kind, let payload):
            run(session, sequence, kind, Array(batch.payload(payload)), &release)
        case .malformed(let session, let sequence): refuse(session, sequence, &release)
        case .intent(let session, _, let kind, let payload):
            precondition(kind == 0 && FuzzWorld.isRow(Array(batch.payload(payload)), FuzzWorld.schema.component(1)?.row), "an intent that is none")
            _ = sessions.update(session) { $0.glad = batch.payload(payload).first }
        case .acknowledge(let session, let through): precondition(sessions[session].map { through <= $0.highest } ?? true, "acknowledged ahead of time")
        case .audit(let request, let session): audits.append((request, session))
        }
    }

    /// Numbers of sessions and avatars follow from the account alone, whatever the other clients do.
    private mutating func join(_ attachment: UInt64, _ account: String, _ release: inout Release) {
        if let (number, known) = sessions.first(where: { $0.1.account == account }) {
            guard known.attachment == 0 else { return release.joins.append((attachment, .refused(.accountInUse, code: 0, text: "in use"))) }
            sessions[number] = nil
        }
        let base = account.utf8.reduce(0 as UInt64) { $0 &* 31 &+ UInt64($1) } % 10_000
        let avatar = avatars[account] ?? FuzzWorld.entity(Int(base))
        let visit = (visits[account] ?? 0) + 1
        avatars[account] = avatar
        visits[account] = visit
        let number = base << 16 | visit
        sessions[number] = Session(account: account, avatar: avatar, attachment: attachment)
        release.joins.append((attachment, .joined(session: number, avatar: avatar, nextSequence: 1)))
    }

    private mutating func end(_ attachment: UInt64, _ reason: EndReason, _ release: inout Release) {
        if let (number, known) = sessions.first(where: { $0.1.attachment == attachment }) {
            _ = sessions.update(number) { session in
                session.attachment = 0
                session.glad = nil
            }
            release.unset.append(RowKey(entity: known.avatar, component: 1))
            if reason == .left {
                sessions[number] = nil
                release.removed.append(known.avatar)
            }
        }
        release.ended.append((attachment, reason))
    }

    private mutating func run(_ number: UInt64, _ sequence: UInt64, _ kind: UInt16, _ payload: [UInt8], _ release: inout Release) {
        precondition(FuzzWorld.isRow(payload, FuzzWorld.schema.command(kind)?.row), "a command that is none")
        guard let known = sessions[number], known.attachment != 0, sequence > known.highest else { return }
        precondition(sequence == known.highest + 1, "command \(sequence) after \(known.highest)")
        _ = sessions.update(number) { session in
            session.highest = sequence
            session.counter += kind == 0 ? UInt64(payload[0]) : 0
            release.outcome(session: number, sequence: sequence, ([0] + (kind == 0 ? FuzzWorld.u64(session.counter) : []))[...])
        }
    }

    /// Code 10: malformed, with neither field nor reason.
    private mutating func refuse(_ number: UInt64, _ sequence: UInt64, _ release: inout Release) {
        guard let known = sessions[number], known.attachment != 0, sequence > known.highest else { return }
        precondition(sequence == known.highest + 1, "command \(sequence) after \(known.highest)")
        _ = sessions.update(number) { $0.highest = sequence }
        release.outcome(session: number, sequence: sequence, CommandOutcome.refused(code: 10, field: "", reason: "").encoded[...])
    }

    private mutating func answer(_ request: UInt64, _ number: UInt64) {
        var writer = HostAuditWriter(world: Self.number, request: request, tick: tick)
        let seen = number == 0 ? sessions.map { $0.1 } : sessions[number].map { [$0] } ?? []
        for session in seen.sorted(by: { $0.avatar < $1.avatar }) {
            for row in rows(session) where number != 0 || row.component == 2 {
                let hash = ValueHash.of(component: row.component, row: row.bytes)
                output += writer.row(session.avatar, row.component, valueHash: hash, isInner: true) ?? []
            }
        }
        output += writer.finish()
    }
}
