import NIOCore
import OrgeSchema
import OrgeSession
import OrgeWire

/// What a connection says, and what the callers that wait are told of it.
extension ClientDriver {
    func react(_ reaction: ClientReaction, _ connection: ClientConnection) {
        switch reaction {
        case .choose: loggedIn(connection)
        case .joined(let joined): entered(joined.avatar)
        case .resumed(_, let resumed): goOn(resumed, connection)
        case .settled(let settled): for command in settled { settle(command) }
        case .disconnected: disconnected()
        case .timelineChanged(let change, _): leaveTimeline(change)
        case .joinRefused(let refusal): refused(refusal, connection)
        case .viewComplete(let tick): viewComplete(tick)
        case .outcome(let command, let tick, let outcome): call(command.sequence)?.succeed(clientOutcome(command, tick, outcome))
        case .event(let tick, let kind, let payload):
            if let event = schema?.event(kind) { sink.yield(.event(tick: tick, name: event.name, fields: Self.fields(event.row, payload))) }
        case .audited(let report): endAudit(.success((report.rowCount, report.mismatchCount)))
        case .auditBusy: endAudit(.failure(ClientError(code: .busy, message: "the world has no time for an audit now; ask again in a second")))
        case .creditRaised: sendWaiting()
        case .notice(.hostAway): sink.yield(.worldAway)
        case .notice(.hostBack(_, let tick)): sink.yield(.worldBack(tick: tick))
        case .closed(let close): closed(close)
        case .fault(let fault): end = ClientError(code: .serverFault, message: "the server broke the protocol: \(fault)")
        case .nothing, .send, .described, .pong, .notice: break
        }
    }

    private func loggedIn(_ connection: ClientConnection) {
        login?.succeed()
        login = nil
        if let worldToRejoin, connection.join(worldToRejoin, as: .player) { self.worldToRejoin = nil }
    }

    private func entered(_ avatar: Entity) {
        // Not the first one: the session that the client had has ended meanwhile.
        if join == nil, hasJoined { sink.yield(.rejoined(avatar: avatar)) }
        (self.avatar, hasJoined) = (avatar, true)
    }

    private func goOn(_ resumed: Resumption.Resumed, _ connection: ClientConnection) {
        if let fork = resumed.fork { sink.yield(.timelineChanged(fork: Self.tick(of: fork))) }
        sink.yield(.resumed(resent: connection.resentCount - resentCount, lostEvents: Self.count(resumed.lostEvents)))
        resentCount = connection.resentCount
        sendWaiting()
    }

    private func disconnected() {
        endAudit(.failure(ClientError(code: .disconnected, message: "the connection was lost; ask again")))
        sink.yield(.disconnected)
    }

    private func leaveTimeline(_ change: ServerFrame.TimelineChange) {
        for call in calls { call.promise.fail(ClientError(code: .notRun, message: "the command did not run: the world lost the end of its history")) }
        calls = []
        endAudit(.failure(ClientError(code: .notRun, message: "the world lost the end of its history")))
        worldToRejoin = world
        sink.yield(.timelineChanged(fork: change.forkTick))
    }

    private func refused(_ refusal: ServerFrame.JoinRefusal, _ connection: ClientConnection) {
        guard let join else {
            if refusal.code == .notRunning { worldToRejoin = world } else { connection.leave() }
            return
        }
        join.fail(ClientError(code: .joinRefused(refusal.code.rawValue), message: refusal.text))
        self.join = nil
    }

    private func viewComplete(_ tick: UInt64) {
        join?.succeed(avatar)
        join = nil
        sink.yield(.view(tick: tick))
    }

    private func endAudit(_ result: Result<(rows: Int, mismatches: Int), any Error>) {
        auditing?.completeWith(result)
        auditing = nil
    }

    private func closed(_ close: Close) {
        let reason = close.reason.map { "\($0)" } ?? "\(close.code)"
        end = ClientError(code: .closed(close.code), message: "the server closed: \(reason)\(close.text.isEmpty ? "" : ", \(close.text)")")
    }

    /// Takes a call out of those that wait for their outcomes.
    private func call(_ sequence: UInt64) -> EventLoopPromise<ClientOutcome>? {
        calls.firstIndex { $0.sequence == sequence }.map { calls.remove(at: $0).promise }
    }

    private func settle(_ command: ClientSession.Settled) {
        let error =
            switch command.fate {
            case .tooOld: ClientError(code: .tooOld, message: "the command had its outcome, which the server has no more")
            case .expired: ClientError(code: .expired, message: "the command did not run: the session had ended")
            case .notRun: ClientError(code: .notRun, message: "the command did not run: the world lost the end of its history")
            case .unknown: ClientError(code: .unknown, message: "the server does not know the session any more: the command may have run or not")
            }
        call(command.command.sequence)?.fail(error)
    }

    private static func tick(of fork: Resumption.Resumed.Fork) -> UInt64? { if case .after(let tick) = fork { tick } else { nil } }
    private static func count(_ lost: UInt32) -> Int? { lost == Resumption.Resumed.eventsUnknown ? nil : Int(lost) }

    private func clientOutcome(_ command: ClientSession.Unanswered, _ tick: UInt64, _ outcome: CommandOutcome) -> ClientOutcome {
        func fields(_ row: [UInt8]) -> [ClientField] { schema?.command(command.kind).map { Self.fields($0.result, row) } ?? [] }
        return switch outcome {
        case .applied(let row): .applied(tick: tick, result: fields(row))
        case .repeated(let firstTick, let row): .repeated(tick: tick, firstTick: firstTick, result: fields(row))
        case .refused(let code, let field, let reason): .refused(tick: tick, code: code, field: field, reason: reason)
        }
    }

    func ended(_ connection: ClientConnection) { finish(end ?? ClientError(code: .disconnected, message: "the connection is gone")) }

    func finish(_ error: ClientError) {
        end = error
        connection = nil
        login?.fail(error)
        join?.fail(error)
        auditing?.fail(error)
        for call in calls.map(\.promise) + waiting.map(\.promise) { call.fail(error) }
        leaving?.succeed()
        (login, join, auditing, leaving) = (nil, nil, nil, nil)
        (calls, waiting) = ([], [])
        sink.finish()
    }
}
