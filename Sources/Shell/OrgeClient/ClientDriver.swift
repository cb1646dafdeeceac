import NIOCore
import OrgeSchema
import OrgeSession
import OrgeWire

/// Turns a connection's reactions into answers for the callers that wait. Confined to its event loop.
final class ClientDriver: ClientOwner {
    /// A call that the server has not granted credit for yet.
    private struct Waiting {
        var kind: UInt16
        var key: IdempotencyKey?
        var payload: [UInt8]
        var promise: EventLoopPromise<ClientOutcome>
    }

    /// Calls that wait for credit: four windows, so that a burst passes and a flood is told.
    static let waitingLimit = 1_024

    private let name: String
    private let loop: any EventLoop
    private let sink: AsyncStream<ClientHappening>.Continuation
    private var connection: ClientConnection?
    private var login: EventLoopPromise<Void>?
    private var join: EventLoopPromise<Entity>?
    private var avatar = Entity.none
    private var hasJoined = false
    /// Commands sent again, as far as they were told.
    private var resentCount = 0
    private var world = ""
    /// After a change of the world's timeline, until the list of worlds has come.
    private var worldToRejoin: String?
    /// In the order of the commands' sequences, as outcomes come.
    private var calls: [(sequence: UInt64, promise: EventLoopPromise<ClientOutcome>)] = []
    /// After those, oldest first.
    private var waiting: [Waiting] = []
    private var auditing: EventLoopPromise<(rows: Int, mismatches: Int)>?
    private var leaving: EventLoopPromise<Void>?
    private var end: ClientError?

    private let policy: ReturnPolicy?

    init(name: String, returns policy: ReturnPolicy?, on loop: any EventLoop, _ sink: AsyncStream<ClientHappening>.Continuation) {
        self.name = name
        self.policy = policy
        self.loop = loop
        self.sink = sink
    }

    func succeeded<Answer: Sendable>(_ answer: Answer) -> EventLoopFuture<Answer> { loop.makeSucceededFuture(answer) }

    private func failed<Answer>(_ message: String) -> EventLoopFuture<Answer> {
        loop.makeFailedFuture(end ?? ClientError(code: .invalid, message: message))
    }

    func open(host: String, port: Int) -> EventLoopFuture<Void> {
        let connection = ClientConnection(.init(kind: .player, software: "OrgeClient", name: name), returns: policy, on: loop, owner: self)
        self.connection = connection
        let login = loop.makePromise(of: Void.self)
        self.login = login
        let me = NIOLoopBound(self, eventLoop: loop)
        connection.open(host: host, port: port).whenFailure { error in
            me.value.finish(ClientError(code: .disconnected, message: "no server answers at \(host):\(port): \(ClientConnection.reason(of: error))"))
        }
        return login.futureResult
    }

    var worldNames: [String] { connection?.session.worlds.map(\.name) ?? [] }
    private var schema: WorldSchema? { connection?.session.known?.schema }

    func join(_ world: String) -> EventLoopFuture<Entity> {
        guard join == nil, let connection, connection.join(world, as: .player) else { return failed("a world is joined once, after login") }
        let promise = loop.makePromise(of: Entity.self)
        join = promise
        self.world = world
        return promise.futureResult
    }

    func call(_ name: String, _ fields: [String: String], _ key: IdempotencyKey?) -> EventLoopFuture<ClientOutcome> {
        guard leaving == nil, let connection, connection.session.phase == .joined || connection.isReturning, let schema else {
            return failed("no world is joined")
        }
        guard let command = schema.command(named: name) else { return failed("\(schema.name) has no command \(name)") }
        guard waiting.count < Self.waitingLimit else { return failed("\(waiting.count) calls wait for the server's credit already") }
        let promise = loop.makePromise(of: ClientOutcome.self)
        do {
            waiting.append(Waiting(kind: command.id, key: key, payload: try Self.row(command.row, fields, of: name), promise: promise))
        } catch {
            promise.fail(error)
        }
        sendWaiting()
        return promise.futureResult
    }

    /// As many as credit reaches, in the order in which they were made.
    private func sendWaiting() {
        guard let connection else { return }
        var sent = 0
        while sent < waiting.count, let sequence = connection.command(waiting[sent].kind, waiting[sent].payload, key: waiting[sent].key) {
            calls.append((sequence, waiting[sent].promise))
            sent += 1
        }
        waiting.removeFirst(sent)
    }

    func steer(_ name: String, _ fields: [String: String]) -> EventLoopFuture<Void> {
        guard let connection, let schema else { return failed("no world is joined") }
        guard let intent = schema.intents.first(where: { schema.component($0.component)?.name == name }), let row = schema.component(intent.component)?.row
        else { return failed("\(schema.name) has no intent \(name)") }
        do {
            guard connection.intent(intent.id, try Self.row(row, fields, of: name)) else { return failed("no world is joined") }
            return succeeded(())
        } catch {
            return loop.makeFailedFuture(error)
        }
    }

    func audit() -> EventLoopFuture<(rows: Int, mismatches: Int)> {
        guard auditing == nil, let connection, connection.audit(1) else { return failed("one audit at a time, in a joined world") }
        let promise = loop.makePromise(of: (rows: Int, mismatches: Int).self)
        auditing = promise
        return promise.futureResult
    }

    func leave() -> EventLoopFuture<Void> {
        guard end == nil, let connection else { return succeeded(()) }
        if let leaving { return leaving.futureResult }
        let promise = loop.makePromise(of: Void.self)
        leaving = promise
        for call in waiting { call.promise.fail(ClientError(code: .invalid, message: "not sent: the client leaves")) }
        waiting = []
        connection.leave()
        return promise.futureResult
    }

    var rows: [ClientRow] {
        var rows: [ClientRow] = []
        guard let view = connection?.session.view, let schema else { return [] }
        view.forEachRow { (entity, component, row) in
            guard let known = schema.component(component) else { return }
            rows.append(ClientRow(entity: entity, component: known.name, fields: Self.fields(known.row, row)))
        }
        return rows
    }

    private static func row(_ layout: RowLayout, _ fields: [String: String], of name: String) throws -> [UInt8] {
        for given in fields.keys.sorted() where layout.index(ofField: given) == nil {
            throw ClientError(code: .invalid, message: "\(name) has no field \(given)")
        }
        var values: [FieldValue] = []
        for field in layout.fields {
            guard let text = fields[field.name] else { throw ClientError(code: .invalid, message: "\(name) needs \(field.name)") }
            do throws(ValueError) { values.append(try field.parse(text)) } catch { throw ClientError(code: .invalid, message: "\(error)") }
        }
        var writer = ByteWriter()
        layout.encode(values, to: &writer)
        return writer.bytes
    }

    /// The server's rows were checked when they came; one that does not read is shown without fields.
    private static func fields(_ layout: RowLayout, _ row: some Collection<UInt8>) -> [ClientField] {
        var reader = ByteReader(Array(row))
        guard let values = try? layout.decode(&reader) else { return [] }
        return zip(layout.fields, values).map { ClientField(name: $0.name, value: $1) }
    }
}

extension ClientDriver {
    func react(_ reaction: ClientReaction, _ connection: ClientConnection) {
        switch reaction {
        case .choose:
            login?.succeed()
            login = nil
            if let worldToRejoin, connection.join(worldToRejoin, as: .player) { self.worldToRejoin = nil }
        case .joined(let joined):
            // Not the first one: the session that the client had has ended meanwhile.
            if join == nil, hasJoined { sink.yield(.rejoined(avatar: joined.avatar)) }
            (avatar, hasJoined) = (joined.avatar, true)
        case .resumed(_, let resumed):
            if let fork = resumed.fork { sink.yield(.timelineChanged(fork: Self.tick(of: fork))) }
            sink.yield(.resumed(resent: connection.resentCount - resentCount, lostEvents: Self.count(resumed.lostEvents)))
            resentCount = connection.resentCount
            sendWaiting()
        case .settled(let settled): for command in settled { settle(command) }
        case .disconnected:
            auditing?.fail(ClientError(code: .disconnected, message: "the connection was lost; ask again"))
            auditing = nil
            sink.yield(.disconnected)
        case .timelineChanged(let change, _):
            for call in calls { call.promise.fail(ClientError(code: .notRun, message: "the command did not run: the world lost the end of its history")) }
            calls = []
            auditing?.fail(ClientError(code: .notRun, message: "the world lost the end of its history"))
            auditing = nil
            worldToRejoin = world
            sink.yield(.timelineChanged(fork: change.forkTick))
        case .joinRefused(let refusal) where join == nil:
            if refusal.code == .notRunning { worldToRejoin = world } else { connection.leave() }
        case .joinRefused(let refusal):
            join?.fail(ClientError(code: .joinRefused(refusal.code.rawValue), message: refusal.text))
            join = nil
        case .viewComplete(let tick):
            join?.succeed(avatar)
            join = nil
            sink.yield(.view(tick: tick))
        case .outcome(let command, let tick, let outcome): call(command.sequence)?.succeed(clientOutcome(command, tick, outcome))
        case .event(let tick, let kind, let payload):
            if let event = schema?.event(kind) { sink.yield(.event(tick: tick, name: event.name, fields: Self.fields(event.row, payload))) }
        case .audited(let report):
            auditing?.succeed((report.rowCount, report.mismatchCount))
            auditing = nil
        case .auditBusy:
            auditing?.fail(ClientError(code: .busy, message: "the world has no time for an audit now; ask again in a second"))
            auditing = nil
        case .creditRaised: sendWaiting()
        case .notice(.hostAway): sink.yield(.worldAway)
        case .notice(.hostBack(_, let tick)): sink.yield(.worldBack(tick: tick))
        case .closed(let close):
            let reason = close.reason.map { "\($0)" } ?? "\(close.code)"
            end = ClientError(code: .closed(close.code), message: "the server closed: \(reason)\(close.text.isEmpty ? "" : ", \(close.text)")")
        case .fault(let fault): end = ClientError(code: .serverFault, message: "the server broke the protocol: \(fault)")
        case .nothing, .send, .described, .pong, .notice: break
        }
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

    private func finish(_ error: ClientError) {
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
