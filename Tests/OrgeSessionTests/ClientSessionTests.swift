import OrgeSchema
import OrgeSession
import OrgeWire
import Testing

@Suite struct ClientSessionTests {
    static func joined() -> Conversation {
        var talk = Conversation()
        talk.enter()
        talk.forget()
        return talk
    }

    @Test("What the server may not do is named, and ends the session")
    func faults() {
        let cases: [([ServerFrame], ClientFault)] = [
            ([.outcome(sequence: 1, tick: 41, outcome: [0])], .outcomeOutOfOrder(sequence: 1)),
            ([.credit(.none)], .creditFell),
            ([.credit(Credit(throughSequence: 1, throughByte: .max))], .creditFell),
            ([.credit(Credit(throughSequence: .max, throughByte: 1))], .creditFell),
            ([.worlds([])], .unexpected(.worlds)),
            ([.update(UpdateFrame(tick: 39, entries: []))], .view(.wrongTick(39, after: 40))),
            ([.update(UpdateFrame(tick: 41, hasMore: true, entries: [])), .update(UpdateFrame(tick: 42, entries: []))], .view(.wrongTick(42, after: 41))),
            ([.update(UpdateFrame(tick: 41, hasMore: true, entries: [])), .event(tick: 41, kind: 0, payload: SmallWorld.number(1))], .unexpected(.event)),
            (
                [.event(tick: 42, kind: 0, payload: SmallWorld.number(1)), .event(tick: 41, kind: 0, payload: SmallWorld.number(1))],
                .tickWentBack(from: 42, to: 41)
            ),
            ([.auditAnswer(AuditAnswer(request: 1, tick: 41, rows: []))], .wrongAudit(request: 1)),
            ([.event(tick: 41, kind: 7, payload: [])], .malformed(DecodeError(.unknown(what: "event", value: 7), at: 9))),
        ]
        for (frames, fault) in cases {
            var talk = Self.joined()
            var last = ClientReaction.nothing
            for frame in frames { last = talk.client.receive(frame, now: 0) }
            #expect(last == .fault(fault))
            #expect(talk.client.phase == .closed)
            #expect(talk.client.receive(.notice(.hostAway), now: 0) == .nothing)
        }
    }

    @Test("The last intent of each kind is there to be sent again when the world is back, and none of a client that has left")
    func standingIntents() {
        var talk = Conversation()
        #expect(talk.client.intent(0, [1]) == nil && talk.client.standingIntents().isEmpty)
        talk.enter()
        #expect(talk.client.standingIntents().isEmpty && talk.client.intent(9, [1]) == nil)
        for way in [1, 0, 1] as [UInt8] { talk.say(talk.client.intent(0, [way])) }
        #expect(talk.client.receive(.notice(.hostAway), now: 0) == .notice(.hostAway))
        _ = talk.client.intent(0, [0])
        #expect(talk.client.standingIntents() == [.intent(ClientFrame.Intent(number: 5, kind: 0, payload: [0]))])
        talk.say(talk.client.leave())
        #expect(talk.client.standingIntents().isEmpty)
    }

    @Test("Frames and notices of later versions are passed over")
    func tolerance() {
        var talk = Self.joined()
        for bytes in [[0xe0, 1, 2, 3], [0xfe], [0x8c, 0, 99, 1]] as [[UInt8]] {
            var reader = ByteReader(bytes)
            #expect(talk.client.receive(&reader, now: 0) == .nothing)
        }
        #expect(talk.client.phase == .joined)
    }

    @Test("An audit tells missing, surplus and different rows, lets outer ones be, and starts again when the host was away")
    func audit() {
        var talk = Self.joined()
        var update = UpdateWriter(UpdateWriter.Head(tick: 41, isReset: true), base: SmallWorld.base)
        for slot in 1...3 as ClosedRange<UInt64> {
            update.enter(Entity(raw: slot), SmallWorld.place(UInt32(slot), 0))
        }
        talk.client.apply(update)
        _ = talk.client.audit(8)
        func row(_ entity: UInt64, _ x: UInt32, isInner: Bool) -> AuditRow {
            AuditRow(entity: Entity(raw: entity), component: 0, valueHash: ValueHash.of(component: 0, row: SmallWorld.place(x, 0)), isInner: isInner)
        }
        let first = AuditAnswer(request: 8, tick: 41, hasMore: true, rows: [row(1, 1, isInner: true), row(2, 9, isInner: true)])
        let second = AuditAnswer(request: 8, tick: 41, rows: [row(4, 4, isInner: true), row(5, 5, isInner: false)])
        #expect(talk.client.receive(.auditAnswer(first), now: 0) == .nothing)
        #expect(talk.client.receive(.notice(.hostAway), now: 0) == .notice(.hostAway))
        #expect(talk.client.receive(.auditAnswer(first), now: 0) == .nothing)
        let expected: [AuditReport.Mismatch] = [
            AuditReport.Mismatch(what: .different, entity: Entity(raw: 2), component: 0),
            AuditReport.Mismatch(what: .surplus, entity: Entity(raw: 3), component: 0),
            AuditReport.Mismatch(what: .missing, entity: Entity(raw: 4), component: 0),
        ]
        #expect(
            talk.client.receive(.auditAnswer(second), now: 0)
                == .audited(AuditReport(request: 8, tick: 41, rowCount: 3, mismatchCount: 3, examples: expected)))
    }

    @Test("A client pings by itself, in time for the idle limit")
    func pings() {
        var talk = Self.joined()
        #expect(talk.client.timePassed(now: SessionLimits.clientPing - 1) == .nothing)
        #expect(talk.client.timePassed(now: SessionLimits.clientPing) == .send(.ping(clientTime: SessionLimits.clientPing)))
        #expect(talk.client.timePassed(now: SessionLimits.clientPing + 1) == .nothing)
        #expect(SessionLimits.clientPing * 3 <= SessionLimits.idle)
    }

    @Test("A client that leaves has no ping to send, and no time to wait for that has passed")
    func noPingWhileLeaving() {
        var talk = Self.joined()
        #expect(talk.client.leave() == .leave)
        let now = talk.client.deadline + 1
        #expect(talk.client.timePassed(now: now) == .nothing && talk.client.deadline > now)
    }

    @Test("The clock trusts the shortest round trip, and finds the tick in it", arguments: 0..<20 as Range<UInt64>)
    func clock(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        var clock = ClockSync()
        let skew = random.below(1 << 40 as UInt64)
        var now: UInt64 = 1 << 41
        var best = UInt64.max
        for number in 0..<8 {
            let there = number == 4 ? 1_000 : 1_000_000 + random.below(50_000_000 as UInt64)
            let back = number == 4 ? 1_000 : 1_000_000 + random.below(50_000_000 as UInt64)
            let sentAt = now
            let server = now + there + skew
            now += there + back
            // The world's ticks begin at multiples of 50 ms of the server's clock.
            let pong = ServerFrame.Pong(
                clientTime: sentAt, serverMicroseconds: server / 1000, tick: server / 50_000_000, microsecondsIntoTick: UInt32(server % 50_000_000 / 1000))
            clock.note(pong, sentAt: sentAt, now: now)
            best = min(best, there + back)
            now += random.below(5_000_000_000 as UInt64)
        }
        #expect(clock.best?.roundTrip == best)
        let server = try #require(clock.serverTime(at: now))
        #expect(abs(Int64(bitPattern: server &- (now + skew))) <= 3_000, "seed \(seed)")
        let position = try #require(clock.tickPosition(at: now, tickMicroseconds: 50_000))
        let estimate = Double(position.tick) + position.fraction
        #expect(abs(estimate - Double(now + skew) / 50_000_000) < 0.001, "seed \(seed)")
        #expect(clock.tickPosition(at: now, tickMicroseconds: 0) == nil)

        // Two seconds at half the speed are twenty ticks.
        clock.dilationPermille = 500
        let slow = try #require(clock.tickPosition(at: now, tickMicroseconds: 50_000))
        let later = try #require(clock.tickPosition(at: now + 2_000_000_000, tickMicroseconds: 50_000))
        #expect(abs(Double(later.tick) + later.fraction - Double(slow.tick) - slow.fraction - 20) < 0.001, "seed \(seed)")
    }

    @Test("Random bytes and frames only ever lead to reactions", arguments: 0..<100 as Range<UInt64>)
    func fuzz(seed: UInt64) {
        var random = RandomSource(seed: seed)
        var talk = Conversation()
        for frame in talk.client.start(now: 0) { talk.say(frame) }
        if random.chance(9, outOf: 10) { talk.exchange() }
        if random.chance(9, outOf: 10) { talk.say(talk.client.join("small", as: .player)) }
        if random.chance(9, outOf: 10) { talk.exchange() }
        for _ in 0..<50 {
            let bytes = Self.bytes(&random)
            let wasClosed = talk.client.phase == .closed
            var reader = ByteReader(bytes)
            let reaction = talk.client.receive(&reader, now: random.next())
            if wasClosed { #expect(reaction == .nothing, "seed \(seed)") }
            if case .fault = reaction { #expect(talk.client.phase == .closed, "seed \(seed)") }
            talk.client.view?.checkInvariants()
        }
    }

    /// A frame of some type with random content, or one that is nearly right.
    static func bytes(_ random: inout RandomSource) -> [UInt8] {
        var update = UpdateWriter(
            UpdateWriter.Head(
                tick: 40 + random.below(3 as UInt64), isReset: random.chance(1, outOf: 8), isSized: random.chance(1, outOf: 4),
                consumedIntent: random.chance(1, outOf: 8) ? 1 : nil), base: SmallWorld.base)
        let entity = Entity(raw: 1 + random.below(4 as UInt64))
        if random.chance(2, outOf: 3) { update.enter(entity, SmallWorld.place(1, 2)) } else { update.change(entity, SmallWorld.place(1, 2)) }
        let frames: [[UInt8]] = [
            update.finish().bytes, ServerFrame.credit(Credit(throughSequence: random.next(), throughByte: random.next())).encoded,
            ServerFrame.event(tick: random.below(99 as UInt64), kind: 0, payload: SmallWorld.number(1)).encoded,
            ServerFrame.pong(
                ServerFrame.Pong(clientTime: random.next(), serverMicroseconds: random.next(), tick: random.next(), microsecondsIntoTick: 7)
            ).encoded,
            ServerFrame.schema(hash: 7, document: SmallWorld.served.document).encoded,
        ]
        var bytes = Array(frames[random.below(frames.count)].dropFirst(4))
        if random.chance(1, outOf: 4) { bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
        if random.chance(1, outOf: 8) { bytes.removeLast(random.below(bytes.count)) }
        if random.chance(1, outOf: 8) {
            bytes = [0x80 | UInt8(random.below(16))] + (0..<random.below(40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        }
        return bytes
    }
}

extension ClientSession {
    fileprivate mutating func apply(_ update: consuming UpdateWriter) {
        var buffer = FrameStream.server
        buffer.append(update.finish().bytes)
        while case .frame(let range) = buffer.next() {
            var reader = buffer.reader(range)
            _ = receive(&reader, now: 0)
        }
    }
}
