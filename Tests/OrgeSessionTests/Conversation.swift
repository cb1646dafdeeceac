import OrgeSchema
import OrgeSession
import OrgeWire

/// Both machines glued together by bytes in memory, with a world of one number at the server.
struct Conversation: ~Copyable {
    var server: ServerSession
    var client: ClientSession
    /// What the client's owner was told, in order.
    var told: [ClientReaction] = []
    var now: UInt64 = 0
    private var toServer = ByteWriter()
    private var toClient = ByteWriter()
    private var serverInput = FrameStream.client
    private var clientInput = FrameStream.server
    /// The world: a sum, the tick, and what waits to be run.
    var sum: Int64 = 0
    var tick: UInt64 = 40
    var submitted: [ClientFrame.Command] = []
    var disconnectEffect: DisconnectEffect?

    init() {
        server = ServerSession(ServerSession.Configuration(software: "orge", developmentToken: SmallWorld.token), now: 0)
        client = ClientSession(ClientSession.Configuration(kind: .tool, software: "test", name: "ada"))
    }

    mutating func say(_ frame: ClientFrame?) { frame?.encode(to: &toServer) }

    /// Hands bytes over, both ways, until both sides are silent.
    mutating func exchange() {
        while toServer.count > 0 || toClient.count > 0 {
            hearServer(toServer.take())
            hearClient(toClient.take())
        }
    }

    private mutating func hearServer(_ bytes: [UInt8]) {
        serverInput.append(bytes)
        while case .frame(let range) = serverInput.next() {
            var reader = serverInput.reader(range)
            obey(server.receive(&reader, now: now))
        }
    }

    private mutating func hearClient(_ bytes: [UInt8]) {
        clientInput.append(bytes)
        while case .frame(let range) = clientInput.next() {
            var reader = clientInput.reader(range)
            let reaction = client.receive(&reader, now: now)
            if reaction != .nothing { told.append(reaction) }
            if case .send(let frame) = reaction { say(frame) }
        }
    }

    mutating func obey(_ reaction: ServerReaction) {
        switch reaction {
        case .nothing, .kill, .depart, .intent, .audit, .received: break
        case .send(let frame): frame.encode(to: &toClient)
        case .sendBoth(let first, let second):
            first.encode(to: &toClient)
            second.encode(to: &toClient)
        case .pong(let clientTime):
            ServerFrame.pong(ServerFrame.Pong(clientTime: clientTime, serverMicroseconds: 1_000_000, tick: tick, microsecondsIntoTick: 10_000))
                .encode(to: &toClient)
        case .admit: obey(server.admitted([SmallWorld.entry]))
        case .describe(let world): obey(world == "small" ? server.described(SmallWorld.served) : server.joinRefused(unknown(world)))
        case .join(_, let join): arrive(join)
        case .submit(let command): submitted.append(command)
        case .submitMalformed(let command): submitted.append(ClientFrame.Command(sequence: command.sequence, kind: .max, payload: []))
        case .close(let close, let disconnectEffect):
            ServerFrame.close(close).encode(to: &toClient)
            self.disconnectEffect = disconnectEffect
        }
    }

    private func unknown(_ world: String) -> ServerFrame.JoinRefusal { ServerFrame.JoinRefusal(.unknownWorld, "there is no world \(world)") }

    private mutating func arrive(_ join: ClientFrame.Join) {
        guard join.world == "small" else { return obey(server.joinRefused(unknown(join.world))) }
        obey(server.joined(SmallWorld.arrival(role: join.role)))
        var update = UpdateWriter(UpdateWriter.Head(tick: tick, isReset: true), base: SmallWorld.base, appendingTo: toClient)
        update.enter(SmallWorld.avatar, row)
        toClient = update.finish()
    }

    var row: [UInt8] { SmallWorld.place(UInt32(truncatingIfNeeded: sum), 0) }

    /// One tick: runs what was submitted, sends rows, then outcomes, then events.
    mutating func runTick() {
        tick += 1
        var outcomes: [(UInt64, CommandOutcome)] = []
        for command in submitted {
            var reader = ByteReader(command.payload)
            guard command.kind == 0, let amount = try? reader.i64() else {
                outcomes.append((command.sequence, .refused(code: 64, field: "text", reason: "not now")))
                continue
            }
            sum += amount
            outcomes.append((command.sequence, .applied(result: SmallWorld.number(sum))))
        }
        submitted = []
        var update = UpdateWriter(UpdateWriter.Head(tick: tick), base: SmallWorld.base, appendingTo: toClient)
        update.change(SmallWorld.avatar, row)
        toClient = update.finish()
        for (sequence, outcome) in outcomes { release(sequence, outcome) }
        if server.isInWorld, !outcomes.isEmpty { ServerFrame.event(tick: tick, kind: 0, payload: SmallWorld.number(sum)).encode(to: &toClient) }
    }

    private mutating func release(_ sequence: UInt64, _ outcome: CommandOutcome) {
        let frame = ServerFrame.outcome(sequence: sequence, tick: tick, outcome: outcome.encoded)
        switch server.outcome(sequence) {
        case .ignore: break
        case .send(let credit):
            frame.encode(to: &toClient)
            if let credit { ServerFrame.credit(credit).encode(to: &toClient) }
        case .sendAndClose(let close, let disconnectEffect):
            frame.encode(to: &toClient)
            obey(.close(close, disconnectEffect))
        case .close(let close, let disconnectEffect): obey(.close(close, disconnectEffect))
        }
    }

    mutating func forget() { told = [] }

    /// To the list of worlds and into the small one.
    mutating func enter(as role: JoinRole = .player) {
        for frame in client.start(now: now) { say(frame) }
        exchange()
        say(client.join("small", as: role))
        exchange()
    }
}
