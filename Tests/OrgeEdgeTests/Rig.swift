import OrgeEdge
import OrgeSchema
import OrgeSession
import OrgeWire

/// A client as plain as can be: reads frames, keeps its view, writes down what it was told.
final class RigClient {
    let id: ConnectionID
    let name: String
    var schema: WorldSchema?
    var rows: [Entity: [UInt16: [UInt8]]] = [:]
    var viewTick: UInt64 = 0
    var isOpenUpdate = false
    var joined: ServerFrame.Joined?
    var refusal: ServerFrame.JoinRefusal?
    var sent: UInt64 = 0
    var credit = Credit.none
    var sentBytes: UInt64 = 0
    /// Results by sequence, in the order of coming.
    var outcomes: [(sequence: UInt64, tick: UInt64, counter: UInt64)] = []
    /// As outcomes, of a session that has ended.
    var recalled: [(sequence: UInt64, tick: UInt64, counter: UInt64)] = []
    var rung: [UInt64] = []
    var murmurs = 0
    var updates = 0
    var notices: [ServerFrame.Notice] = []
    var consumedIntent: UInt32 = 0
    /// Of the last intent sent.
    var lastIntent: UInt32 = 0
    var frames: [ServerFrame] = []
    var audits: [AuditAnswer] = []
    var close: Close?
    /// Bytes handed out, and bytes that the client has read.
    var emitted: UInt64 = 0
    var isReading = true
    var pendingRead: [[UInt8]] = []
    var isShellClosed = false
    var faults: [String] = []
    /// Reads instead of this client.
    var tap: (([UInt8]) throws -> Void)?

    init(id: ConnectionID, name: String) {
        self.id = id
        self.name = name
    }

    func read(_ bytes: [UInt8]) throws {
        if let tap { return try tap(bytes) }
        var stream = FrameStream.server
        stream.append(bytes)
        while var body = try stream.nextReader() {
            try handle(try ServerFrame(decoding: &body))
        }
    }

    private func handle(_ frame: ServerFrame) throws {
        if close != nil { faults.append("\(frame.type) after the close") }
        if isOpenUpdate, ![.update, .pong, .credit, .notice, .close].contains(frame.type) { faults.append("\(frame.type) inside an update") }
        frames.append(frame)
        switch frame {
        case .schema(_, let document): schema = try WorldSchema(decoding: document)
        case .joined(let joined):
            self.joined = joined
            credit = joined.credit
            sent = joined.firstSequence - 1
        case .update(let update): try apply(update)
        case .outcome(let sequence, let tick, let outcome):
            if tick > viewTick, viewTick == 0 { faults.append("an outcome before the view") }
            let counter = outcome[1...].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            outcomes.append((sequence, tick, counter))
            let seen = joined.flatMap { rows[$0.avatar]?[0] }.map { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } } ?? 0
            if seen < counter { faults.append("outcome \(sequence) says \(counter), the view shows \(seen)") }
        case .event(_, let kind, let payload):
            if kind == 0 { rung.append(payload.reduce(0) { $0 << 8 | UInt64($1) }) } else { murmurs += 1 }
        case .credit(let credit): self.credit = credit
        case .auditAnswer(let answer):
            if viewTick > answer.tick { faults.append("an audit of \(answer.tick) at \(viewTick)") }
            audits.append(answer)
        case .notice(let notice):
            notices.append(notice)
            if case .timelineChanged(let change) = notice { leaveTimeline(change) }
        case .close(let close): self.close = close
        case .joinRefused(let refusal): self.refusal = refusal
        case .recalled(let sequence, let tick, let outcome):
            recalled.append((sequence, tick, outcome[1...].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }))
        case .welcome, .worlds, .pong, .skipped: break
        }
    }

    /// Outcomes that the world took back.
    var withdrawn = 0

    private func leaveTimeline(_ change: ServerFrame.TimelineChange) {
        let before = outcomes.count
        outcomes.removeAll { $0.tick > change.forkTick ?? 0 }
        withdrawn += before - outcomes.count
        (rows, viewTick, joined, credit, sentBytes) = ([:], 0, nil, .none, 0)
    }

    private func apply(_ frame: UpdateFrame) throws {
        if frame.tick < viewTick { faults.append("the view goes back from \(viewTick) to \(frame.tick)") }
        if frame.isReset { rows = [:] }
        (viewTick, isOpenUpdate) = (frame.tick, frame.hasMore)
        if !frame.hasMore { updates += 1 }
        if let number = frame.consumedIntent {
            if number <= consumedIntent || number > lastIntent { faults.append("intent \(number) after \(consumedIntent), of \(lastIntent)") }
            consumedIntent = number
        }
        var cursor = UpdateCursor(frame, base: joined!.idBase)
        while let entry = try cursor.nextEntry() {
            if entry.section == .left { rows[entry.entity] = nil }
            if entry.section == .entered { rows[entry.entity] = [:] }
            for (bit, component) in updateComponents(schema!).enumerated() where entry.components >> UInt64(bit) & 1 == 1 {
                switch entry.section {
                case .removed: rows[entry.entity]?[component.id] = nil
                case .entered: rows[entry.entity]?[component.id] = Array(frame.entries[try cursor.row(component.row)])
                default:
                    var row = ByteWriter()
                    try cursor.change(RowCodec(component.row), old: rows[entry.entity]?[component.id].map { ($0, 0) }, to: &row)
                    rows[entry.entity]?[component.id] = row.bytes
                }
            }
        }
    }
}

/// An edge, a scripted host and clients, joined in memory; every turn is explicit.
final class Rig {
    var edge: EdgeMachine
    let host: ScriptedHost
    var clients: [RigClient] = []
    var now: UInt64 = 1_000_000_000
    var isLinked = false
    var drops: [String] = []
    var kills: [String] = []
    /// What it said to the supervisor about slots.
    var asked: [Int] = []
    var returned: [Int] = []
    var hasStopped = false
    var timer: UInt64?

    init(
        clientLimit: Int = 100, connectionLimit: Int? = nil, hasPlaces: Bool = false, frameLimit: Int? = nil, token: [UInt8]? = nil,
        asksForSlots: Bool = false, unauthenticatedLimit: Int = EdgeLimits.unauthenticatedConnections
    ) {
        var configuration = EdgeConfiguration(
            edgeID: 99, clientLimit: clientLimit, worlds: ["counter"],
            session: ServerSession.Configuration(software: "test", developmentToken: token), ticketSecret: Array(repeating: 7, count: 16),
            frameLimit: frameLimit)
        configuration.asksForSlots = asksForSlots
        configuration.unauthenticatedLimit = unauthenticatedLimit
        if let connectionLimit { configuration.connectionLimit = connectionLimit }
        edge = EdgeMachine(configuration)
        host = ScriptedHost(edgeID: 99, hasPlaces: hasPlaces)
    }

    /// A rig whose edge has its link.
    static func linked(clientLimit: Int = 100, hasPlaces: Bool = false, frameLimit: Int? = nil, token: [UInt8]? = nil) throws -> Rig {
        let rig = Rig(clientLimit: clientLimit, hasPlaces: hasPlaces, frameLimit: frameLimit, token: token)
        try rig.link()
        return rig
    }

    // MARK: Turns

    /// Obeys the edge until it has nothing more to say.
    func turn() throws {
        while true {
            let directives = edge.drainDirectives(now: now)
            if directives.isEmpty { return }
            for directive in directives { try obey(directive) }
        }
    }

    private func obey(_ directive: EdgeDirective) throws {
        switch directive {
        case .write(let id, let bytes):
            let client = clients.first { $0.id == id }!
            client.emitted += UInt64(bytes.count)
            client.pendingRead.append(bytes)
            if client.isReading { try deliver(client) }
        case .close(let id):
            let client = clients.first { $0.id == id }!
            client.isShellClosed = true
            edge.connectionClosed(id, now: now)
        case .linkSend(_, let bytes): if isLinked { try host.receive(bytes) }
        case .linkDrop(_, let why):
            drops.append(why)
            isLinked = false
        case .armTimer(let at): timer = at
        case .askForSlots(let count): asked.append(count)
        case .returnSlots(let count): returned.append(count)
        case .killWorld(let name): kills.append(name)
        case .stopped: hasStopped = true
        }
    }

    /// The client reads everything, and the shell says so.
    func deliver(_ client: RigClient) throws {
        for bytes in client.pendingRead { try client.read(bytes) }
        client.pendingRead = []
        if !client.isShellClosed { edge.written(client.id, through: client.emitted, now: now) }
    }

    /// Passes the host's bytes to the edge, split into pieces.
    func carry(pieces: Int = .max) throws {
        let output = host.output
        host.output = []
        for frame in output where isLinked {
            for start in stride(from: 0, to: frame.count, by: min(pieces, frame.count)) {
                edge.linkReceived(world: 0, Array(frame[start..<min(frame.count, start + min(pieces, frame.count))]), now: now)
            }
        }
        try turn()
    }

    func link() throws {
        host.connect()
        isLinked = true
        edge.linkUp(world: 0, now: now)
        try turn()
        try carry()
    }

    func unlink() throws {
        isLinked = false
        host.output = []
        edge.linkDown(world: 0, now: now)
        try turn()
    }

    /// One tick of the host, all the way to the clients.
    func tick() throws {
        now += 50_000_000
        host.step()
        try carry()
    }

    // MARK: Clients

    func connect(_ name: String, login: Bool = true) throws -> RigClient {
        let client = RigClient(id: edge.connectionOpened(now: now)!, name: name)
        clients.append(client)
        try turn()
        guard login else { return client }
        try send(.hello(ClientFrame.Hello(kind: .bot, software: "rig")), client)
        try send(.login(ClientFrame.Login(name: name)), client)
        return client
    }

    func join(_ name: String, _ role: JoinRole = .player) throws -> RigClient {
        let client = try connect(name)
        try send(.join(ClientFrame.Join(world: "counter", role: role)), client)
        if role == .player { try tick() }
        return client
    }

    func send(_ frame: ClientFrame, _ client: RigClient) throws {
        edge.received(client.id, stream: frame.encoded, now: now)
        try turn()
    }

    func steer(_ payload: [UInt8], _ client: RigClient) throws {
        client.lastIntent += 1
        try send(.intent(ClientFrame.Intent(number: client.lastIntent, kind: 0, payload: payload)), client)
    }

    /// - Returns: false when there is no credit.
    func add(_ n: UInt8, _ client: RigClient) throws -> Bool {
        let command = ClientFrame.Command(sequence: client.sent + 1, kind: 0, payload: [n])
        guard command.sequence <= client.credit.throughSequence, client.sentBytes + UInt64(command.frameBytes) <= client.credit.throughByte else {
            return false
        }
        client.sent += 1
        client.sentBytes += UInt64(command.frameBytes)
        try send(.command(command), client)
        return true
    }
}

struct Unexpected: Error {}
