import OrgeSchema
import OrgeSession
import OrgeWire

/// The server's side of a conversation: frames in any order, and whatever its owner may say to it, at any time.
enum ServerSessionFuzz {
    enum Step: UInt8, CaseIterable {
        case frame, bytes, command, commands, badSize, admitted, described, joinRefused, joined, outcome, outcomes, auditAnswered
        case notice, stopping, worlds, time, close, lost
    }

    /// What came out, to be the same for the same input.
    enum Told: Equatable {
        case reaction(ServerReaction)
        case outcome(OutcomeReaction)
        case disconnected(DisconnectEffect)
    }

    static func run(_ bytes: [UInt8]) {
        let told = walk(bytes)
        precondition(told == walk(bytes), "the same input led to other reactions")
    }

    private static func walk(_ bytes: [UInt8]) -> [Told] {
        var walk = ServerSessionWalk(bytes)
        var steps = 0
        while !walk.script.isAtEnd, steps < Script.stepLimit {
            walk.step()
            steps += 1
        }
        return walk.told
    }

    static func seeds() -> [[UInt8]] {
        let login: [UInt8] = [Step.frame.rawValue, 0, 0, 0, Step.frame.rawValue, 1, 0, Step.admitted.rawValue]
        let join: [UInt8] = [Step.frame.rawValue, 3, 0, 0, 0, Step.joined.rawValue, 1]
        let act: [UInt8] = [Step.command.rawValue, 0, 0, 0, 5, Step.frame.rawValue, 4, 0, 1, Step.frame.rawValue, 6, 3, Step.outcome.rawValue, 0]
        let full: [UInt8] = [Step.commands.rawValue, 255, 0, Step.outcomes.rawValue, 200, Step.commands.rawValue, 9, 1, Step.time.rawValue, 4]
        let end: [UInt8] = [Step.auditAnswered.rawValue, Step.command.rawValue, 0, 0, 0, 1, Step.frame.rawValue, 7, Step.outcome.rawValue, 0]
        let monitor: [UInt8] = [Step.frame.rawValue, 3, 0, 1, 1, Step.joined.rawValue, 0, Step.frame.rawValue, 6, 1, Step.notice.rawValue, 0]
        let describe: [UInt8] = [Step.frame.rawValue, 2, 0, Step.described.rawValue, Step.frame.rawValue, 2, 3, Step.joinRefused.rawValue, 0]
        let resume: [UInt8] = [Step.frame.rawValue, 12, 1, 9, 1, 2, 4, 1, 9, 8, 1, 9, 2, Step.joined.rawValue, 1, 7, Step.frame.rawValue, 11, 1]
        let seen: [UInt8] = [Step.frame.rawValue, 13, 9, Step.frame.rawValue, 7]
        return [
            login + resume + act + end, login + resume.prefix(13) + [Step.lost.rawValue], login + seen,
            login + describe + join + act + end, login + join + full + full + end, login + monitor + end, login + join + [Step.lost.rawValue],
        ]
    }
}

/// One session under a script, and the judge beside it.
struct ServerSessionWalk: ~Copyable {
    var script: Script
    var told: [ServerSessionFuzz.Told] = []
    private var session: ServerSession
    private var judge: ServerSessionJudge
    private var now: UInt64 = 1_000_000_000

    init(_ bytes: [UInt8]) {
        script = Script(bytes)
        session = ServerSession(FuzzWorld.configuration, now: now)
        judge = ServerSessionJudge(now: now)
    }

    mutating func step() {
        switch script.pick(ServerSessionFuzz.Step.self) {
        case .frame:
            let frame = script.clientFrame()
            perform(ServerSessionJudge.Cause(frame)) { session, now in session.receive(frame, now: now) }
        case .bytes: receive(script.some())
        case .badSize:
            let size = UInt32(truncatingIfNeeded: script.number())
            perform(.bytes) { session, _ in session.receiveBadSize(size) }
        case .command: command()
        case .commands: commands()
        case .admitted: perform(.verdict) { session, _ in session.admitted([FuzzWorld.entry]) }
        case .described: perform(.verdict) { session, _ in session.described(FuzzWorld.served) }
        case .joinRefused: perform(.verdict) { session, _ in session.joinRefused(ServerFrame.JoinRefusal(.accountInUse, "in use")) }
        case .joined: join()
        case .outcome: outcome(script.flag() ? script.number() : judge.answered &+ 1)
        case .outcomes: for _ in 0..<Int(script.byte()) { outcome(judge.answered &+ 1) }
        case .auditAnswered:
            session.auditAnswered()
            judge.auditAnswered()
        case .notice: notify()
        case .stopping: perform(.owner) { session, _ in session.notify(.stopping(withinMilliseconds: 1, text: "stop")) }
        case .worlds: perform(.owner) { session, _ in session.worldsChanged([FuzzWorld.entry, FuzzWorld.entry]) }
        case .time: passTime()
        case .close:
            let reason = script.pick(CloseReason.self)
            perform(.owner) { session, _ in session.close(reason, String(repeating: "x", count: 400)) }
        case .lost: lose()
        }
        judge.check(session, now)
    }

    private mutating func perform(_ cause: ServerSessionJudge.Cause, _ event: (inout ServerSession, UInt64) -> ServerReaction) {
        let before = session.phase
        let reaction = event(&session, now)
        judge.note(reaction, cause, from: before, to: session.phase, now)
        told.append(.reaction(reaction))
    }

    private mutating func command() {
        let sequence = script.flag() ? script.number() : judge.next
        let kind = UInt16(script.below(3))
        receive(ClientFrame.Command(sequence: sequence, kind: kind, payload: script.payload(kind)))
    }

    /// Many at once, as fast as credit allows or faster.
    private mutating func commands() {
        let count = Int(script.byte())
        let kind = UInt16(script.below(2))
        let payload = kind == 0 ? [1] : FuzzWorld.text(900)
        for _ in 0..<count where session.phase == .joined { receive(ClientFrame.Command(sequence: judge.next, kind: kind, payload: payload)) }
    }

    private mutating func receive(_ command: ClientFrame.Command) {
        let expected = judge.verdict(on: command, in: session.phase)
        perform(.frame(.command)) { session, now in session.receive(.command(command), now: now) }
        guard let expected, case .reaction(let reaction)? = told.last else { return }
        switch (reaction, expected) {
        case (.submit(let submitted), nil), (.submitMalformed(let submitted), nil): precondition(submitted == command, "another command is submitted than came")
        case (.close(let close, _), let reason?): precondition(close.reason == reason, "\(close) where \(reason) is due")
        default: preconditionFailure("\(reaction) where \(expected.map { "\($0)" } ?? "submit") is due")
        }
    }

    private mutating func outcome(_ sequence: UInt64) {
        let before = session.phase
        let reaction = session.outcome(sequence)
        judge.note(reaction, sequence, from: before, to: session.phase)
        told.append(.outcome(reaction))
    }

    private mutating func passTime() {
        now += script.time()
        let isDue = session.deadline.map { now >= $0 } ?? false
        perform(.time(isDue: isDue)) { session, now in session.timePassed(now: now) }
    }

    private mutating func receive(_ bytes: [UInt8]) {
        var decoder = ByteReader(bytes)
        let frame = FuzzTarget.accepted(bytes) { _ throws(DecodeError) in try ClientFrame(decoding: &decoder) }
        perform(frame.map { ServerSessionJudge.Cause($0) } ?? .bytes) { session, now in
            var reader = ByteReader(bytes)
            return session.receive(&reader, now: now)
        }
    }

    private mutating func join() {
        let first = script.flag() ? max(1, script.number() >> 2) : 1
        let arrival = ServerSession.Arrival(
            schema: FuzzWorld.served, session: script.flag() ? 0 : 9, avatar: FuzzWorld.entity(1), incarnation: 1, tick: 7, tickMicroseconds: 50_000,
            firstSequence: first, idBase: idBase(ofWorld: 2))
        judge.first = first
        perform(.joined(session: arrival.session)) { session, _ in session.joined(arrival) }
    }

    private mutating func notify() {
        let notice: ServerFrame.Notice = [.hostAway, .hostBack(incarnation: 1, tick: 2), .dilated(permille: 5), .viewed(ticksDue: 1)][script.below(4)]
        perform(.owner) { session, _ in session.notify(notice) }
    }

    private mutating func lose() {
        let before = session.phase
        let disconnectEffect = session.connectionLost()
        judge.lost(disconnectEffect, from: before)
        told.append(.disconnected(disconnectEffect))
    }
}
