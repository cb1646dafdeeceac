import OrgeSchema
import OrgeSession
import OrgeWire

/// Holds a client session against what `docs/protocol.md` asks of clients, with accounts of its own.
struct ClientSessionJudge {
    /// As the user asked for.
    var role = JoinRole.player
    /// The last outcome's or event's.
    private var tick: UInt64 = 0
    /// The highest tick that the server has named, on this timeline.
    private(set) var seen: UInt64 = 0
    private var isClosed = false
    private var credit = Credit.none
    private var next: UInt64 = 1
    private var bytesSent: UInt64 = 0
    /// Sequences that were sent and not answered.
    private var unanswered: [UInt64] = []
    private var completeTick: UInt64 = 0
    private var isAuditing = false
    /// A session of an earlier connection is held, and commands that were not sent on this one.
    private var isHolding = false
    private var unsent: [UInt64] = []
    private var receipted: UInt64 = 0
    /// What the last frame says of the session that was asked for.
    private var resumption: Resumption?

    mutating func lost() { isClosed = true }

    /// A new connection.
    mutating func reconnected(isHolding: Bool) {
        precondition(isHolding || unanswered.isEmpty || !self.isHolding, "commands are forgotten with a session that can be resumed")
        (isClosed, self.isHolding, role, isAuditing, credit, bytesSent) = (false, isHolding, .player, false, .none, 0)
        if isHolding { unsent = unanswered } else { (unanswered, unsent, next, completeTick) = ([], [], 1, 0) }
        tick = 0
    }

    /// Before the session gets it.
    mutating func answer(_ frame: ServerFrame) {
        switch frame {
        case .joined(let joined): resumption = (try? Resumption(in: joined.extensions)) ?? nil
        case .joinRefused(let refusal): resumption = (try? Resumption(in: refusal.extensions)) ?? nil
        default: resumption = nil
        }
    }

    /// Commands that get no outcome: each once, with the fate that the answer gives it.
    mutating func settled(_ commands: [ClientSession.Settled]) {
        for settled in commands {
            let sequence = settled.command.sequence
            precondition(unanswered.contains(sequence), "command \(sequence) is settled and was not waited for")
            unanswered.removeAll { $0 == sequence }
            unsent.removeAll { $0 == sequence }
            switch resumption {
            case nil, .unknown?: precondition(settled.fate == .unknown, "\(settled) of a session that is not known")
            case .ended(_, let through)?: precondition(settled.fate == (sequence > through ? .expired : .tooOld), "\(settled) through \(through)")
            case .resumed(let resumed)?:
                precondition(settled.fate == (sequence < resumed.oldest ? .tooOld : .notRun), "\(settled) of a session that goes on")
                precondition(settled.fate == .tooOld || resumed.fork != nil, "\(settled), and nothing was lost")
            }
        }
    }

    /// A command goes out again, in order and within credit.
    mutating func resent(_ frame: ClientFrame) {
        guard case .command(let command) = frame else { preconditionFailure("\(frame) is no command") }
        precondition(!isClosed && command.sequence == unsent.first, "command \(command.sequence) is sent again, and \(unsent.first ?? 0) is due")
        unsent.removeFirst()
        bytesSent += UInt64(command.frameBytes)
        precondition(command.sequence <= credit.throughSequence && bytesSent <= credit.throughByte, "a command beyond the credit")
    }

    mutating func note(_ reaction: ClientReaction, _ session: borrowing ClientSession) {
        if isClosed { return precondition(reaction == .nothing, "\(reaction) after the end") }
        switch reaction {
        case .nothing, .choose, .joinRefused, .pong, .notice: break
        case .settled, .disconnected: preconditionFailure("\(reaction) is for owners to say")
        case .resumed(let joined, let resumed): self.resumed(joined, resumed, session)
        case .timelineChanged(let change, let notRun):
            precondition(notRun.map(\.sequence) == unanswered, "commands that the session did not tell of")
            precondition(session.phase == .choosing && session.view == nil && session.unanswered.isEmpty, "something is left of the old timeline")
            (unanswered, unsent, completeTick, tick, seen, credit, bytesSent, isAuditing) = ([], [], 0, 0, 0, .none, 0, false)
            (isHolding, next) = (session.isHolding, change.nextSequence ?? next)
        case .send(let frame): precondition(frame.type == .ping, "\(frame) is sent unasked")
        case .described(let hash): precondition(session.known?.hash == hash, "another schema than was told")
        case .joined(let joined):
            precondition(joined.role == role && session.phase == .joined && session.view?.rowCount == 0, "joined otherwise than asked")
            (credit, next, completeTick, tick, receipted) = (joined.credit, joined.firstSequence, 0, 0, joined.firstSequence - 1)
            (isHolding, seen) = (session.isHolding, joined.tick)
        case .viewComplete(let tick):
            precondition(tick >= completeTick && session.view?.openTick == nil, "the view goes back from \(completeTick) to \(tick)")
            completeTick = tick
            seen = max(seen, tick)
        case .outcome(let command, _, _) where session.phase == .joining:
            // From a memory of outcomes: of any command, and told of no tick of the view's.
            precondition(isHolding && unanswered.contains(command.sequence), "an outcome is recalled for \(command.sequence)")
            unanswered.removeAll { $0 == command.sequence }
            unsent.removeAll { $0 == command.sequence }
        case .outcome(let command, let tick, _):
            precondition(unsent.first != command.sequence, "an outcome for \(command.sequence), which was not sent on this connection")
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

    /// The session of an earlier connection goes on.
    private mutating func resumed(_ joined: ServerFrame.Joined, _ resumed: Resumption.Resumed, _ session: borrowing ClientSession) {
        precondition(isHolding && role == .player && session.phase == .joined, "a session goes on that there was not")
        precondition(resumed.isContinued || session.view?.rowCount == 0, "rows of a view that was not continued")
        // What is settled by it is told afterwards.
        unsent = unanswered.filter { $0 >= joined.firstSequence }
        if resumed.fork != nil { unsent = [] }
        (credit, bytesSent, isAuditing, tick, receipted) = (joined.credit, 0, false, 0, max(resumed.oldest, 1) - 1)
        next = resumed.fork == nil ? max(next, joined.firstSequence) : joined.firstSequence
        if !resumed.isContinued { completeTick = 0 }
        if case .after(let tick)? = resumed.fork { seen = tick } else if resumed.fork != nil { seen = 0 }
    }

    private mutating func release(_ tick: UInt64, _ session: borrowing ClientSession) {
        precondition(tick >= self.tick, "ticks go back from \(self.tick) to \(tick)")
        precondition(session.view?.openTick == nil, "told in the middle of an update")
        self.tick = tick
        seen = max(seen, tick)
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
        case .received(let through):
            precondition(before == .joined && through > receipted && through < unanswered.first ?? next, "outcomes through \(through) are not there")
            receipted = through
        case .hello, .login, .ping, .skipped: preconditionFailure("\(frame) is no request of the owner")
        }
    }

    private mutating func sent(_ command: ClientFrame.Command, _ before: ClientSession.Phase) {
        precondition(unsent.isEmpty, "command \(command.sequence) is sent before \(unsent.first ?? 0), which was to be sent again")
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
