import OrgeSchema
import OrgeSession
import OrgeWire
import Testing

@Suite("A client that goes on with its session")
struct ClientResumeTests {
    typealias Phase = ClientSession.Phase

    private static let ticket = Ticket(high: 1, low: 2)
    private static let configuration = ClientSession.Configuration(kind: .tool, software: "test", name: "ada")

    private static func joined(
        session: UInt64 = 9, first: UInt64 = 1, tick: UInt64 = 40, incarnation: UInt32 = 1, _ resumption: Resumption? = nil, credit: UInt64 = 256
    ) -> ServerFrame {
        let extensions = WireExtensions([ticket.entry, resumption?.entry].compactMap { $0 })
        return .joined(
            ServerFrame.Joined(
                session: session, avatar: SmallWorld.avatar, incarnation: incarnation, tick: tick, tickMicroseconds: 50_000, firstSequence: first,
                credit: Credit(throughSequence: credit, throughByte: 65_536), role: .player, idBase: SmallWorld.base, extensions: extensions))
    }

    private static let schema = ServerFrame.schema(hash: SmallWorld.served.hash, document: SmallWorld.served.document)

    private static func update(_ tick: UInt64, reset: Bool = false, more: Bool = false) -> ServerFrame {
        .update(UpdateFrame(tick: tick, hasMore: more, isReset: reset, entries: []))
    }

    private static func outcome(_ sequence: UInt64, tick: UInt64) -> ServerFrame {
        .outcome(sequence: sequence, tick: tick, outcome: CommandOutcome.applied(result: SmallWorld.number(1)).encoded)
    }

    /// To the list of worlds.
    private static func enter(_ session: inout ClientSession) {
        _ = session.start(now: 0)
        _ = session.receive(
            .welcome(
                ServerFrame.Welcome(version: 2, isDevelopment: false, clientFrameBytes: 1, serverFrameBytes: 2, idleMilliseconds: 3, software: "x")), now: 0)
        _ = session.receive(.worlds([SmallWorld.entry]), now: 0)
    }

    /// Asks for the small world.
    private static func join(_ session: inout ClientSession) -> Resume? {
        guard case .join(let join)? = session.join("small", as: .player) else { return nil }
        return join.resume
    }

    /// A session with so many commands sent, of which the first ones have their outcomes, and a view of tick 42.
    private static func playing(commands: Int = 5, answered: UInt64 = 2) -> ClientSession {
        var session = ClientSession(configuration)
        enter(&session)
        _ = join(&session)
        for frame in [schema, joined(), update(40, reset: true)] { _ = session.receive(frame, now: 0) }
        for _ in 0..<commands { _ = session.command(0, SmallWorld.number(1), now: 0) }
        _ = session.receive(update(42), now: 0)
        for sequence in 1..<(answered + 1) { _ = session.receive(outcome(sequence, tick: 42), now: 0) }
        return session
    }

    /// The next connection, up to the join that asks for the session.
    private static func returning(_ suspension: ClientSuspension?) throws -> (session: Returned, resume: Resume) {
        var session = ClientSession(configuration, resuming: try #require(suspension))
        enter(&session)
        guard let resume = join(&session) else { throw Unexpected() }
        return (Returned(session), resume)
    }

    private static func suspend(_ session: inout ClientSession) throws -> ClientSuspension {
        guard let suspension = session.suspend() else { throw Unexpected() }
        return suspension
    }

    /// A session in a box: it cannot be copied.
    private final class Returned {
        var session: ClientSession
        init(_ session: consuming ClientSession) { self.session = session }

        func receive(_ frame: ServerFrame) -> ClientReaction { session.receive(frame, now: 0) }
        var settled: [ClientSession.Settled.Fate: [UInt64]] {
            var fates: [ClientSession.Settled.Fate: [UInt64]] = [:]
            for each in session.takeSettled() { fates[each.fate, default: []].append(each.command.sequence) }
            return fates
        }
        var resent: [UInt64] {
            session.resends(now: 0).map { frame in if case .command(let command) = frame { command.sequence } else { 0 } }
        }
    }

    private static func resumed(
        first: UInt64, oldest: UInt64, continued: Bool = false, fork: Resumption.Resumed.Fork? = nil, tick: UInt64 = 50, credit: UInt64 = 256
    ) -> ServerFrame {
        joined(first: first, tick: tick, .resumed(.init(isContinued: continued, fork: fork, oldest: oldest)), credit: credit)
    }

    // MARK: Where it breaks

    @Test("asks for it with the same claims, whichever state the connection before was in when it broke", arguments: Phase.allCases)
    func everyState(phase: Phase) throws {
        var playing = Self.playing()
        let suspension = try Self.suspend(&playing)
        var session = ClientSession(Self.configuration, resuming: suspension)
        let (_, first) = try Self.returning(suspension)
        let steps: [(Phase, (inout ClientSession) -> Void)] = [
            (.idle, { _ in }), (.awaitingWelcome, { _ = $0.start(now: 0) }),
            (
                .awaitingWorlds,
                {
                    let welcome = ServerFrame.Welcome(
                        version: 2, isDevelopment: false, clientFrameBytes: 1, serverFrameBytes: 2, idleMilliseconds: 3, software: "x")
                    _ = $0.receive(.welcome(welcome), now: 0)
                }
            ),
            (.choosing, { _ = $0.receive(.worlds([SmallWorld.entry]), now: 0) }),
            (.describing, { _ = $0.describe("small") }),
            (
                .joining,
                {
                    _ = $0.receive(Self.schema, now: 0)
                    _ = Self.join(&$0)
                }
            ),
            (.joined, { _ = $0.receive(Self.resumed(first: 6, oldest: 3, continued: true), now: 0) }),
            (.leaving, { _ = $0.leave() }), (.closed, { _ = $0.receive(.close(Close(.internal)), now: 0) }),
        ]
        for (reached, step) in steps {
            step(&session)
            #expect(session.phase == reached)
            if reached == phase { break }
        }
        let (again, resume) = try Self.returning(session.suspend())
        var expected = first
        // A connection that got as far as `joined` says that it did.
        expected.incarnation = resume.incarnation
        #expect(resume == expected && resume.acknowledged == 2 && resume.tick == 42 && (resume.viewTick, resume.updates) == (42, 2))
        #expect(again.session.unanswered.map(\.sequence) == [3, 4, 5])
    }

    @Test("has nothing to go on with before it has joined, nor as a monitor", arguments: [Phase.idle, .awaitingWelcome, .choosing, .joining, .joined])
    func nothingHeld(phase: Phase) {
        var session = ClientSession(Self.configuration)
        if phase == .awaitingWelcome { _ = session.start(now: 0) }
        if [.choosing, .joining, .joined].contains(phase) { Self.enter(&session) }
        if phase == .joining { _ = Self.join(&session) }
        if phase == .joined {
            _ = session.join("small", as: .monitor)
            let joined = ServerFrame.Joined(
                session: 0, avatar: .none, incarnation: 1, tick: 40, tickMicroseconds: 50_000, firstSequence: 1, credit: .none, role: .monitor,
                idBase: SmallWorld.base)
            for frame in [Self.schema, .joined(joined), Self.update(44, reset: true)] { _ = session.receive(frame, now: 0) }
            #expect(session.seen?.world == "small" && session.seen?.tick == 44)
        }
        #expect(session.phase == phase && !session.isHolding)
        if session.suspend() != nil { Issue.record("there is something to go on with") }
    }

    @Test("says which view it holds: the last whole update, none in the middle of one, and that of the connection before until another came")
    func views() throws {
        var whole = Self.playing()
        let first = try Self.returning(whole.suspend())
        #expect((first.resume.viewTick, first.resume.updates) == (42, 2))
        // The view goes on, and the connection breaks before the first update; then after it.
        #expect(first.session.receive(Self.resumed(first: 6, oldest: 3, continued: true)) != .nothing)
        let second = try Self.returning(first.session.session.suspend())
        #expect((second.resume.viewTick, second.resume.updates) == (42, 2))
        for frame in [Self.resumed(first: 6, oldest: 3, continued: true), Self.update(51)] { _ = second.session.receive(frame) }
        let third = try Self.returning(second.session.session.suspend())
        #expect((third.resume.viewTick, third.resume.updates) == (51, 1))
        // A view that begins again is none until the reset has come.
        _ = third.session.receive(Self.resumed(first: 6, oldest: 3))
        #expect(third.session.session.view?.completeTick == nil)
        let fourth = try Self.returning(third.session.session.suspend())
        #expect((fourth.resume.viewTick, fourth.resume.updates) == (0, 0))
        for frame in [Self.resumed(first: 6, oldest: 3), Self.update(52, reset: true), Self.update(53, more: true)] { _ = fourth.session.receive(frame) }
        let fifth = try Self.returning(fourth.session.session.suspend())
        #expect((fifth.resume.viewTick, fifth.resume.updates) == (0, 0), "half an update has been applied")
        #expect(fifth.session.session.view == nil)
    }

    @Test("claims no event that may be missing: an update of the connection before says nothing about those of this one")
    func events() throws {
        var session = Self.playing(commands: 0, answered: 0)
        // The update of tick 42 came, and its events may not have.
        let first = try Self.returning(session.suspend())
        #expect(first.resume.eventsThrough == 40)
        for frame in [Self.resumed(first: 1, oldest: 1, continued: true), Self.update(50)] { _ = first.session.receive(frame) }
        let second = try Self.returning(first.session.session.suspend())
        #expect(second.resume.eventsThrough == 40 && second.resume.tick == 50)
        for frame in [Self.resumed(first: 1, oldest: 1, continued: true, tick: 60), Self.update(60), Self.update(61)] { _ = second.session.receive(frame) }
        #expect(try Self.returning(second.session.session.suspend()).resume.eventsThrough == 60)
    }

    // MARK: What becomes of commands

    @Test("sends again what never arrived, waits for what did, and is told what is too old")
    func resumes() throws {
        var playing = Self.playing()
        let (client, _) = try Self.returning(playing.suspend())
        guard case .resumed = client.receive(Self.resumed(first: 5, oldest: 4)) else { throw Unexpected() }
        #expect(client.settled == [.tooOld: [3]] && client.resent == [5] && client.session.unanswered.map(\.sequence) == [4, 5])
        #expect(client.settled.isEmpty && client.resent.isEmpty, "each is said once")
        _ = client.receive(Self.update(50, reset: true))
        guard case .outcome(let command, tick: 41, _) = client.receive(Self.outcome(4, tick: 41)) else { throw Unexpected() }
        #expect(command.sequence == 4 && client.session.nextSequence == 6)
        #expect(client.session.command(0, SmallWorld.number(1), now: 0)?.type == .command)
    }

    @Test("sends again as far as credit reaches, the rest when it is raised, and nothing new before")
    func credit() throws {
        var playing = Self.playing()
        let (client, _) = try Self.returning(playing.suspend())
        _ = client.receive(Self.resumed(first: 3, oldest: 3, credit: 4))
        #expect(client.resent == [3, 4] && client.session.unsentCount == 1)
        #expect(client.session.command(0, SmallWorld.number(1), now: 0) == nil)
        _ = client.receive(Self.update(50, reset: true))
        #expect(client.receive(.credit(Credit(throughSequence: 9, throughByte: 65_536))) == .creditRaised)
        #expect(client.resent == [5] && client.session.unsentCount == 0)
        guard case .command(let next)? = client.session.command(0, SmallWorld.number(1), now: 0) else { throw Unexpected() }
        #expect(next.sequence == 6)
    }

    @Test("ignores outcomes of commands that another holder of the ticket sent, and goes on after them")
    func otherHolder() throws {
        var playing = Self.playing(commands: 2, answered: 2)
        let (client, _) = try Self.returning(playing.suspend())
        for frame in [Self.resumed(first: 6, oldest: 3), Self.update(50, reset: true)] { _ = client.receive(frame) }
        for sequence in 3...5 as ClosedRange<UInt64> { #expect(client.receive(Self.outcome(sequence, tick: 50)) == .nothing) }
        #expect(client.session.nextSequence == 6)
        #expect(client.receive(Self.outcome(6, tick: 50)) == .fault(.outcomeOutOfOrder(sequence: 6)), "one that was never sent by any")
    }

    @Test("of a session that has ended, learns the outcomes that are remembered; the others are too old, expired or unknown", arguments: [false, true])
    func ended(isRefused: Bool) throws {
        for (resumption, expected) in [
            (Resumption.ended(oldest: 4, through: 4), [ClientSession.Settled.Fate.tooOld: [3 as UInt64], .expired: [5]]), (.unknown, [.unknown: [3, 4, 5]]),
        ] {
            var playing = Self.playing()
            let (client, _) = try Self.returning(playing.suspend())
            if case .ended = resumption {
                let recalled = ServerFrame.recalled(sequence: 4, tick: 43, outcome: CommandOutcome.applied(result: SmallWorld.number(1)).encoded)
                guard case .outcome(let command, tick: 43, _) = client.receive(recalled) else { throw Unexpected() }
                #expect(command.sequence == 4 && client.receive(recalled) == .nothing, "a second copy is ignored")
            }
            if isRefused {
                let refusal = ServerFrame.JoinRefusal(.accountInUse, "in use", extensions: WireExtensions([resumption.entry]))
                #expect(client.receive(.joinRefused(refusal)) == .joinRefused(refusal) && client.session.phase == .choosing)
            } else {
                guard case .joined = client.receive(Self.joined(session: 10, resumption)) else { throw Unexpected() }
            }
            #expect(client.settled == expected && client.session.unanswered.isEmpty && client.resent.isEmpty)
            #expect(client.session.isHolding == !isRefused)
            // Nothing of the old session is asked for again.
            if isRefused { #expect(Self.join(&client.session) == nil) } else { #expect(client.session.nextSequence == 1 && client.session.lastIntent == 0) }
        }
    }

    @Test("asks again after a refusal that says nothing about its session")
    func refused() throws {
        var playing = Self.playing()
        let (client, resume) = try Self.returning(playing.suspend())
        let refusal = ServerFrame.JoinRefusal(.notRunning, retryAfterMilliseconds: 1_000, "the world is starting")
        #expect(client.receive(.joinRefused(refusal)) == .joinRefused(refusal) && client.settled.isEmpty)
        #expect(Self.join(&client.session) == resume)
    }

    @Test("on another timeline, does not send again what did not run, and may go back")
    func forked() throws {
        var playing = Self.playing()
        let (client, _) = try Self.returning(playing.suspend())
        _ = client.receive(Self.resumed(first: 4, oldest: 4, fork: .after(tick: 39), tick: 41))
        #expect(client.settled == [.tooOld: [3], .notRun: [4, 5]] && client.resent.isEmpty && client.session.nextSequence == 4)
        #expect(client.receive(Self.update(41, reset: true)) == .viewComplete(tick: 41))
    }

    @Test("that wants another world, or only to look, has given its session up", arguments: [true, false])
    func elsewhere(isMonitor: Bool) throws {
        var playing = Self.playing()
        var session = ClientSession(Self.configuration, resuming: try Self.suspend(&playing))
        Self.enter(&session)
        guard case .join(let join)? = session.join(isMonitor ? "small" : "other", as: isMonitor ? .monitor : .player) else { throw Unexpected() }
        #expect(join.resume == nil && session.takeSettled().map(\.fate) == [.unknown, .unknown, .unknown] && !session.isHolding)
    }

    // MARK: What the server may not do

    @Test("ends the connection where the server's answer is none to what was asked")
    func faults() throws {
        let cases: [(String, [ServerFrame])] = [
            ("another session", [Self.joined(session: 8, first: 6, .resumed(.init(oldest: 3)))]),
            ("outcomes kept from beyond the next", [Self.resumed(first: 3, oldest: 4)]),
            ("outcomes kept from before the first", [Self.resumed(first: 6, oldest: 0)]),
            ("an outcome of a command that was not sent again", [Self.resumed(first: 3, oldest: 3), Self.outcome(3, tick: 43)]),
            ("no answer about the session", [Self.joined(first: 6)]),
            ("an update of an older tick", [Self.resumed(first: 6, oldest: 3), Self.update(41, reset: true)]),
            ("a refusal that gives the session", [.joinRefused(.init(.full, "", extensions: WireExtensions([Resumption.resumed(.init(oldest: 3)).entry])))]),
            (
                "a view that goes on in another schema",
                [.schema(hash: 7, document: SmallWorld.served.document), Self.resumed(first: 6, oldest: 3, continued: true)]
            ),
        ]
        for (what, frames) in cases {
            var playing = Self.playing()
            let (client, _) = try Self.returning(playing.suspend())
            var last = ClientReaction.nothing
            for frame in frames { last = client.receive(frame) }
            guard case .fault = last else {
                Issue.record("\(what) is taken: \(last)")
                continue
            }
            #expect(client.session.phase == .closed)
            // The session can still be asked for.
            #expect(try Self.returning(client.session.suspend()).resume.acknowledged == 2)
        }
        var fresh = ClientSession(Self.configuration)
        Self.enter(&fresh)
        _ = Self.join(&fresh)
        #expect(fresh.receive(.recalled(sequence: 1, tick: 2, outcome: [0]), now: 0) == .fault(.unexpected(.recalled)))
    }

    @Test("a view that goes on needs one that was named")
    func noView() throws {
        var half = Self.playing()
        _ = half.receive(Self.update(43, more: true), now: 0)
        let (client, resume) = try Self.returning(half.suspend())
        #expect(resume.viewTick == 0)
        #expect(client.receive(Self.resumed(first: 6, oldest: 3, continued: true)) == .fault(.unexpected(.joined)))
    }

    @Test("random answers lead to reactions, and each command has one end", arguments: 0..<200 as Range<UInt64>)
    func randomAnswers(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        var playing = Self.playing(commands: 8, answered: 3)
        var suspension = try Self.suspend(&playing)
        var ends: [UInt64: Int] = [:]
        for _ in 0..<6 {
            let (client, _) = try Self.returning(suspension)
            var reactions: [ClientReaction] = []
            for _ in 0..<random.below(8) {
                let sequence = UInt64(1 + random.below(9))
                let frames: [ServerFrame] = [
                    Self.resumed(first: sequence, oldest: UInt64(1 + random.below(Int(sequence))), continued: random.chance(1, outOf: 2), tick: 60),
                    Self.joined(session: 10, .ended(oldest: 1, through: sequence)), Self.joined(session: 10, .unknown), Self.update(60, reset: true),
                    Self.outcome(sequence, tick: 60), Self.update(61),
                    .recalled(sequence: sequence, tick: 43, outcome: CommandOutcome.applied(result: SmallWorld.number(1)).encoded),
                ]
                reactions.append(client.receive(frames[random.below(frames.count)]))
            }
            for case .outcome(let command, _, _) in reactions { ends[command.sequence, default: 0] += 1 }
            for (_, sequences) in client.settled { for sequence in sequences { ends[sequence, default: 0] += 1 } }
            let open = client.session.unanswered.map(\.sequence)
            #expect(open.allSatisfy { ends[$0] == nil } && ends.values.allSatisfy { $0 == 1 }, "seed \(seed): \(ends), open \(open)")
            guard let next = client.session.suspend(), next.unanswered.count > 0 else { return }
            suspension = next
        }
    }
}

private struct Unexpected: Error {}
