import NIOCore
import OrgeSchema
import OrgeSession
import OrgeWire

/// Turns a connection's reactions into answers for the callers that wait. Confined to its event loop.
final class ClientDriver: ClientOwner {
    /// A call that the server has not granted credit for yet.
    struct Waiting {
        var kind: UInt16
        var key: IdempotencyKey?
        var payload: [UInt8]
        var promise: EventLoopPromise<ClientOutcome>
    }

    /// Calls that wait for credit: four windows, so that a burst passes and a flood is told.
    static let waitingLimit = 1_024

    private let name: String
    let loop: any EventLoop
    let sink: AsyncStream<ClientHappening>.Continuation
    var connection: ClientConnection?
    var login: EventLoopPromise<Void>?
    var join: EventLoopPromise<Entity>?
    var avatar = Entity.none
    var hasJoined = false
    /// Commands sent again, as far as they were told.
    var resentCount = 0
    var world = ""
    /// After a change of the world's timeline, until the list of worlds has come.
    var worldToRejoin: String?
    /// In the order of the commands' sequences, as outcomes come.
    var calls: [(sequence: UInt64, promise: EventLoopPromise<ClientOutcome>)] = []
    /// After those, oldest first.
    var waiting: [Waiting] = []
    var auditing: EventLoopPromise<(rows: Int, mismatches: Int)>?
    var leaving: EventLoopPromise<Void>?
    var end: ClientError?

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
    var schema: WorldSchema? { connection?.session.known?.schema }

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
    func sendWaiting() {
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
    static func fields(_ layout: RowLayout, _ row: some Collection<UInt8>) -> [ClientField] {
        var reader = ByteReader(Array(row))
        guard let values = try? layout.decode(&reader) else { return [] }
        return zip(layout.fields, values).map { ClientField(name: $0.name, value: $1) }
    }
}
