import OrgeSchema
import OrgeSession
import OrgeWire

/// The client's side of a conversation: frames of a server that may be wrong in any way, and calls of a user at any time.
enum ClientSessionFuzz {
    enum Step: UInt8, CaseIterable {
        case welcome, worlds, schema, joined, joinRefused, update, outcome, event, credit, pong, auditAnswer, notice, close, bytes, badSize
        case describe, join, command, commands, intent, audit, kill, leave, time, lost
    }

    /// What came out, to be the same for the same input.
    enum Told: Equatable {
        case reaction(ClientReaction)
        case frame(ClientFrame?)
    }

    static func run(_ bytes: [UInt8]) {
        let told = walk(bytes)
        precondition(told == walk(bytes), "the same input led to other reactions")
    }

    private static func walk(_ bytes: [UInt8]) -> [Told] {
        var walk = ClientSessionWalk(bytes)
        var steps = 0
        while !walk.script.isAtEnd, steps < Script.stepLimit {
            walk.step()
            steps += 1
        }
        return walk.told
    }

    static func seeds() -> [[UInt8]] {
        let choose: [UInt8] = [Step.welcome.rawValue, 0, Step.worlds.rawValue, Step.describe.rawValue, Step.schema.rawValue, 0]
        let join: [UInt8] = [Step.join.rawValue, 0, Step.joined.rawValue, 0, 0, Step.update.rawValue, 2, 0, 2, 1, 1, 0, 1, 0, 7]
        let act: [UInt8] = [Step.command.rawValue, 0, 0, 9, Step.intent.rawValue, Step.update.rawValue, 0, 1, 1, 1, 0, 1, 2, 3]
        let answer: [UInt8] = [Step.outcome.rawValue, 0, 0, 0, 5, Step.event.rawValue, 0, 0, Step.credit.rawValue, 9, 9]
        let audit: [UInt8] = [Step.audit.rawValue, 3, Step.auditAnswer.rawValue, 3, 0, 0, 2, 1, 2, Step.time.rawValue, 11, Step.pong.rawValue, 4]
        let end: [UInt8] = [Step.commands.rawValue, 40, Step.leave.rawValue, Step.outcome.rawValue, 0, 0, 0, 1, Step.close.rawValue, 0]
        let refused: [UInt8] = [Step.join.rawValue, 0, Step.joinRefused.rawValue]
        return [choose + refused + join + act + answer + audit + end, choose + join + [Step.lost.rawValue, Step.leave.rawValue]]
    }
}

/// One session under a script, and the judge beside it.
struct ClientSessionWalk: ~Copyable {
    var script: Script
    var told: [ClientSessionFuzz.Told] = []
    private var session = ClientSession(.init(kind: .tool, software: "fuzz", name: "ada"))
    private var judge = ClientSessionJudge()
    private var now: UInt64 = 1_000_000_000

    init(_ bytes: [UInt8]) {
        script = Script(bytes)
        for frame in session.start(now: now) { told.append(.frame(frame)) }
    }

    mutating func step() {
        let step = script.pick(ClientSessionFuzz.Step.self)
        switch step {
        case .welcome, .worlds, .schema, .joined, .joinRefused, .update, .outcome, .event, .credit, .pong, .auditAnswer, .notice, .close:
            receive(frame(step).encoded.dropFirst(4))
        case .bytes: receive(script.some()[...])
        case .badSize:
            let size = UInt32(truncatingIfNeeded: script.number())
            perform { session, _ in session.receiveBadSize(size) }
        case .command:
            let kind = UInt16(script.below(2))
            let payload = script.payload(kind)
            say { session, now in session.command(kind, payload, now: now) }
        case .commands: for _ in 0..<Int(script.byte()) * 2 { say { session, now in session.command(0, [1], now: now) } }
        case .describe: say { session, _ in session.describe(FuzzWorld.name) }
        case .join:
            let role = script.role()
            judge.role = session.phase == .choosing ? role : judge.role
            say { session, _ in session.join(FuzzWorld.name, as: role) }
        case .intent: say { session, _ in session.intent(0, [1]) }
        case .audit:
            let request = UInt32(script.byte())
            say { session, _ in session.audit(request) }
        case .kill: say { session, _ in session.kill(token: FuzzWorld.token) }
        case .leave: say { session, _ in session.leave() }
        case .time:
            now += script.time()
            perform { session, now in session.timePassed(now: now) }
        case .lost:
            session.connectionLost()
            judge.lost()
        }
        judge.check(session)
    }

    private mutating func receive(_ frame: ArraySlice<UInt8>) {
        let bytes = Array(frame)
        perform { session, now in
            var reader = ByteReader(bytes)
            return session.receive(&reader, now: now)
        }
    }

    private mutating func perform(_ event: (inout ClientSession, UInt64) -> ClientReaction) {
        let reaction = event(&session, now)
        judge.note(reaction, session)
        told.append(.reaction(reaction))
    }

    private mutating func say(_ wish: (inout ClientSession, UInt64) -> ClientFrame?) {
        let before = session.phase
        let frame = wish(&session, now)
        judge.note(frame, from: before)
        told.append(.frame(frame))
    }
}

/// Frames of a server that is mostly right.
extension ClientSessionWalk {
    private mutating func frame(_ step: ClientSessionFuzz.Step) -> ServerFrame {
        switch step {
        case .welcome:
            .welcome(
                ServerFrame.Welcome(
                    version: 2 + UInt16(script.below(2)), isDevelopment: true, clientFrameBytes: 1, serverFrameBytes: 2, idleMilliseconds: 3, software: "x"))
        case .worlds: .worlds([FuzzWorld.entry])
        case .schema: .schema(hash: FuzzWorld.served.hash, document: script.flag() ? script.some() : FuzzWorld.served.document)
        case .joined: .joined(joined())
        case .joinRefused: .joinRefused(ServerFrame.JoinRefusal(.full, "full"))
        case .update: .update(update())
        case .outcome:
            .outcome(
                sequence: script.flag() ? script.number() : session.unanswered.first?.sequence ?? 1, tick: tick(), outcome: script.flag() ? script.some() : [0])
        case .event: .event(tick: tick(), kind: UInt16(script.below(3)), payload: script.flag() ? script.some() : FuzzWorld.u64(3))
        case .credit: .credit(Credit(throughSequence: credit(session.credit.throughSequence), throughByte: credit(session.credit.throughByte)))
        case .pong:
            .pong(
                ServerFrame.Pong(
                    clientTime: script.flag() ? script.number() : now, serverMicroseconds: script.number(), tick: script.number(), microsecondsIntoTick: 9))
        case .auditAnswer: .auditAnswer(auditAnswer())
        case .notice: .notice([.hostAway, .hostBack(incarnation: 1, tick: 2), .dilated(permille: 5), .viewed(ticksDue: 1)][script.below(4)])
        case .close: .close(Close(script.pick(CloseReason.self)))
        case .bytes, .badSize, .describe, .join, .command, .commands, .intent, .audit, .kill, .leave, .time, .lost: preconditionFailure("no frame")
        }
    }

    private mutating func joined() -> ServerFrame.Joined {
        ServerFrame.Joined(
            session: 1, avatar: FuzzWorld.entity(1), incarnation: 1, tick: 7, tickMicroseconds: 50_000, firstSequence: script.flag() ? script.number() : 1,
            credit: Credit(throughSequence: 256, throughByte: 65_536), role: script.flag() ? script.role() : judge.role,
            idBase: idBase(ofWorld: 2))
    }

    /// A little later than what was last, or anything.
    private mutating func tick() -> UInt64 { script.flag() ? script.number() : judge.tick &+ UInt64(script.below(3)) }

    private mutating func credit(_ old: UInt64) -> UInt64 {
        let more = script.byte()
        return more == 255 ? script.number() : old &+ UInt64(more)
    }

    private mutating func update() -> UpdateFrame {
        let flags = script.below(4)
        let tick = session.view?.openTick ?? max(session.view?.completeTick ?? 0, tick())
        var entries = ByteWriter()
        let isSized = script.below(4) == 3
        for _ in 0..<script.below(5) { entry(&entries, isSized: isSized) }
        let consumed = script.below(4) == 3 ? session.consumedIntent &+ UInt32(script.below(3)) : nil
        return UpdateFrame(
            tick: tick, hasMore: flags & 1 != 0, isReset: flags & 2 != 0, isSized: isSized, consumedIntent: consumed, entries: entries.bytes)
    }

    /// An entry of the section where the writer stands; a zero moves on to the next one.
    private mutating func entry(_ writer: inout ByteWriter, isSized: Bool) {
        let section = script.below(4)
        for _ in 0..<script.below(3) { writer.u8(0) }
        writer.varint(Varint.zigzag(Int64(1 + script.below(6))))
        guard section != 3 else { return }
        let components = UInt64(1 + script.below(15))
        writer.varint(components)
        guard section != 1 else { return }
        for bit in 0..<4 where components >> UInt64(bit) & 1 == 1 {
            let bytes = script.flag() ? row(UInt16(bit)) : change(bit)
            if isSized { writer.varint(UInt64(bytes.count)) }
            writer.bytes(bytes)
        }
    }

    private mutating func change(_ component: Int) -> [UInt8] {
        switch component {
        case 0: script.flag() ? [0b1000] + [script.byte() & 0x7f] : [0b0101] + row(0)
        case 1, 2: [1] + row(UInt16(component))
        default: script.some()
        }
    }

    private mutating func row(_ component: UInt16) -> [UInt8] {
        switch component {
        case 0: FuzzWorld.u64(2) + FuzzWorld.u64(script.number())
        case 1: [script.byte() & 3]
        case 2: FuzzWorld.text(script.below(250) + script.below(60))
        default: script.some()
        }
    }

    private mutating func auditAnswer() -> AuditAnswer {
        let request = UInt32(script.byte())
        let tick = tick()
        let hasMore = script.flag()
        let rows = (0..<script.below(6)).map { _ in
            AuditRow(
                entity: FuzzWorld.entity(script.below(6)), component: UInt16(script.below(4)), valueHash: script.number(), isInner: script.flag())
        }
        if !hasMore, script.below(8) == 0 { return AuditAnswer(request: request, tick: tick, isBusy: true) }
        return AuditAnswer(request: request, tick: tick, hasMore: hasMore, rows: rows)
    }
}
