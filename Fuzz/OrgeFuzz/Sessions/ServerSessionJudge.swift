import OrgeSchema
import OrgeSession
import OrgeWire

/// Holds a server session against what `docs/protocol.md` promises, from its reactions alone and with accounts of its own.
struct ServerSessionJudge {
    /// What a reaction is an answer to.
    enum Cause: Equatable {
        case frame(ClientFrameType)
        case bytes
        case verdict
        case joined(session: UInt64)
        case owner
        case time(isDue: Bool)

        init(_ frame: ClientFrame) {
            if case .skipped = frame { self = .bytes } else { self = .frame(frame.type) }
        }
    }

    typealias Phase = ServerSession.Phase

    /// The sequence that a join is answered with.
    var first: UInt64 = 1
    private(set) var next: UInt64 = 1
    private(set) var answered: UInt64 = 0
    private let startedAt: UInt64
    private var role = JoinRole.player
    /// The last join asked for a session.
    private var isResuming = false
    private var received: UInt64 = 0
    private var isClosed = false
    private var granted = Credit.none
    private var bytesTaken: UInt64 = 0
    private var bytesAnswered: UInt64 = 0
    /// Frame bytes of commands without an outcome.
    private var sizes: [Int] = []
    private var unansweredAudits = 0
    private var lastIntent: UInt32 = 0
    private var malformedInARow = 0
    private var passed = Passed()

    /// How often each limited frame was let through.
    private struct Passed {
        var pings: UInt64 = 0
        var intents: UInt64 = 0
        var audits: UInt64 = 0
        var choices: UInt64 = 0
    }

    init(now: UInt64) { startedAt = now }

    // MARK: Phases

    private static func mayFollow(_ before: Phase, _ after: Phase) -> Bool {
        switch (before, after) {
        case (.awaitingHello, .awaitingLogin), (.awaitingLogin, .admitting), (.admitting, .choosing), (.choosing, .joining), (.joining, .choosing): true
        case (.joining, .joined), (.joined, .leaving): true
        case (_, .closed): true
        default: before == after
        }
    }

    /// What the end of a connection in this phase means to the world.
    private func effect(_ phase: Phase) -> DisconnectEffect {
        switch phase {
        case .awaitingHello, .awaitingLogin, .admitting, .choosing, .closed: .nothing
        case .joining: role == .monitor ? .nothing : isResuming ? .detach : .abandonJoin
        case .joined: role == .player ? .detach : .nothing
        case .leaving: .depart
        }
    }

    private mutating func end(_ close: Close, _ given: DisconnectEffect, _ cause: Cause?, _ before: Phase) {
        precondition(!isClosed, "closed twice")
        isClosed = true
        let isLeave = cause == .frame(.leave) && before == .joined && role == .player
        // A session that the world opened without a join must not stay there.
        if case .joined? = cause { return precondition(given == .depart, "\(given) to an arrival without a join") }
        if cause == .frame(.leave), before == .joining { return precondition(given == .abandonJoin, "\(given) at a leave") }
        precondition(given == (isLeave ? .depart : effect(before)), "\(given) as the end of \(before)")
    }

    mutating func lost(_ given: DisconnectEffect, from before: Phase) {
        precondition(given == effect(before), "\(given) as the end of \(before)")
        isClosed = true
    }

    // MARK: Reactions

    mutating func note(_ reaction: ServerReaction, _ cause: Cause, from before: Phase, to after: Phase, _ now: UInt64) {
        precondition(Self.mayFollow(before, after), "\(after) after \(before)")
        if case .time(let isDue) = cause { precondition(isDue == (reaction != .nothing), "a deadline that is none, or that is passed over") }
        guard before != .closed else {
            // A join that arrives too late is undone; nothing else is said any more.
            guard case .joined(let session) = cause, session != 0 else { return precondition(reaction == .nothing, "\(reaction) after the end") }
            return precondition(reaction == .depart, "an arrival after the end stays in the world")
        }
        switch reaction {
        case .nothing: break
        case .send(let frame): sent(frame)
        case .sendBoth(let schema, let joined):
            sent(schema)
            sent(joined)
        case .pong: passed.pings += 1
        case .received(let sequence):
            precondition(sequence <= answered && sequence > received && role == .player, "outcomes received that were not sent")
            received = sequence
        case .admit(let login):
            precondition(after == .admitting && isValidName(login.name) && login.method == "guest" && login.credential.isEmpty, "\(login) is admitted")
        case .describe: passed.choices += 1
        case .join(_, let join):
            passed.choices += 1
            role = join.role
            isResuming = join.resume != nil
        case .submit(let command):
            malformedInARow = 0
            submitted(command, after)
        case .submitMalformed(let command):
            malformedInARow += 1
            precondition(malformedInARow < 3 && !isRow(command), "a command that is one, or one malformed too many, is forwarded")
            submitted(command, after)
        case .intent(let intent):
            passed.intents += 1
            precondition(intent.number > lastIntent, "intent \(intent.number) after \(lastIntent)")
            lastIntent = intent.number
            precondition(role == .player && FuzzWorld.isRow(intent.payload, FuzzWorld.schema.component(1)?.row) && intent.kind == 0, "an intent that is none")
        case .audit:
            passed.audits += 1
            unansweredAudits += 1
            precondition(unansweredAudits == 1, "two audits at a time")
        case .kill: precondition(after == .joined, "a kill outside of a world")
        case .depart: preconditionFailure("a departure where nothing ended")
        case .close(let close, let given):
            precondition(after == .closed, "open after a close")
            end(close, given, cause, before)
            sent(.close(close))
        }
        precondition(reaction.isClose == (after == .closed), "\(reaction) leads to \(after)")
        limit(now)
    }

    /// What is sent can be read.
    private mutating func sent(_ frame: ServerFrame) {
        let bytes = frame.encoded
        precondition(bytes.count <= 4 + WireLimits.serverFrameBytes, "a frame of \(bytes.count) bytes")
        var reader = ByteReader(bytes, from: 4, to: bytes.count)
        let read = FuzzTarget.accepted(bytes) { _ throws(DecodeError) in try ServerFrame(decoding: &reader) }
        precondition(read?.type == frame.type, "\(frame.type) cannot be read")
        guard case .joined(let joined) = frame else { return }
        precondition(joined.role == role && joined.firstSequence == first, "joined otherwise than asked")
        (next, answered, granted, received) = (first, first - 1, joined.credit, first - 1)
        let full = Credit(throughSequence: answered + SessionLimits.commandWindow, throughByte: SessionLimits.byteWindow)
        precondition(granted == (role == .player ? full : .none), "the first credit is \(granted)")
    }

    private func limit(_ now: UInt64) {
        let seconds = (now - startedAt) / SessionLimits.second + 1
        precondition(passed.pings <= 20 + 10 * seconds && passed.intents <= 480 + 240 * seconds, "too many pings or intents")
        precondition(passed.audits <= 4 + seconds && passed.choices <= 8 + seconds, "too many audits or choices")
    }

    mutating func auditAnswered() { unansweredAudits = 0 }
}

/// Commands and outcomes.
extension ServerSessionJudge {
    /// How a command must end the session; nil where it must be submitted. Nothing is said outside of `joined`.
    func verdict(on command: ClientFrame.Command, in phase: Phase) -> CloseReason?? {
        guard phase == .joined else { return nil }
        guard role == .player else { return .some(.unexpectedFrame) }
        guard command.sequence == next else { return .some(.badSequence) }
        let isCovered = next <= granted.throughSequence && bytesTaken + UInt64(command.frameBytes) <= granted.throughByte
        guard isCovered else { return .some(.overCredit) }
        return .some(isRow(command) || malformedInARow < 2 ? nil : .malformed)
    }

    private func isRow(_ command: ClientFrame.Command) -> Bool { FuzzWorld.isRow(command.payload, FuzzWorld.schema.command(command.kind)?.row) }

    private mutating func submitted(_ command: ClientFrame.Command, _ after: Phase) {
        precondition(after == .joined && role == .player && command.sequence == next, "command \(command.sequence) where \(next) is next")
        next += 1
        bytesTaken += UInt64(command.frameBytes)
        sizes.append(command.frameBytes)
        precondition(
            sizes.count <= SessionLimits.commandWindow && bytesTaken - bytesAnswered <= SessionLimits.byteWindow, "more than a window is kept")
    }

    mutating func note(_ reaction: OutcomeReaction, _ sequence: UInt64, from before: Phase, to after: Phase) {
        let isNext = sequence == answered &+ 1 && !sizes.isEmpty
        switch reaction {
        case .ignore:
            precondition(before == after && !(isNext && (before == .joined || before == .leaving)), "outcome \(sequence) is swallowed")
        case .send(let credit):
            answer(isNext, before)
            precondition(after == before, "an outcome leads from \(before) to \(after)")
            if before == .joined { check(credit) } else { precondition(credit == nil, "credit while leaving") }
        case .sendAndClose(let close, let given):
            answer(isNext, before)
            precondition(before == .leaving && after == .closed && sizes.isEmpty, "closed with outcomes due")
            end(close, given, nil, before)
        case .close(let close, let given):
            precondition(before == .joined && after == .closed && !isNext && sequence > answered, "closed for outcome \(sequence) after \(answered)")
            end(close, given, nil, before)
        }
    }

    private mutating func answer(_ isNext: Bool, _ before: Phase) {
        precondition(isNext && (before == .joined || before == .leaving), "an outcome that is not due is sent")
        answered += 1
        bytesAnswered += UInt64(sizes.removeFirst())
    }

    /// Raised in time, by as much as the page says, and never lowered.
    private mutating func check(_ credit: Credit?) {
        guard let credit else {
            let left = (granted.throughSequence - (next - 1), granted.throughByte - bytesTaken)
            return precondition(left.0 > SessionLimits.commandWindow / 2 && left.1 > SessionLimits.byteWindow / 2, "less than half a window is left")
        }
        let due = Credit(throughSequence: answered + SessionLimits.commandWindow, throughByte: bytesAnswered + SessionLimits.byteWindow)
        precondition(credit == due && credit.throughSequence >= granted.throughSequence && credit.throughByte >= granted.throughByte, "\(credit)")
        granted = credit
    }

    /// What the session says of itself.
    func check(_ session: borrowing ServerSession, _ now: UInt64) {
        precondition((session.phase == .closed) == isClosed, "closed without a word")
        precondition((session.deadline == nil) == isClosed, "a life without a limit")
        if let deadline = session.deadline { precondition(deadline <= now + SessionLimits.idle, "a deadline far away") }
        guard session.isInWorld else { return precondition(session.unansweredCount == 0, "commands outside of a world") }
        precondition(session.unansweredCount == UInt64(sizes.count), "\(session.unansweredCount) unanswered, not \(sizes.count)")
    }
}

extension ServerReaction {
    fileprivate var isClose: Bool {
        switch self {
        case .close: true
        case .nothing, .send, .sendBoth, .pong, .admit, .describe, .join, .submit, .submitMalformed, .received, .intent, .audit, .kill, .depart: false
        }
    }
}
