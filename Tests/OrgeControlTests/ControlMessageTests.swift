import OrgeControl
import OrgeSchema
import Testing

@Suite("Control messages") struct ControlMessageTests {
    static func childMessage(_ random: inout RandomSource) -> ChildMessage {
        switch random.below(16) {
        case 0:
            .hostReady(
                HostReady(
                    name: text(&random), version: UInt16(random.below(65_536)), number: UInt16(random.below(16_384)), schemaHash: random.next(),
                    incarnation: random.next(), tick: random.next()))
        case 1:
            .hostStatus(
                HostStatus(
                    tick: random.next(), hash: random.next(), incarnation: random.next(), tickP50Nanoseconds: random.next(),
                    tickP99Nanoseconds: random.next(), tickMaxNanoseconds: random.next(), late: random.next(), entities: random.next(),
                    images: HostImageStatus(
                        tick: random.next(), lost: random.next(), failed: random.next(), stopped: random.next(), trouble: text(&random)),
                    disk: HostDiskStatus(
                        bytes: random.next(), journalBytesPerHour: random.next(), freeBytes: random.next(), isFull: random.chance(1, outOf: 2),
                        trouble: text(&random), syncs: random.next(), syncP50Nanoseconds: random.next(), syncP99Nanoseconds: random.next()),
                    diskCallNanoseconds: random.next()))
        case 2: .failed(message: text(&random))
        case 3: .edgeReady(address: text(&random))
        case 4:
            .edgeStatus(
                EdgeStatus(
                    kind: text(&random), clients: UInt32(random.below(1000)), limit: UInt32(random.below(1000)), slots: 5, unauthenticated: 3,
                    queuedBytes: random.next(), turnedAway: random.next(), malformed: random.next()))
        case 5: .slotsNeeded(count: UInt32(random.below(1000)))
        case 6: .slotsReturned(count: UInt32(random.below(1000)))
        case 7: .alive
        case 8: .inStorage
        case 9: .noRoom(message: text(&random))
        case 10: .storageFailed(message: text(&random))
        case 11: .stopped(message: text(&random))
        case 12: .fenced(message: text(&random))
        case 13: .lifted(request: UInt32(random.below(1000)), .refused(why: text(&random), hint: text(&random)))
        case 14: .lifted(request: 7, .lifted(tick: random.next(), (0..<random.below(LiftAnswer.measuresLimit + 1)).map { _ in text(&random) }))
        default: .killWorld(name: text(&random))
        }
    }

    static func text(_ random: inout RandomSource) -> String {
        let alphabet: [Character] = ["a", "b", " ", "\n", "é", "世", "🌍", "\u{0}"]
        return String((0..<Int(random.below(40))).map { _ in alphabet[Int(random.below(UInt64(alphabet.count)))] })
    }

    @Test("Messages come out as they went in, however the bytes are cut", arguments: 0..<200)
    func roundTrip(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        let messages = (0..<Int(1 + random.below(8))).map { _ in Self.childMessage(&random) }
        let bytes = messages.flatMap { $0.frame() }
        var stream = ControlStream<ChildMessage>()
        var received: [ChildMessage] = []
        var offset = 0
        while offset < bytes.count {
            let count = min(bytes.count - offset, 1 + Int(random.below(30)))
            stream.append(bytes[offset..<offset + count])
            offset += count
            while let message = try stream.next() { received.append(message) }
        }
        #expect(received == messages)
    }

    @Test(
        "A supervisor's messages come out as they went in",
        arguments: [
            SupervisorMessage.stopping, .worldFailed(name: "meadow"), .slots(count: 0), .recallSlots(count: 7),
            .edges(EdgeRoster(start: 9, last: 4, alive: [1, 4])), .edges(EdgeRoster(start: 1, last: 40, alive: (1...32).map { $0 })),
            .worldSilent(name: "meadow"),
            .worldResponds(name: "meadow"), .lift(request: 3, .everything), .lift(request: 4, .kind("add")), .lift(request: 5, .system("Burn")),
            .lift(request: .max, .account("a:b c")),
        ])
    func supervisorMessages(message: SupervisorMessage) throws {
        var stream = ControlStream<SupervisorMessage>()
        stream.append(message.frame())
        #expect(try stream.next() == message)
        #expect(try stream.next() == nil)
    }

    @Test("What an operator lifts is all, or a kind, a system or an account with a name")
    func liftTargets() {
        let targets: [(String, LiftTarget?)] = [
            ("all", .everything), ("kind:add", .kind("add")), ("system:Burn", .system("Burn")), ("account:a b:c", .account("a b:c")), ("", nil), ("kind:", nil),
            ("kind", nil), ("all:", nil), ("all:x", nil), ("world:x", nil), ("account:" + String(repeating: "a", count: 33), nil),
        ]
        for (text, target) in targets { #expect(LiftTarget(text) == target, "\(text)") }
    }

    @Test("More measures than a message has room for are counted")
    func manyMeasures() throws {
        var stream = ControlStream<ChildMessage>()
        let names = (0..<1_000).map { String(repeating: "n", count: 240) + "\($0)" }
        stream.append(ChildMessage.lifted(request: 1, .lifted(tick: 2, names)).frame())
        #expect(try stream.next() == .lifted(request: 1, .lifted(tick: 2, names.prefix(47) + ["953 more"])))
    }

    @Test("A supervisor of another version, or of none, is refused with the remedy")
    func versions() {
        #expect(ControlFrame.refusal(ofSupervisor: ControlFrame.formatVersion) == nil)
        for version in [nil, ControlFrame.formatVersion - 1, ControlFrame.formatVersion + 1] {
            #expect(ControlFrame.refusal(ofSupervisor: version)?.hasSuffix("build both with one Orge") == true)
        }
    }

    @Test("A roster with more edges than a server has is refused")
    func longRoster() {
        var frame = SupervisorMessage.edges(EdgeRoster(start: 1, last: 40, alive: (1...32).map { $0 })).frame()
        frame[13] = 33
        var stream = ControlStream<SupervisorMessage>()
        stream.append(frame)
        #expect(throws: DecodeError.self) { try stream.next() }
    }

    @Test("An edge is gone when its process has ended: of this start as listed, of any other always, of later ones never")
    func roster() {
        let roster = EdgeRoster(start: 9, last: 4, alive: [1, 4])
        let gone = (1...6).map { roster.isGone(EdgeRoster.id(start: 9, ordinal: $0)) }
        #expect(gone == [false, true, true, false, false, false])
        #expect(roster.isGone(EdgeRoster.id(start: 8, ordinal: 1)) && roster.isGone(EdgeRoster.id(start: 10, ordinal: 5)))
    }

    @Test("Random and damaged bytes are a message or an error, never a trap", arguments: 0..<400)
    func damage(seed: UInt64) {
        var random = RandomSource(seed: seed)
        var bytes = Self.childMessage(&random).frame()
        for _ in 0..<(1 + random.below(4)) { bytes[Int(random.below(UInt64(bytes.count)))] = UInt8(random.below(256)) }
        bytes.removeLast(Int(random.below(UInt64(bytes.count))))
        var stream = ControlStream<ChildMessage>()
        stream.append(bytes)
        while let message = try? stream.next() { _ = message.frame() }
    }

    @Test("A frame over the limit is refused from its length alone")
    func tooLong() {
        var stream = ControlStream<ChildMessage>()
        stream.append([0, 0, 0x40, 1])
        #expect(throws: DecodeError(.overLimit(length: 16_385, limit: 16_384), at: 0)) { try stream.next() }
    }

    @Test("Bytes after a message's last field are refused")
    func trailing() {
        var frame = SupervisorMessage.stopping.frame()
        frame[3] += 1
        var stream = ControlStream<SupervisorMessage>()
        stream.append(frame + [7])
        #expect(throws: DecodeError.self) { try stream.next() }
    }

    @Test("A text over its limit is cut between characters")
    func longText() throws {
        var stream = ControlStream<ChildMessage>()
        stream.append(ChildMessage.failed(message: String(repeating: "世", count: 5000)).frame())
        #expect(try stream.next() == .failed(message: String(repeating: "世", count: 2730)))
    }
}
