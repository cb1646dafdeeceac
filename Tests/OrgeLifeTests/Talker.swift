import OrgeSchema
import OrgeSession
import OrgeWire
import Testing

/// A server at some depth: a session and a world, machines in this process, or processes.
protocol Server: AnyObject {
    func connect() throws -> any Line
}

/// What carries a client's bytes to a server.
protocol Line: AnyObject {
    func send(_ bytes: [UInt8]) throws
    /// At least one byte, waiting as long as it takes within reason.
    func receive() throws -> [UInt8]
    /// Ends the connection without a word.
    func hangUp() throws
    /// Nanoseconds.
    var now: UInt64 { get }
}

/// One client's conversation over a line.
struct Talker: ~Copyable {
    var session: ClientSession
    let line: any Line
    /// Bytes handed over at a time, both ways; nil for all.
    let cut: Int?
    /// Types of the frames that came, in their order.
    private(set) var heard: [UInt8] = []
    private var buffer = FrameStream.server
    private var unread: ArraySlice<UInt8> = []

    init(_ name: String, over line: any Line, cut: Int?, known: ClientSession.KnownSchema? = nil) {
        session = ClientSession(.init(kind: .tool, software: "life", name: name), known: known)
        self.line = line
        self.cut = cut
    }

    func say(_ frame: ClientFrame?) throws { try say(bytes: try #require(frame).encoded) }

    func say(bytes: [UInt8]) throws {
        let step = cut ?? bytes.count
        for start in stride(from: 0, to: bytes.count, by: step) { try line.send(Array(bytes[start..<min(bytes.count, start + step)])) }
    }

    /// The next thing that the client's owner is told.
    mutating func listen() throws -> ClientReaction {
        while true {
            while case .frame(let range) = buffer.next() {
                heard.append(buffer.bytes[range.lowerBound])
                var reader = buffer.reader(range)
                let reaction = session.receive(&reader, now: line.now)
                if case .fault(let fault) = reaction { throw fault }
                if reaction != .nothing { return reaction }
            }
            if unread.isEmpty { unread = try line.receive()[...] }
            buffer.append(unread.prefix(cut ?? .max))
            unread = unread.dropFirst(cut ?? .max)
        }
    }

    /// Listens until a reaction of the wanted kind comes; the others before it are passed over.
    mutating func listen<Wanted>(for wanted: (ClientReaction) -> Wanted?) throws -> Wanted {
        while true {
            if let found = wanted(try listen()) { return found }
        }
    }
}

/// What every client does, whatever the world.
extension Talker {
    /// Hello and login.
    /// - Returns: the worlds that there are.
    mutating func start() throws -> [WorldEntry] {
        for frame in session.start(now: line.now) { try say(frame) }
        return try listen { if case .choose(let worlds) = $0 { worlds } else { nil } }
    }

    /// Joins, and sees the whole view at once.
    mutating func join(_ world: String, as role: JoinRole = .player) throws -> ServerFrame.Joined {
        try say(session.join(world, as: role))
        let joined = try listen { if case .joined(let joined) = $0 { joined } else { nil } }
        #expect(try listen() == .viewComplete(tick: joined.tick), "the first update follows at once and is the whole view")
        return joined
    }

    mutating func enter(_ world: String, as role: JoinRole = .player) throws -> ServerFrame.Joined {
        _ = try start()
        return try join(world, as: role)
    }

    mutating func joinRefusal(_ world: String) throws -> ServerFrame.JoinRefusal.Code {
        try say(session.join(world, as: .player))
        return try refusal()
    }

    mutating func refusal() throws -> ServerFrame.JoinRefusal.Code {
        try listen { if case .joinRefused(let refusal) = $0 { refusal.code } else { nil } }
    }

    mutating func closeReason() throws -> CloseReason? {
        try listen { if case .closed(let close) = $0 { close } else { nil } }.reason
    }

    mutating func leave() throws {
        try say(session.leave())
        #expect(try closeReason() == .left)
        #expect(session.unanswered.isEmpty && session.phase == .closed)
    }

    mutating func command(_ name: String, _ payload: [UInt8]) throws {
        let kind = try #require(session.known?.schema.command(named: name)?.id)
        try say(session.command(kind, payload, now: line.now))
    }

    mutating func outcome() throws -> (command: ClientSession.Unanswered, tick: UInt64, outcome: CommandOutcome) {
        try listen { if case .outcome(let command, let tick, let outcome) = $0 { (command, tick, outcome) } else { nil } }
    }

    mutating func audit(_ request: UInt32) throws -> AuditReport {
        try say(session.audit(request))
        let report = try listen { if case .audited(let report) = $0 { report } else { nil } }
        #expect(report.request == request && report.tick >= session.joined?.tick ?? 0)
        #expect(report.mismatchCount == 0, "\(report.examples)")
        return report
    }

    /// The fields of a row in view, by the schema that the server told.
    func fields(of entity: Entity, _ component: String) throws -> [FieldValue] {
        let known = try #require(session.known?.schema.components.first { $0.name == component })
        var reader = ByteReader(Array(try #require(session.view?.row(entity, known.id))))
        return try known.row.decode(&reader)
    }
}
