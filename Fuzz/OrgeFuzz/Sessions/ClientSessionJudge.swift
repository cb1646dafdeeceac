import OrgeSchema
import OrgeSession
import OrgeWire

/// Holds a client session against what `docs/protocol.md` asks of clients, with accounts of its own.
struct ClientSessionJudge {
    /// As the user asked for.
    var role = JoinRole.player
    /// The last outcome's or event's.
    private(set) var tick: UInt64 = 0
    private var isClosed = false
    private var credit = Credit.none
    private var next: UInt64 = 1
    private var bytesSent: UInt64 = 0
    /// Sequences that were sent and not answered.
    private var unanswered: [UInt64] = []
    private var completeTick: UInt64 = 0
    private var isAuditing = false

    mutating func lost() { isClosed = true }

    mutating func note(_ reaction: ClientReaction, _ session: borrowing ClientSession) {
        if isClosed { return precondition(reaction == .nothing, "\(reaction) after the end") }
        switch reaction {
        case .nothing, .choose, .joinRefused, .pong, .notice: break
        case .settled, .disconnected: preconditionFailure("\(reaction) is for owners to say")
        case .resumed: preconditionFailure("a session goes on that there was not")
        case .timelineChanged(_, let notRun):
            precondition(notRun.map(\.sequence) == unanswered, "commands that the session did not tell of")
            precondition(session.phase == .choosing && session.view == nil && session.unanswered.isEmpty, "something is left of the old timeline")
            (unanswered, completeTick, tick, credit, isAuditing) = ([], 0, 0, .none, false)
        case .send(let frame): precondition(frame.type == .ping, "\(frame) is sent unasked")
        case .described(let hash): precondition(session.known?.hash == hash, "another schema than was told")
        case .joined(let joined):
            precondition(joined.role == role && session.phase == .joined && session.view?.rowCount == 0, "joined otherwise than asked")
            (credit, next) = (joined.credit, joined.firstSequence)
        case .viewComplete(let tick):
            precondition(tick >= completeTick && session.view?.openTick == nil, "the view goes back from \(completeTick) to \(tick)")
            completeTick = tick
        case .outcome(let command, let tick, _):
            precondition(command.sequence == unanswered.first, "an outcome for \(command.sequence), but \(unanswered.first ?? 0) is the oldest")
            unanswered.removeFirst()
            release(tick, session)
        case .event(let tick, let kind, let payload):
            precondition(FuzzWorld.isRow(payload, FuzzWorld.schema.event(kind)?.row), "an event that is none")
            release(tick, session)
        case .creditRaised:
            let raised = session.credit
            precondition(raised.throughSequence >= credit.throughSequence && raised.throughByte >= credit.throughByte, "credit fell to \(raised)")
            credit = raised
        case .audited(let report):
            precondition(isAuditing && report.rowCount == session.view?.rowCount, "an audit without a request")
            precondition(report.examples.count <= report.mismatchCount, "more examples than mismatches")
            isAuditing = false
        case .auditBusy:
            precondition(isAuditing, "busy without a request")
            isAuditing = false
        case .closed, .fault: isClosed = true
        }
    }

    private mutating func release(_ tick: UInt64, _ session: borrowing ClientSession) {
        precondition(tick >= self.tick, "ticks go back from \(self.tick) to \(tick)")
        precondition(session.view?.openTick == nil, "told in the middle of an update")
        self.tick = tick
    }

    /// A wish of the user's, and the frame that it led to.
    mutating func note(_ frame: ClientFrame?, from before: ClientSession.Phase) {
        guard let frame else { return }
        precondition(!isClosed, "\(frame.type) is sent after the end")
        let bytes = frame.encoded
        var reader = ByteReader(bytes, from: 4, to: bytes.count)
        let read = FuzzTarget.accepted(bytes) { _ throws(DecodeError) in try ClientFrame(decoding: &reader) }
        precondition(read == frame && bytes.count <= 4 + WireLimits.clientFrameBytes, "\(frame.type) cannot be read")
        switch frame {
        case .describe, .join: precondition(before == .choosing, "\(frame.type) while \(before)")
        case .command(let command): sent(command, before)
        case .intent: precondition(before == .joined && role == .player, "an intent while \(before)")
        case .audit:
            precondition(before == .joined && !isAuditing, "an audit while \(before)")
            isAuditing = true
        case .kill: precondition(before == .joined, "a kill while \(before)")
        case .leave: precondition(before != .leaving && before != .idle && before != .awaitingWelcome, "a leave while \(before)")
        case .hello, .login, .ping, .received, .skipped: preconditionFailure("\(frame) is no request of the owner")
        }
    }

    private mutating func sent(_ command: ClientFrame.Command, _ before: ClientSession.Phase) {
        precondition(before == .joined && role == .player && command.sequence == next, "command \(command.sequence) where \(next) is next")
        bytesSent += UInt64(command.frameBytes)
        precondition(next <= credit.throughSequence && bytesSent <= credit.throughByte, "a command beyond the credit")
        next += 1
        unanswered.append(command.sequence)
        precondition(unanswered.count <= Int(SessionLimits.commandWindow), "more than a window of commands is kept")
    }

    /// What the session says of itself.
    func check(_ session: borrowing ClientSession) {
        precondition((session.phase == .closed) == isClosed, "closed without a word")
        precondition(session.unanswered.map(\.sequence) == unanswered, "unanswered are \(session.unanswered), not \(unanswered)")
        session.view?.checkInvariants()
        precondition(session.view?.entityCount ?? 0 <= SessionLimits.viewEntities, "a view without a bound")
    }
}
