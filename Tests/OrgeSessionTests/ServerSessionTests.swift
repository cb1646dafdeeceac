import OrgeSchema
import OrgeSession
import OrgeWire
import Testing

@Suite struct ServerSessionTests {
    typealias Phase = ServerSession.Phase

    static let frames: [ClientFrame] = [
        SmallWorld.hello, .login(ClientFrame.Login(name: "bob")), .describe(world: "small"), .join(ClientFrame.Join(world: "small", role: .player)),
        .command(ClientFrame.Command(sequence: 1, kind: 0, payload: SmallWorld.number(5))), .intent(ClientFrame.Intent(number: 1, kind: 0, payload: [1])),
        .ping(clientTime: 7), .audit(request: 3), .leave, .kill(token: SmallWorld.token),
    ]

    /// The table of `docs/protocol.md`, section 3: what is answered with anything but `unexpectedFrame`.
    static let allowed: [Phase: [ClientFrameType]] = [
        .awaitingHello: [.hello],
        .awaitingLogin: [.login, .leave],
        .admitting: [.ping, .leave],
        .choosing: [.describe, .join, .ping, .leave],
        .joining: [.ping, .leave],
        .joined: [.command, .intent, .audit, .ping, .kill, .leave],
        .leaving: ClientFrameType.allCases,
        .closed: ClientFrameType.allCases,
    ]

    @Test("Each frame in each state does what the page's table says", arguments: Phase.allCases, frames)
    func table(phase: Phase, frame: ClientFrame) {
        var session = SmallWorld.session(in: phase)
        let reaction = session.receive(frame, now: 1)
        let isAllowed = Self.allowed[phase]?.contains(frame.type) == true
        #expect(isAllowed == !isUnexpected(reaction), "\(frame) in \(phase): \(reaction)")
        if !isAllowed { #expect(session.phase == .closed) }
        if phase == .leaving || phase == .closed {
            #expect(reaction == .nothing)
            #expect(session.phase == phase)
        }
    }

    @Test("A monitor may look, ping, audit, kill and leave", arguments: frames)
    func monitor(frame: ClientFrame) {
        var session = SmallWorld.session(in: .joined, role: .monitor)
        let reaction = session.receive(frame, now: 1)
        let isAllowed = [ClientFrameType.ping, .audit, .kill, .leave].contains(frame.type)
        #expect(isAllowed == !isUnexpected(reaction))
        if frame == .leave { #expect(reaction == .close(Close(.left), .nothing)) }
        if !isAllowed, case .close(_, let disconnectEffect) = reaction { #expect(disconnectEffect == .nothing) }
    }

    @Test("The server picks the newest common version or says which it speaks")
    func versions() {
        var session = SmallWorld.session(in: .awaitingHello)
        let reaction = session.receive(.hello(ClientFrame.Hello(oldest: 1, newest: 9, kind: .bot, software: "")), now: 0)
        guard case .send(.welcome(let welcome)) = reaction else {
            Issue.record("\(reaction)")
            return
        }
        #expect(welcome.version == 2 && welcome.isDevelopment)
        for (oldest, newest, text) in [
            (1, 1, "this server speaks wire version 2, the client 1 to 1: use a newer client"),
            (3, 9, "this server speaks wire version 2, the client 3 to 9: use an older client or a newer server"),
        ] as [(UInt16, UInt16, String)] {
            var other = SmallWorld.session(in: .awaitingHello)
            let hello = ClientFrame.Hello(oldest: oldest, newest: newest, kind: .bot, software: "")
            #expect(other.receive(.hello(hello), now: 0) == .close(Close(.unsupportedVersion, text), .nothing))
        }
    }

    @Test("What the client can do and the server knows is agreed on; without an update encoding in common there is no session")
    func capabilities() throws {
        for (offered, agreed) in [(nil, [1]), ([1], [1]), ([1, 2, 99], [1, 2]), ([2, 7], nil), ([], nil)] as [([UInt16]?, [UInt16]?)] {
            var session = SmallWorld.session(in: .awaitingHello)
            let extensions = offered.map { WireExtensions([Capabilities($0).entry, .init(type: 900, bytes: [1])]) } ?? .none
            let reaction = session.receive(.hello(ClientFrame.Hello(kind: .bot, software: "", extensions: extensions)), now: 0)
            if let agreed, case .send(.welcome(let welcome)) = reaction {
                #expect(try Capabilities(in: welcome.extensions).numbers == agreed && session.capabilities.numbers == agreed)
            } else {
                #expect(agreed == nil && reason(reaction) == .unsupportedVersion, "\(String(describing: offered))")
            }
        }
    }

    @Test("A login method that is not offered, and a guest's credential, are refused in words")
    func methods() {
        for login in [ClientFrame.Login(name: "ada", method: "key", credential: [1]), ClientFrame.Login(name: "ada", credential: [1])] {
            var session = SmallWorld.session(in: .awaitingLogin)
            let reaction = session.receive(.login(login), now: 0)
            guard case .close(let close, .nothing) = reaction else {
                Issue.record("\(reaction)")
                continue
            }
            #expect(close.reason == .loginRefused && close.text.contains("guest"))
        }
    }

    @Test("A frame that may be skipped is a sign of life and no more, once the hello has come", arguments: Phase.allCases)
    func skippedFrames(phase: Phase) {
        var session = SmallWorld.session(in: phase)
        let reaction = session.receive(.skipped(type: 0x60), now: 1)
        if phase == .awaitingHello { return #expect(isUnexpected(reaction)) }
        #expect(reaction == .nothing && session.phase == phase)
        if [.admitting, .choosing, .joining, .joined].contains(phase) { #expect(session.deadline == 1 + SessionLimits.idle) }
    }

    @Test("Intents are numbered upwards")
    func intentNumbers() {
        for (numbers, isFine) in [([1, 2, 9], true), ([5], true), ([0], false), ([3, 3], false), ([3, 2], false)] as [([UInt32], Bool)] {
            var session = SmallWorld.session(in: .joined)
            let reactions = numbers.map { session.receive(.intent(ClientFrame.Intent(number: $0, kind: 0, payload: [0])), now: 0) }
            #expect((reason(reactions.last ?? .nothing) == .badSequence) == !isFine, "\(numbers)")
        }
    }

    @Test("A name against the grammar ends the session", arguments: ["", "a b", "ä", String(repeating: "x", count: 33)])
    func names(name: String) {
        var session = SmallWorld.session(in: .awaitingLogin)
        #expect(reason(session.receive(.login(ClientFrame.Login(name: name)), now: 0)) == .badName)
    }

    @Test("The way in, reaction by reaction")
    func wayIn() {
        var session = SmallWorld.session(in: .awaitingLogin)
        #expect(session.receive(.login(ClientFrame.Login(name: "ada")), now: 0) == .admit(ClientFrame.Login(name: "ada")))
        #expect(session.admitted([SmallWorld.entry]) == .send(.worlds([SmallWorld.entry])))
        #expect(session.worldsChanged([]) == .send(.worlds([])))
        #expect(session.receive(.describe(world: "small"), now: 0) == .describe(world: "small"))
        let schema = ServerFrame.schema(hash: SmallWorld.served.hash, document: SmallWorld.served.document)
        #expect(session.described(SmallWorld.served) == .send(schema))
        let join = ClientFrame.Join(world: "small", role: .player)
        #expect(session.receive(.join(join), now: 0) == .join(name: "ada", join))
        let refusal = ServerFrame.JoinRefusal(.notRunning, retryAfterMilliseconds: 500, "starting")
        #expect(session.joinRefused(refusal) == .send(.joinRefused(refusal)))
        #expect(session.receive(.join(join), now: 0) == .join(name: "ada", join))
        #expect(session.joined(SmallWorld.arrival(firstSequence: 5)) == .sendBoth(schema, .joined(joinedFrame(firstSequence: 5))))
        #expect(session.isInWorld && session.role == .player && session.name == "ada")
    }

    @Test("A client that holds the schema is not sent it again")
    func knownSchema() {
        var session = SmallWorld.session(in: .choosing)
        _ = session.receive(.join(ClientFrame.Join(world: "small", role: .player, knownSchema: SmallWorld.served.hash)), now: 0)
        #expect(session.joined(SmallWorld.arrival()) == .send(.joined(joinedFrame(firstSequence: 1))))
    }

    @Test("The session of an abandoned join departs when it arrives")
    func abandonedJoin() {
        var session = SmallWorld.session(in: .joining)
        #expect(session.connectionLost() == .abandonJoin)
        #expect(session.joined(SmallWorld.arrival()) == .depart)
        var refused = SmallWorld.session(in: .joining)
        #expect(refused.receive(.leave, now: 0) == .close(Close(.left), .abandonJoin))
        #expect(refused.joinRefused(ServerFrame.JoinRefusal(.failed, "")) == .nothing)
    }

    @Test("Leaving waits for the outcomes still due, then departs")
    func leaving() {
        var idle = SmallWorld.session(in: .joined)
        #expect(idle.receive(.leave, now: 0) == .close(Close(.left), .depart))
        var busy = SmallWorld.session(in: .joined)
        for sequence in 1...2 as ClosedRange<UInt64> { _ = busy.receive(command(sequence), now: 0) }
        #expect(busy.receive(.leave, now: 0) == .nothing)
        #expect(busy.outcome(1) == .send(nil))
        #expect(busy.receive(command(3), now: 0) == .nothing)
        #expect(busy.outcome(2) == .sendAndClose(Close(.left), .depart))
        #expect(busy.outcome(3) == .ignore)
        var stuck = SmallWorld.session(in: .leaving)
        #expect(stuck.timePassed(now: SessionLimits.leaving - 1) == .nothing)
        #expect(stuck.timePassed(now: SessionLimits.leaving) == .close(Close(.left, "some commands are not answered"), .depart))
    }

    @Test("Silence ends a handshake after 5 s and a session after 60 s, and any frame keeps it")
    func limits() {
        for phase in [Phase.awaitingHello, .awaitingLogin] {
            var session = SmallWorld.session(in: phase)
            #expect(session.timePassed(now: SessionLimits.handshake - 1) == .nothing)
            #expect(reason(session.timePassed(now: SessionLimits.handshake)) == .handshakeTimeout)
        }
        for phase in [Phase.admitting, .choosing, .joining, .joined] {
            var session = SmallWorld.session(in: phase)
            _ = session.receive(.ping(clientTime: 0), now: SessionLimits.second)
            #expect(session.deadline == SessionLimits.second + SessionLimits.idle)
            #expect(session.timePassed(now: SessionLimits.idle) == .nothing)
            #expect(reason(session.timePassed(now: SessionLimits.idle + SessionLimits.second)) == .idle)
        }
        let intent = ClientFrame.intent(ClientFrame.Intent(number: 1, kind: 0, payload: [0]))
        for (phase, frame) in [
            (Phase.choosing, ClientFrame.describe(world: "small")), (.choosing, .join(ClientFrame.Join(world: "small", role: .player))),
            (.joined, command(1)), (.joined, intent), (.joined, .audit(request: 1)), (.joined, .kill(token: SmallWorld.token)),
        ] {
            var session = SmallWorld.session(in: phase)
            _ = session.receive(frame, now: SessionLimits.second)
            #expect(session.deadline == SessionLimits.second + SessionLimits.idle, "\(frame.type)")
        }
    }

    @Test("Pings, intents, audits and joins beyond their rate end the session")
    func rates() {
        expectLimit(20, perSecond: 10) { session, now in session.receive(.ping(clientTime: 0), now: now) }
        var number: UInt32 = 0
        expectLimit(480, perSecond: 240) { session, now in
            number += 1
            return session.receive(.intent(ClientFrame.Intent(number: number, kind: 0, payload: [0])), now: now)
        }
        expectLimit(4, perSecond: 1) { session, now in
            defer { session.auditAnswered() }
            return session.receive(.audit(request: 0), now: now)
        }
        expectLimit(8, perSecond: 1, in: .choosing) { session, now in
            let reaction = session.receive(.describe(world: "small"), now: now)
            _ = session.described(SmallWorld.served)
            return reaction
        }
        var session = SmallWorld.session(in: .joined)
        #expect(session.receive(.audit(request: 1), now: 0) == .audit(request: 1))
        #expect(reason(session.receive(.audit(request: 2), now: 0)) == .rateLimited)
    }

    @Test("Unknown and malformed commands take their sequence and are handed on to be refused; the third in a row ends the session")
    func malformedCommands() {
        let bad: [(UInt16, [UInt8])] = [(9, SmallWorld.number(1)), (0, [1, 2, 3]), (0, SmallWorld.number(1) + [0]), (1, [0, 1, 0xff])]
        for (kind, payload) in bad {
            var session = SmallWorld.session(in: .joined)
            func command(_ sequence: UInt64, isBad: Bool) -> ClientFrame.Command {
                ClientFrame.Command(sequence: sequence, kind: isBad ? kind : 0, payload: isBad ? payload : SmallWorld.number(1))
            }
            func send(_ sequence: UInt64, isBad: Bool) -> ServerReaction { session.receive(.command(command(sequence, isBad: isBad)), now: 0) }
            for first in [1, 4, 7] as [UInt64] {
                #expect(send(first, isBad: true) == .submitMalformed(command(first, isBad: true)))
                #expect(send(first + 1, isBad: true) == .submitMalformed(command(first + 1, isBad: true)))
                if case .submit = send(first + 2, isBad: false) {} else { Issue.record("a good command between bad ones is not taken") }
            }
            #expect(send(10, isBad: true) == .submitMalformed(command(10, isBad: true)) && send(11, isBad: true) == .submitMalformed(command(11, isBad: true)))
            let reaction = send(12, isBad: true)
            #expect(reason(reaction) == .malformed)
            if case .close(_, let disconnectEffect) = reaction { #expect(disconnectEffect == .detach) }
        }
    }

    @Test("Commands out of order end the session and take no sequence")
    func badCommands() {
        let cases: [(ClientFrame.Command, CloseReason)] = [
            (ClientFrame.Command(sequence: 0, kind: 0, payload: SmallWorld.number(1)), .badSequence),
            (ClientFrame.Command(sequence: 2, kind: 0, payload: SmallWorld.number(1)), .badSequence),
        ]
        for (command, expected) in cases {
            var session = SmallWorld.session(in: .joined)
            let reaction = session.receive(.command(command), now: 0)
            #expect(reason(reaction) == expected, "\(command)")
            if case .close(_, let disconnectEffect) = reaction { #expect(disconnectEffect == .detach) }
        }
        var session = SmallWorld.session(in: .joined)
        #expect(reason(session.receive(.intent(ClientFrame.Intent(number: 1, kind: 0, payload: [2])), now: 0)) == .malformed)
    }

    @Test("Kill needs the token of this start, and development mode")
    func kill() {
        var session = SmallWorld.session(in: .joined)
        #expect(session.receive(.kill(token: SmallWorld.token), now: 0) == .kill)
        #expect(reason(session.receive(.kill(token: Array(repeating: 0, count: 16)), now: 0)) == .badToken)
    }

    @Test("Notices reach those whom they concern")
    func notices() {
        for phase in Phase.allCases {
            var session = SmallWorld.session(in: phase)
            #expect((session.notify(.hostAway) != .nothing) == (phase == .joined || phase == .leaving))
        }
    }

    @Test("Every state ends at the server's word, with the right disconnect effect", arguments: Phase.allCases)
    func closing(phase: Phase) {
        var session = SmallWorld.session(in: phase)
        let reaction = session.close(.serverStopping)
        let disconnectEffect: DisconnectEffect =
            switch phase {
            case .awaitingHello, .awaitingLogin, .admitting, .choosing, .closed: .nothing
            case .joining: .abandonJoin
            case .joined: .detach
            case .leaving: .depart
            }
        #expect(reaction == (phase == .closed ? .nothing : .close(Close(.serverStopping), disconnectEffect)))
        #expect(session.phase == .closed && session.deadline == nil)
    }

    @Test("A verdict without a request ends one session, without a trap", arguments: Phase.allCases)
    func unaskedVerdicts(phase: Phase) {
        var session = SmallWorld.session(in: phase)
        _ = session.admitted([])
        var second = SmallWorld.session(in: phase)
        _ = second.described(SmallWorld.served)
        var third = SmallWorld.session(in: phase)
        _ = third.joinRefused(ServerFrame.JoinRefusal(.failed, ""))
        var fourth = SmallWorld.session(in: phase)
        _ = fourth.joined(SmallWorld.arrival())
        var fifth = SmallWorld.session(in: phase)
        #expect(fifth.outcome(77) == (phase == .joined ? .close(Close(.internal, "outcome 77 out of order"), .detach) : .ignore))
    }

    @Test("Random bytes and frames only ever lead to reactions", arguments: 0..<100 as Range<UInt64>)
    func fuzz(seed: UInt64) {
        var random = RandomSource(seed: seed)
        var session = SmallWorld.session(in: Phase.allCases[random.below(Phase.allCases.count)])
        var now: UInt64 = 0
        for _ in 0..<60 {
            now += random.below(SessionLimits.second)
            var bytes = Self.frames[random.below(Self.frames.count)].encoded.dropFirst(4).map { $0 }
            if random.chance(1, outOf: 3) { bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
            if random.chance(1, outOf: 5) { bytes = (0..<random.below(30)).map { _ in UInt8(truncatingIfNeeded: random.next()) } }
            var reader = ByteReader(bytes)
            let wasClosed = session.phase == .closed
            let reaction = session.receive(&reader, now: now)
            if wasClosed { #expect(reaction == .nothing, "seed \(seed)") }
            if case .close = reaction { #expect(session.phase == .closed, "seed \(seed)") }
            _ = session.timePassed(now: now)
        }
    }
}

extension ServerSessionTests {
    func command(_ sequence: UInt64) -> ClientFrame { .command(ClientFrame.Command(sequence: sequence, kind: 0, payload: SmallWorld.number(1))) }

    func joinedFrame(firstSequence: UInt64) -> ServerFrame.Joined {
        ServerFrame.Joined(
            session: 9, avatar: SmallWorld.avatar, incarnation: 1, tick: 40, tickMicroseconds: 50_000, firstSequence: firstSequence,
            credit: Credit(throughSequence: firstSequence + 255, throughByte: 65_536), role: .player, idBase: SmallWorld.base,
            extensions: .none)
    }

    func reason(_ reaction: ServerReaction) -> CloseReason? {
        if case .close(let close, _) = reaction { close.reason } else { nil }
    }

    func isUnexpected(_ reaction: ServerReaction) -> Bool { reason(reaction) == .unexpectedFrame }

    /// `burst` at once pass, one more does not; after a second of rest as many pass as are allowed in one, and no more.
    func expectLimit(_ burst: Int, perSecond: Int, in phase: Phase = .joined, _ act: (inout ServerSession, UInt64) -> ServerReaction) {
        var session = SmallWorld.session(in: phase)
        for _ in 0..<burst { #expect(reason(act(&session, 0)) == nil) }
        for _ in 0..<perSecond { #expect(reason(act(&session, SessionLimits.second)) == nil) }
        #expect(reason(act(&session, SessionLimits.second)) == .rateLimited)
        var greedy = SmallWorld.session(in: phase)
        for _ in 0..<burst { _ = act(&greedy, 0) }
        #expect(reason(act(&greedy, 0)) == .rateLimited)
    }
}
