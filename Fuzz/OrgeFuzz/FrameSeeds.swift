import OrgeControl
import OrgeLink
import OrgeSchema
import OrgeWire

/// One well-formed frame of most kinds, as the decoders take them: type and body, without the size.
enum FrameSeeds {
    static func client() -> [[UInt8]] {
        let frames: [ClientFrame] = [
            .hello(.init(kind: .bot, software: "seed")), .login(ClientFrame.Login(name: "anna")), .describe(world: "meadow"),
            .join(.init(world: "meadow", role: .monitor, knownSchema: 7)),
            .command(.init(sequence: 1, kind: 2, payload: [1, 2, 3])), .command(.init(sequence: 2, kind: 2, key: .init(high: 1, low: 2), payload: [4])),
            .intent(.init(number: 3, kind: 0, payload: [9])),
            .login(ClientFrame.Login(name: "anna", method: "key", credential: [1], extensions: WireExtensions([.init(type: 2, bytes: [3])]))),
            .received(through: 4), .join(.init(world: "meadow", role: .player, knownSchema: 7, resume: resume)),
            .join(.init(world: "meadow", role: .monitor, resume: nil, seenTick: 9)),
            .skipped(type: 0x60), .ping(clientTime: 5), .audit(request: 6), .leave, .kill(token: Array(repeating: 1, count: WireLimits.tokenBytes)),
        ]
        return frames.map { Array($0.encoded.dropFirst(4)) }
    }

    private static let resume = Resume(
        session: 3, ticket: Ticket(high: 1, low: 2), acknowledged: 4, incarnation: 1, tick: 9, eventsThrough: 8, eventsAfter: 1, viewTick: 9, updates: 2)

    /// Of a session that goes on, with each kind of flags, of one that has ended, and of one that is not known.
    private static let resumptions: [Resumption] = [
        .resumed(.init(isContinued: true, oldest: 5, lastIntent: 6, lostEvents: 7)), .resumed(.init(fork: .after(tick: 4), oldest: 5)),
        .resumed(.init(fork: .unknown, oldest: 5)), .ended(oldest: 3, through: 9), .unknown,
    ]

    private static func joined(_ resumption: Resumption?) -> ServerFrame {
        .joined(
            .init(
                session: 3, avatar: Entity(world: 1, generation: 1, slot: 1), incarnation: 1, tick: 9, tickMicroseconds: 50_000, firstSequence: 5,
                credit: Credit(throughSequence: 256, throughByte: 65_536), role: .player, idBase: Entity(raw: 7),
                extensions: WireExtensions([Ticket(high: 1, low: 2).entry, resumption?.entry].compactMap { $0 })))
    }

    static func server() -> [[UInt8]] {
        let frames: [ServerFrame] = [
            .schema(hash: 1, document: [0, 1]), .joinRefused(.init(.full, retryAfterMilliseconds: 5, "full")),
            .update(UpdateFrame(tick: 3, hasMore: true, isReset: true, entries: [0, 0, 4, 1, 5])), .skipped(type: 0xe0),
            .update(UpdateFrame(tick: 300, isSized: true, consumedIntent: 9, entries: [2, 1, 2, 1, 7, 0, 2, 1, 0, 4, 1, 1, 7, 0, 6])),
            .outcome(sequence: 1, tick: 2, outcome: [0]), .event(tick: 4, kind: 1, payload: [1]),
            .credit(Credit(throughSequence: 256, throughByte: 65_536)), .notice(.dilated(permille: 900)),
            .pong(.init(clientTime: 1, serverMicroseconds: 2, tick: 3, microsecondsIntoTick: 4)),
            .notice(.hostAway), .notice(.stopping(withinMilliseconds: 100, text: "bye")), .recalled(sequence: 4, tick: 8, outcome: [0, 1]),
            .joinRefused(.init(.accountInUse, "in use", extensions: WireExtensions([Resumption.ended(oldest: 3, through: 9).entry]))), joined(nil),
            .close(Close(.resumedElsewhere, "elsewhere")),
        ]
        return (frames + resumptions.map(joined)).map { Array($0.encoded.dropFirst(4)) }
    }

    static func outcomes() -> [[UInt8]] {
        let outcomes: [CommandOutcome] = [.applied(result: [1, 2]), .refused(code: 1, field: "x", reason: "too far")]
        return outcomes.map(\.encoded)
    }

    static func streams() -> [[UInt8]] {
        [[3] + ClientFrame.leave.encoded + ClientFrame.ping(clientTime: 1).encoded, [0] + Array("GET / HTTP/1.1".utf8), [7, 0, 0, 0, 0]]
    }

    static func fromEdge() -> [[UInt8]] {
        [Array(EdgeFrame.encode(EdgeHello(world: "meadow", edgeID: 1, incarnation: 3, held: .init(incarnation: 3, tick: 2, chain: 9))).dropFirst(4))]
    }

    static func fromHost() -> [[UInt8]] {
        let hello = HostHello(world: "meadow", number: 1, pace: .fixed, incarnation: 1, tick: 2, resumes: true, document: [1, 2])
        return [HostFrame.encode(hello), HostFrame.encode(refusedEdge: "older", world: 1)].map { Array($0.dropFirst(4)) }
    }

    static func fromChild() -> [[UInt8]] {
        let messages: [ChildMessage] = [.failed(message: "no lock"), .edgeReady(address: "127.0.0.1:9512"), .killWorld(name: "meadow"), .alive, .inStorage]
        return messages.map { Array($0.frame().dropFirst(4)) }
    }

    static func fromSupervisor() -> [[UInt8]] {
        [SupervisorMessage.stopping, .worldFailed(name: "meadow"), .worldSilent(name: "meadow")].map { Array($0.frame().dropFirst(4)) }
    }
}
