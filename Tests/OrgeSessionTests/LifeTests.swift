import OrgeSchema
import OrgeSession
import OrgeWire
import Testing

/// A client's whole life through both pure machines, without a socket.
@Suite struct LifeTests {
    @Test("A client logs in, joins, acts, is audited and leaves, however the bytes are cut", arguments: [nil, 1, 7, 100])
    func life(chunk: Int?) throws {
        var talk = Conversation(chunk: chunk)
        for frame in talk.client.start(now: 0) { talk.say(frame) }
        talk.exchange()
        #expect(talk.told == [.choose([SmallWorld.entry])])
        talk.forget()
        talk.say(talk.client.describe("small"))
        talk.exchange()
        #expect(talk.told == [.described(hash: SmallWorld.served.hash)])
        talk.forget()
        talk.say(talk.client.join("nowhere", as: .player))
        talk.exchange()
        #expect(talk.told == [.joinRefused(ServerFrame.JoinRefusal(.unknownWorld, "there is no world nowhere"))])
        talk.forget()
        talk.say(talk.client.join("small", as: .player))
        talk.exchange()
        #expect(talk.told.count == 2 && talk.told.last == .viewComplete(tick: 40))
        #expect(talk.client.known?.schema == SmallWorld.schema)
        talk.forget()

        talk.say(talk.client.command(0, SmallWorld.number(5), now: 3))
        talk.say(talk.client.command(1, SmallWorld.text("hello"), now: 4))
        talk.say(talk.client.intent(0, [1]))
        talk.exchange()
        talk.runTick()
        talk.exchange()
        let first = ClientSession.Unanswered(sequence: 1, kind: 0, sentAt: 3)
        let second = ClientSession.Unanswered(sequence: 2, kind: 1, sentAt: 4)
        #expect(
            talk.told == [
                .viewComplete(tick: 41), .outcome(first, tick: 41, .applied(result: SmallWorld.number(5))),
                .outcome(second, tick: 41, .refused(code: 64, field: "text", reason: "not now")), .event(tick: 41, kind: 0, payload: SmallWorld.number(5)),
            ])
        #expect(talk.intents == [ClientFrame.Intent(kind: 0, payload: [1])])
        #expect(talk.client.view?.row(SmallWorld.avatar, 0).map(Array.init) == SmallWorld.place(5, 0))
        talk.forget()

        talk.say(talk.client.audit(3))
        talk.exchange()
        talk.runTick()
        talk.exchange()
        #expect(talk.told.last == .audited(AuditReport(request: 3, tick: 42, rowCount: 1, mismatchCount: 0, examples: [])))
        talk.forget()

        talk.say(talk.client.command(0, SmallWorld.number(1), now: 9))
        talk.say(talk.client.leave())
        talk.exchange()
        #expect(talk.told.isEmpty)
        talk.runTick()
        talk.exchange()
        #expect(talk.told.last == .closed(Close(.left)))
        #expect(talk.client.unanswered.isEmpty && talk.farewell == .depart)
        #expect(talk.server.phase == .closed && talk.client.phase == .closed)
    }

    @Test("A monitor sees, and its client has nothing to send")
    func monitor() {
        var talk = Conversation()
        talk.enter(as: .monitor)
        #expect(talk.client.view?.rowCount == 1)
        #expect(talk.client.command(0, SmallWorld.number(1), now: 0) == nil)
        #expect(talk.client.intent(0, [1]) == nil)
        talk.say(talk.client.leave())
        talk.exchange()
        #expect(talk.told.last == .closed(Close(.left)) && talk.farewell == .nothing)
    }

    @Test("Credit never runs over and never runs dry", arguments: 0..<20 as Range<UInt64>)
    func credit(seed: UInt64) {
        var random = RandomSource(seed: seed)
        var talk = Conversation()
        talk.enter()
        let isLong = random.chance(1, outOf: 2)
        var sent = 0
        var answered = 0
        while sent < (isLong ? 100 : 1_000) {
            let burst = random.below(400)
            for _ in 0..<burst {
                let payload = isLong ? SmallWorld.text(String(repeating: "x", count: random.below(8_000))) : SmallWorld.number(1)
                guard let command = talk.client.command(isLong ? 1 : 0, payload, now: 0) else { break }
                talk.say(command)
                sent += 1
            }
            talk.exchange()
            let waiting = talk.submitted.count
            #expect(waiting <= Int(SessionLimit.commandWindow), "seed \(seed)")
            #expect(talk.submitted.reduce(0) { $0 + $1.frameBytes } <= Int(SessionLimit.byteWindow), "seed \(seed)")
            #expect(burst == 0 || waiting > 0, "nothing can be sent though all is answered, seed \(seed)")
            talk.runTick()
            talk.exchange()
            answered += waiting
            #expect(talk.client.unanswered.isEmpty && talk.client.phase == .joined, "seed \(seed)")
        }
        #expect(answered == sent)
    }

    @Test("A client that ignores its credit is cut off at once, and nothing beyond it is submitted")
    func greed() {
        var talk = Conversation()
        talk.enter()
        for sequence in 1...300 as ClosedRange<UInt64> {
            talk.say(.command(ClientFrame.Command(sequence: sequence, kind: 0, payload: SmallWorld.number(1))))
        }
        talk.exchange()
        #expect(talk.submitted.count == 256)
        guard case .closed(let close)? = talk.told.last else {
            Issue.record("\(talk.told)")
            return
        }
        #expect(close.reason == .overCredit && talk.farewell == .detach)
    }
}
