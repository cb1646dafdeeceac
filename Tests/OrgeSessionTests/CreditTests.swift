import OrgeSchema
import OrgeSession
import OrgeWire
import Testing

/// Both sides' accounts of credit, held against each other; `OrgeLifeTests` walks a client's whole life.
@Suite struct CreditTests {
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
            #expect(waiting <= Int(SessionLimits.commandWindow), "seed \(seed)")
            #expect(talk.submitted.reduce(0) { $0 + $1.frameBytes } <= Int(SessionLimits.byteWindow), "seed \(seed)")
            #expect(burst == 0 || waiting > 0, "nothing can be sent though all is answered, seed \(seed)")
            talk.runTick()
            talk.exchange()
            answered += waiting
            #expect(talk.client.unanswered.isEmpty && talk.client.phase == .joined, "seed \(seed)")
        }
        #expect(answered == sent)
    }

    @Test("A key counts against the credit of both sides alike")
    func keys() {
        var talk = Conversation()
        talk.enter()
        let (payload, key) = (SmallWorld.text(String(repeating: "x", count: 1_000)), IdempotencyKey(high: 1, low: 2))
        var sent: UInt64 = 0
        while let frame = talk.client.command(1, payload, key: key, now: 0) {
            talk.say(frame)
            sent += 1
        }
        talk.exchange()
        let bytes = ClientFrame.Command.frameBytes(key: key, payloadBytes: payload.count)
        #expect(bytes == ClientFrame.Command.frameBytes(key: nil, payloadBytes: payload.count) + 16)
        #expect(sent == SessionLimits.byteWindow / UInt64(bytes) && talk.submitted.count == Int(sent) && talk.client.phase == .joined)
        #expect(talk.submitted.allSatisfy { $0.key == key && $0.payload == payload })
    }

    @Test("A client that ignores its credit is cut off at once, and nothing beyond it is submitted", arguments: [true, false])
    func greed(isLong: Bool) {
        var talk = Conversation()
        talk.enter()
        let payload = isLong ? SmallWorld.text(String(repeating: "x", count: 1_000)) : SmallWorld.number(1)
        for sequence in 1...300 as ClosedRange<UInt64> {
            talk.say(.command(ClientFrame.Command(sequence: sequence, kind: isLong ? 1 : 0, payload: payload)))
        }
        talk.exchange()
        #expect(talk.submitted.count == (isLong ? 64 : 256))
        guard case .closed(let close)? = talk.told.last else {
            Issue.record("\(talk.told)")
            return
        }
        #expect(close.reason == .overCredit && talk.disconnectEffect == .detach)
    }
}
