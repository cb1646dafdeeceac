import OrgeEdge
import OrgeLink
import OrgeSchema
import OrgeSession
import OrgeWire
import Testing

@Suite("Sessions that come back to an edge by ticket")
struct ResumeTests {
    private func resume(_ client: RigClient, acknowledged: UInt64? = nil, ticket: Ticket? = nil) throws -> Resume {
        let joined = client.joined!
        return Resume(
            session: joined.session, ticket: try ticket ?? joined.ticket()!, acknowledged: acknowledged ?? client.outcomes.last?.sequence ?? 0,
            incarnation: joined.incarnation, tick: client.viewTick, eventsThrough: joined.tick - 1)
    }

    private func come(_ name: String, _ resume: Resume, _ rig: Rig) throws -> RigClient {
        let client = try rig.connect(name)
        try rig.send(.join(ClientFrame.Join(world: "counter", role: .player, resume: resume)), client)
        try rig.tick()
        return client
    }

    private func resumption(_ client: RigClient) throws -> Resumption? { try client.joined.flatMap { try Resumption(in: $0.extensions) } }

    @Test("go on where they were: same session and ticket, the outcomes that were missed after the first update, then credit and the next sequence")
    func goesOn() throws {
        let rig = try Rig.linked()
        let first = try rig.join("ann")
        for n in 1...5 as ClosedRange<UInt8> { #expect(try rig.add(n, first)) }
        try rig.tick()
        #expect(first.outcomes.count == 5)
        rig.edge.connectionClosed(first.id, now: rig.now)
        try rig.tick()
        let second = try come("ann", resume(first, acknowledged: 2), rig)
        let (given, again) = (try first.joined?.ticket(), try second.joined?.ticket())
        #expect(second.joined?.session == first.joined?.session && again == given && given != nil)
        #expect(try resumption(second) == .resumed(.init(oldest: 3)))
        #expect(second.joined?.firstSequence == 6 && second.joined?.credit.throughSequence == 2 + 256)
        #expect(second.outcomes.map(\.sequence) == [3, 4, 5] && second.outcomes.map(\.tick) == first.outcomes.suffix(3).map(\.tick))
        #expect(second.credit.throughSequence == 5 + 256)
        let types = second.frames.map(\.type).filter { [.joined, .update, .outcome, .credit].contains($0) }
        #expect(types == [.joined, .update, .outcome, .outcome, .outcome, .credit])
        #expect(try rig.add(6, second))
        try rig.tick()
        #expect(second.outcomes.last?.sequence == 6 && second.outcomes.last?.counter == 21 && rig.host.faults.isEmpty)
    }

    @Test("are taken at once from a connection of this edge: it is told, and nothing that it sends afterwards reaches the world")
    func takenFromHere() throws {
        let rig = try Rig.linked()
        let first = try rig.join("ann")
        let second = try rig.connect("ann")
        try rig.send(.join(ClientFrame.Join(world: "counter", role: .player, resume: resume(first))), second)
        #expect(first.close?.reason == .resumedElsewhere && first.close?.retryAfterMilliseconds == Close.never)
        try rig.send(.command(ClientFrame.Command(sequence: 1, kind: 0, payload: [100])), first)
        try rig.tick()
        #expect(try resumption(second) == .resumed(.init(oldest: 1)))
        #expect(try rig.add(1, second))
        try rig.tick()
        #expect(second.outcomes.map(\.counter) == [1] && rig.host.faults.isEmpty)
    }

    @Test("are taken from a connection of this edge by another edge: the host says so, and the client is told")
    func takenElsewhere() throws {
        let rig = try Rig.linked()
        let first = try rig.join("ann")
        rig.host.taken.append(first.joined!.session)
        try rig.tick()
        #expect(first.close?.reason == .resumedElsewhere)
    }

    @Test("are not given for another ticket, session or name: the client arrives as a newcomer, and is told")
    func wrongTickets() throws {
        let rig = try Rig.linked()
        let (ann, bob) = (try rig.join("ann"), try rig.join("bob"))
        for id in [ann.id, bob.id] { rig.edge.connectionClosed(id, now: rig.now) }
        try rig.tick()
        let guessed = try come("ann", resume(ann, ticket: Ticket(high: 1, low: 2)), rig)
        #expect(try resumption(guessed) == .unknown && guessed.outcomes.isEmpty)
        let stolen = try come("carl", resume(bob), rig)
        #expect(try resumption(stolen) == .unknown && stolen.joined?.session != bob.joined?.session)
        let (his, other) = (try bob.joined?.ticket(), try stolen.joined?.ticket())
        #expect(his != other && other != nil)
    }

    @Test("stay detached when the connection is lost before its join was answered, and leave when the client says so")
    func lostInBetween() throws {
        let rig = try Rig.linked()
        let first = try rig.join("ann")
        rig.edge.connectionClosed(first.id, now: rig.now)
        try rig.tick()
        for leaves in [false, true] {
            let waiting = try rig.connect("ann")
            try rig.send(.join(ClientFrame.Join(world: "counter", role: .player, resume: resume(first))), waiting)
            if leaves { try rig.send(.leave, waiting) } else { rig.edge.connectionClosed(waiting.id, now: rig.now) }
            try rig.tick()
            #expect((rig.host.sessions[first.joined!.session] == nil) == leaves)
        }
    }

    @Test("receipts reach the host; one of an outcome that was not sent closes, and receipts of nothing are limited like pings")
    func receipts() throws {
        let rig = try Rig.linked()
        let ann = try rig.join("ann")
        for n in 1...3 as ClosedRange<UInt8> { #expect(try rig.add(n, ann)) }
        try rig.tick()
        try rig.send(.received(through: 2), ann)
        try rig.tick()
        #expect(rig.host.sessions[ann.joined!.session]?.acknowledged == 2)
        for _ in 0..<30 { try rig.send(.received(through: 2), ann) }
        #expect(ann.close?.reason == .rateLimited)
        let bob = try rig.join("bob")
        try rig.send(.received(through: 1), bob)
        #expect(bob.close?.reason == .badSequence)
    }

    @Test("replays of old frames end the connection and run nothing: commands that were sealed, receipts of what never came, another join", arguments: 0..<4)
    func replays(_ kind: Int) throws {
        let rig = try Rig.linked()
        let first = try rig.join("ann")
        for n in 1...3 as ClosedRange<UInt8> { #expect(try rig.add(n, first)) }
        try rig.tick()
        rig.edge.connectionClosed(first.id, now: rig.now)
        try rig.tick()
        let second = try come("ann", resume(first, acknowledged: 3), rig)
        let frames: [(ClientFrame, CloseReason)] = [
            (.command(ClientFrame.Command(sequence: 3, kind: 0, payload: [3])), .badSequence),
            (.command(ClientFrame.Command(sequence: 5, kind: 0, payload: [3])), .badSequence),
            (.received(through: 4), .badSequence),
            (.join(ClientFrame.Join(world: "counter", role: .player, resume: try resume(first))), .unexpectedFrame),
        ]
        try rig.send(frames[kind].0, second)
        #expect(second.close?.reason == frames[kind].1)
        try rig.tick()
        // The session is none the worse for it.
        let third = try come("ann", resume(first, acknowledged: 3), rig)
        #expect(try resumption(third) == .resumed(.init(oldest: 4)) && third.joined?.firstSequence == 4)
        #expect(try rig.add(4, third))
        try rig.tick()
        #expect(third.outcomes.map(\.counter) == [10] && rig.host.faults.isEmpty)
    }

    @Test("a resume that cannot be read, or of a monitor, is malformed")
    func malformed() throws {
        let rig = try Rig.linked()
        let ann = try rig.join("ann")
        for (role, cut) in [(JoinRole.player, 1), (.monitor, 0)] {
            let client = try rig.connect("eve")
            var entry = try resume(ann).entry
            entry.bytes.removeLast(cut)
            try rig.send(.join(ClientFrame.Join(world: "counter", role: role, extensions: WireExtensions([entry]))), client)
            #expect(client.close?.reason == .malformed)
        }
    }
}
