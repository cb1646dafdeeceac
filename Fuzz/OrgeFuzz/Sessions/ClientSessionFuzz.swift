import OrgeSchema
import OrgeSession
import OrgeWire

/// The client's side of a conversation: frames of a server that may be wrong in any way, and calls of a user at any time.
enum ClientSessionFuzz {
    enum Step: UInt8, CaseIterable {
        case welcome, worlds, schema, joined, joinRefused, update, outcome, event, credit, pong, auditAnswer, notice, close, bytes, badSize
        case describe, join, command, commands, intent, audit, kill, leave, time, lost
        case resumed, ended, endedRefusal, recalled, timelineChanged, old, again, resends
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
        let refused: [UInt8] = [Step.join.rawValue, 0, Step.joinRefused.rawValue]
        let answer: [UInt8] = [Step.outcome.rawValue, 0, 0, 0, 0, Step.event.rawValue, 0, 0, 0, 0, Step.credit.rawValue, 9, 9]
        let audit: [UInt8] = [
            Step.audit.rawValue, 3, Step.auditAnswer.rawValue, 3, 0, 0, 0, 1, 0, 2, 7, 1, 1, Step.time.rawValue, 11, Step.pong.rawValue, 1, 4, 0, 0,
        ]
        let end: [UInt8] = [Step.commands.rawValue, 40, Step.leave.rawValue, Step.outcome.rawValue, 0, 0, 0, 0, Step.close.rawValue, 0]
        return [choose + refused + join + act + answer + audit + end, choose + join + [Step.lost.rawValue, Step.leave.rawValue]] + returns()
    }

    private static let choose: [UInt8] = [Step.welcome.rawValue, 0, Step.worlds.rawValue, Step.describe.rawValue, Step.schema.rawValue, 0]
    private static let join: [UInt8] = [Step.join.rawValue, 0, Step.joined.rawValue, 0, 0]
    private static let act: [UInt8] = [Step.command.rawValue, 0, 0, 9, Step.command.rawValue, 0, 0, 8, Step.intent.rawValue] + see
    /// An update with the label of an entity, and one with nothing.
    private static let see: [UInt8] = [Step.update.rawValue, 0, 0, 1, 0, 1, 0, 2, 0, 3, 1, 5, 0, 0]
    private static let seeNothing: [UInt8] = [Step.update.rawValue, 0, 0, 1, 0, 0, 0]

    /// A client that loses its connection and comes back: to its session with the view that it has, and without; to one that has ended, that is not known,
    /// that another connection has taken, or whose world has lost its last ticks.
    private static func returns() -> [[UInt8]] {
        let back: [UInt8] = [Step.again.rawValue, 0, 0, Step.join.rawValue, 0]
        let start = choose + join + act + back
        let outcome: [UInt8] = [Step.outcome.rawValue, 0, 0, 0, 0]
        let recall: [UInt8] = [Step.recalled.rawValue, 0, 0, 0, 0]
        let goOn: [UInt8] = [Step.resends.rawValue] + outcome + seeNothing + outcome
        let resumed: [UInt8] = [Step.resumed.rawValue, 0, 0, 0, 0, 0]
        let continued: [UInt8] = [Step.resumed.rawValue, 1, 0, 0, 0, 1]
        let forked: [UInt8] = [Step.resumed.rawValue, 0, 1, 0, 0, 1, 0, 0, 0]
        return [
            start + recall + continued + goOn + act + back + continued + goOn,
            start + resumed + see + goOn + [Step.old.rawValue, 3, Step.old.rawValue, 6],
            start + recall + [Step.ended.rawValue, 0, 1, 0, 0] + act + back + recall + [Step.ended.rawValue, 1, 0] + act,
            start + [Step.endedRefusal.rawValue, 1, Step.join.rawValue, 0, Step.joined.rawValue, 0, 0] + act,
            start + forked + act + [Step.timelineChanged.rawValue, 1, 0, 0, 0, 0, Step.join.rawValue, 0, Step.joined.rawValue, 0, 0] + act,
            start + continued + [Step.close.rawValue, resumedElsewhere] + back + resumed + see + goOn,
        ]
    }

    /// Which choice of ``CloseReason`` it is.
    private static var resumedElsewhere: UInt8 { UInt8(CloseReason.allCases.firstIndex(of: .resumedElsewhere)!) }
}

/// One session under a script, and the judge beside it.
struct ClientSessionWalk: ~Copyable {
    var script: Script
    var told: [ClientSessionFuzz.Told] = []
    private var session = ClientSession(.init(kind: .tool, software: "fuzz", name: "ada"))
    private var judge = ClientSessionJudge()
    private var now: UInt64 = 1_000_000_000
    /// What the server has said on this connection and those before it.
    private var past: [ServerFrame] = []
    /// Enough for a replay of anything that matters in a walk.
    private static let pastLimit = 32

    init(_ bytes: [UInt8]) {
        script = Script(bytes)
        start()
    }

    private mutating func start() {
        for frame in session.start(now: now) { told.append(.frame(frame)) }
    }

    mutating func step() {
        let step = script.pick(ClientSessionFuzz.Step.self)
        switch step {
        case .welcome, .worlds, .schema, .joined, .joinRefused, .update, .outcome, .event, .credit, .pong, .auditAnswer, .notice, .close, .resumed, .ended,
            .endedRefusal, .recalled, .timelineChanged:
            receive(frame(step))
        case .old: if !past.isEmpty { receive(past[script.below(past.count)]) }
        case .again: comeAgain()
        case .resends: resend()
        case .bytes: receive(script.some())
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
        judge.settled(session.takeSettled())
        judge.check(session)
    }

    /// The connection is gone, and another one is there; its first two answers come at once, unless the script has others.
    private mutating func comeAgain() {
        judge.lost()
        if let suspension = session.suspend() {
            session = ClientSession(session.configuration, resuming: suspension)
            judge.reconnected(isHolding: true)
        } else {
            session = ClientSession(session.configuration, known: session.known, seen: session.seen)
            judge.reconnected(isHolding: false)
        }
        start()
        guard !script.flag() else { return }
        receive(frame(.welcome))
        receive(frame(.worlds))
    }

    /// What an owner sends when a session was resumed.
    private mutating func resend() {
        let phase = session.phase
        for frame in session.resends(now: now) {
            judge.resent(frame)
            told.append(.frame(frame))
        }
        for frame in session.standingIntents() + [session.receipt()].compactMap({ $0 }) {
            judge.note(frame, from: phase)
            told.append(.frame(frame))
        }
    }

    private mutating func receive(_ frame: ServerFrame) {
        if past.count < Self.pastLimit { past.append(frame) }
        judge.answer(frame)
        receive(Array(frame.encoded.dropFirst(4)))
    }

    private mutating func receive(_ bytes: [UInt8]) {
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
        case .resumed: .joined(resumed())
        case .ended: .joined(ended())
        case .endedRefusal: .joinRefused(ServerFrame.JoinRefusal(.full, "full", extensions: WireExtensions([ending().entry])))
        case .recalled: .recalled(sequence: sequence(), tick: tick(), outcome: script.flag() ? script.some() : [0])
        case .timelineChanged: .notice(.timelineChanged(change()))
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
        case .bytes, .badSize, .describe, .join, .command, .commands, .intent, .audit, .kill, .leave, .time, .lost, .old, .again, .resends:
            preconditionFailure("no frame")
        }
    }

    private mutating func joined() -> ServerFrame.Joined {
        ServerFrame.Joined(
            session: 1, avatar: FuzzWorld.entity(1), incarnation: 1, tick: 7, tickMicroseconds: 50_000, firstSequence: script.flag() ? script.number() : 1,
            credit: Credit(throughSequence: 256, throughByte: 65_536), role: script.flag() ? script.role() : judge.role,
            idBase: idBase(ofWorld: 2), extensions: WireExtensions([Ticket(high: 1, low: 2).entry]))
    }

    /// The session goes on: with the next command that the server has not, or from another one.
    private mutating func resumed() -> ServerFrame.Joined {
        let isContinued = script.flag()
        let fork: Resumption.Resumed.Fork? = script.flag() ? [.unknown, .after(tick: tick())][script.below(2)] : nil
        let first = sequence()
        let oldest = script.below(4) == 3 ? script.number() : min(first, session.unanswered.first?.sequence ?? first)
        let resumption = Resumption.resumed(
            .init(isContinued: isContinued && fork == nil, fork: fork, oldest: oldest, lastIntent: script.flag() ? session.lastIntent : 0))
        return joined(first, resumption)
    }

    private mutating func ended() -> ServerFrame.Joined {
        let resumption = ending()
        return joined(script.flag() ? script.number() : 1, resumption)
    }

    private mutating func ending() -> Resumption {
        script.flag() ? .unknown : .ended(oldest: script.number(), through: sequence())
    }

    private mutating func joined(_ first: UInt64, _ resumption: Resumption) -> ServerFrame.Joined {
        ServerFrame.Joined(
            session: 1, avatar: FuzzWorld.entity(1), incarnation: 2, tick: judge.seen, tickMicroseconds: 50_000, firstSequence: first,
            credit: Credit(throughSequence: first &+ 255, throughByte: 65_536), role: .player, idBase: idBase(ofWorld: 2),
            extensions: WireExtensions([Ticket(high: 1, low: 2).entry, resumption.entry]))
    }

    private mutating func change() -> ServerFrame.TimelineChange {
        ServerFrame.TimelineChange(forkTick: script.flag() ? tick() : nil, incarnation: 3, nextSequence: script.flag() ? nil : sequence())
    }

    /// Of a command without an outcome, or of the next one; or any.
    private mutating func sequence() -> UInt64 {
        let choice = Int(script.byte())
        if choice == 255 { return script.number() }
        let known = session.unanswered.map(\.sequence) + [session.nextSequence]
        return known[choice % known.count]
    }

    /// A little later than what was last, or anything.
    private mutating func tick() -> UInt64 { script.flag() ? script.number() : judge.seen &+ UInt64(script.below(3)) }

    private mutating func credit(_ old: UInt64) -> UInt64 {
        let more = script.byte()
        return more == 255 ? script.number() : old &+ UInt64(more)
    }

    private mutating func update() -> UpdateFrame {
        let flags = script.below(4)
        let tick = session.view?.openTick ?? tick()
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
