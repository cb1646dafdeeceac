import OrgeEdge
import OrgeLink
import OrgeSchema
import OrgeWire
import Testing

@Suite("Losing links and hosts")
struct LinkLossTests {
    @Test("commands sent while the host is away are answered when it is back, once each")
    func away() throws {
        let rig = try Rig.linked()
        let client = try rig.join("ann")
        _ = try rig.add(1, client)
        try rig.unlink()
        rig.host.crash()
        _ = try rig.add(2, client)
        #expect(client.notices == [.hostAway] && client.outcomes.isEmpty)
        try rig.link()
        try rig.tick()
        #expect(client.notices == [.hostAway, .hostBack(incarnation: 2, tick: 11)])
        #expect(client.outcomes.map(\.counter) == [1, 3] && rig.host.faults.isEmpty && client.faults.isEmpty)
    }

    @Test("a turn in which clients go while the batch of their world is full to the brim ends in two batches")
    func fullBatch() throws {
        let rig = try Rig.linked(clientLimit: 400)
        let clients = try (0..<300).map { try rig.connect("c\($0)") }
        for client in clients { try rig.send(.join(ClientFrame.Join(world: "counter", role: .player)), client) }
        try rig.tick()
        var text = ByteWriter()
        text.shortText(String(repeating: "x", count: ScriptedHost.textBytes))
        // Fifteen of the longest are what credit allows; each client's are the same.
        let long = (1...15).map { ClientFrame.command(.init(sequence: $0, kind: 1, payload: text.bytes)).encoded }
        // In bytes of the batch: its head, then commands of tag, session, sequence, kind, length and payload.
        var left = LinkLimits.frameBytes - 17
        func submit(_ frame: [UInt8], _ payloadBytes: Int, _ client: RigClient) {
            client.sent += 1
            rig.edge.received(client.id, stream: frame, now: rig.now)
            left -= 23 + payloadBytes
        }
        var writer = 0
        while left >= text.count + 64 {
            if clients[writer].sent == 15 { writer += 1 }
            submit(long[Int(clients[writer].sent)], text.count, clients[writer])
        }
        let short = clients[writer + 1]
        while left >= 1 + 64 { submit(ClientFrame.command(.init(sequence: short.sent + 1, kind: 0, payload: [1])).encoded, 1, short) }
        for client in clients[280...] { rig.edge.connectionClosed(client.id, now: rig.now) }
        try rig.turn()
        #expect(writer < 279 && rig.host.lastBatch >= 3 && rig.host.faults.isEmpty)
        try rig.tick()
        #expect(rig.host.sessions.values.count { $0.attachment == 0 } == 20 && clients[..<280].allSatisfy(\.faults.isEmpty))
        #expect(short.outcomes.count == Int(short.sent))
    }

    @Test("an intent sent while the host is away is lost, and one that is sent when it is back arrives")
    func intents() throws {
        let rig = try Rig.linked(hasPlaces: true)
        let client = try rig.join("ann")
        let session = try #require(client.joined?.session)
        func steer(_ x: UInt8) throws { try rig.steer([0, 0, 0, x, 0, 0, 0, 0], client) }
        try steer(1)
        try rig.tick()
        try rig.unlink()
        rig.host.crash()
        try steer(2)
        try rig.link()
        try rig.tick()
        #expect(client.notices.last == .hostBack(incarnation: 2, tick: 12) && rig.host.sessions[session]?.place.x == 1)
        try steer(3)
        try rig.tick()
        #expect(rig.host.sessions[session]?.place.x == 3 && client.faults.isEmpty)
    }

    @Test("an update says which of the client's intents it reflects, also when that one changed nothing, and no other client hears of it")
    func consumedIntents() throws {
        let rig = try Rig.linked(hasPlaces: true)
        let (ann, bob) = (try rig.join("ann"), try rig.join("bob"))
        func steer(_ x: UInt8) throws { try rig.steer([0, 0, 0, x, 0, 0, 0, 0], ann) }
        for x in [1, 1, 2] as [UInt8] {
            try steer(x)
            try rig.tick()
            #expect(ann.consumedIntent == ann.lastIntent)
        }
        // Two in one tick: the last one counts. A number that is consumed while no new intent comes is told once.
        try steer(3)
        try steer(4)
        #expect(ann.consumedIntent == 3)
        try rig.tick()
        try rig.tick()
        #expect(ann.consumedIntent == 5 && bob.consumedIntent == 0 && ann.faults.isEmpty && bob.faults.isEmpty)
        // Lost with the host, so it is never reflected; what comes after is.
        try rig.unlink()
        rig.host.crash()
        try steer(5)
        try rig.link()
        try rig.tick()
        #expect(ann.consumedIntent == 5)
        try steer(6)
        try rig.tick()
        #expect(ann.consumedIntent == 7 && ann.faults.isEmpty)
    }

    @Test("an image says which intents its rows reflect, with the update that shows them and never twice", arguments: [false, true])
    func consumedInImage(saysTwice: Bool) throws {
        let rig = Rig(hasPlaces: true)
        (rig.host.mayResume, rig.host.saysTwice) = (false, saysTwice)
        try rig.link()
        let (ann, bob) = (try rig.join("ann"), try rig.join("bob"))
        let avatar = try #require(ann.joined?.avatar)
        for x in [4, 5] as [UInt8] {
            try rig.steer([0, 0, 0, x, 0, 0, 0, 0], ann)
            // Consumed, and the link is lost before the release has come.
            rig.host.step()
            try rig.unlink()
            let updates = ann.updates
            try rig.link()
            #expect(ann.rows[avatar]?[1]?[3] == x && ann.consumedIntent == ann.lastIntent && ann.updates == updates + 1)
            try rig.unlink()
            try rig.link()
            try rig.tick()
        }
        #expect(ann.consumedIntent == 2 && bob.consumedIntent == 0 && ann.faults.isEmpty && bob.faults.isEmpty && rig.drops.isEmpty)
    }

    @Test("a command keeps its key when it is sent again, among others without")
    func keysSentAgain() throws {
        let rig = try Rig.linked()
        let client = try rig.join("ann")
        try rig.unlink()
        let keys: [IdempotencyKey?] = [nil, IdempotencyKey(high: 1, low: 2), IdempotencyKey(high: 3, low: 4), nil, IdempotencyKey(high: .max, low: 0)]
        for (index, key) in keys.enumerated() {
            client.sent += 1
            try rig.send(.command(ClientFrame.Command(sequence: client.sent, kind: 0, key: key, payload: [UInt8(index + 1)])), client)
        }
        try rig.link()
        try rig.tick()
        #expect(rig.host.keys == keys.compactMap(\.self) && client.outcomes.map(\.sequence) == [1, 2, 3, 4, 5] && client.faults.isEmpty)
        // The payloads came whole: 1 + 2 + 3 + 4 + 5.
        #expect(rig.host.sessions.values.first?.counter == 15)
        client.sent += 1
        try rig.send(.command(ClientFrame.Command(sequence: client.sent, kind: 0, key: keys[1], payload: [1])), client)
        try rig.tick()
        #expect(rig.host.keys.last == keys[1] && client.outcomes.count == 6)
    }

    @Test("what the host released and the edge did not receive comes again, and what it received does not come twice")
    func missedRelease() throws {
        let rig = try Rig.linked()
        let client = try rig.join("ann")
        for _ in 0..<3 { _ = try rig.add(1, client) }
        try rig.tick()
        for _ in 0..<3 { _ = try rig.add(1, client) }
        rig.host.step()
        try rig.unlink()
        rig.host.mayResume = false
        try rig.link()
        #expect(client.outcomes.map(\.sequence) == [1, 2, 3, 4, 5, 6] && client.rung == [1, 2] && client.faults.isEmpty)
        try rig.unlink()
        try rig.link()
        try rig.tick()
        #expect(client.outcomes.count == 6 && client.rung == [1, 2])
    }

    @Test("a join that was lost with the host is asked for again; one without a waiting client is withdrawn")
    func joins() throws {
        let rig = try Rig.linked()
        let (waits, goes) = (try rig.connect("waits"), try rig.connect("goes"))
        for client in [waits, goes] { try rig.send(.join(ClientFrame.Join(world: "counter", role: .player)), client) }
        try rig.unlink()
        rig.host.crash()
        rig.edge.connectionClosed(goes.id, now: rig.now)
        try rig.link()
        try rig.tick()
        #expect(waits.joined != nil && rig.host.sessions.count == 1 && rig.host.faults.isEmpty)
    }

    @Test("a host that is older, another world, before what was released, or sends bad frames is refused")
    func badHosts() throws {
        let rig = try Rig.linked()
        let client = try rig.join("ann")
        try rig.unlink()
        func greeting(_ world: String, _ incarnation: UInt32, _ tick: UInt64, _ components: [WorldSchema.Component]? = nil) throws {
            var schema = rig.host.schema
            if let components { schema.components = components }
            rig.isLinked = true
            rig.edge.linkUp(world: 0, now: rig.now)
            rig.host.connect()
            try rig.turn()
            rig.host.output = [
                HostFrame.encode(
                    HostHello(
                        world: world, number: 2, pace: .fixed, incarnation: incarnation, tick: tick, resumes: false,
                        document: schema.encoded()))
            ]
            try rig.carry()
        }
        try greeting("counter", 0, 99)
        try greeting("other", 5, 99)
        try greeting("counter", 5, 1)
        let text = FieldSchema("t", .text(capacity: 65_535))
        try greeting("counter", 5, 99, rig.host.schema.components + [.init(id: 2, name: "Book", visibility: .everyone, fields: [text, text, text, text])])
        try greeting("counter", 5, 99, (0...64).map { .init(id: $0, name: "c\($0)", visibility: .everyone, fields: []) })
        #expect(rig.drops.count == 5)
        try greeting("counter", 1, 99)
        for bytes in [[0, 0, 0, 1, 0x42], [0, 0, 0, 0], [0, 0, 0, 1, 0x83]] as [[UInt8]] {
            rig.host.output = [bytes]
            try rig.carry()
            #expect(!rig.isLinked)
            try rig.link()
        }
        rig.host.mayResume = false
        try rig.unlink()
        try rig.link()
        #expect(client.close == nil && client.faults.isEmpty && rig.drops.count == 8)
        _ = try rig.add(1, client)
        try rig.tick()
        #expect(client.outcomes.count == 1)
    }

    @Test(
        "under link loss, crashes, stalls and split frames every command has one outcome, after its rows, and views end up right",
        arguments: 1...25 as ClosedRange<UInt64>)
    func storm(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        let rig = Rig(hasPlaces: random.chance(1, outOf: 2), frameLimit: random.chance(1, outOf: 2) ? 80 : nil)
        rig.host.frameLimit = random.chance(1, outOf: 2) ? 120 : LinkLimits.frameBytes
        try rig.link()
        let players = try (0..<6).map { try rig.join("p\($0)") }
        let monitor = try rig.join("eye", .monitor)
        for _ in 0..<400 {
            let client = rig.clients[random.below(rig.clients.count)]
            switch random.below(16) {
            case 0...7: if client !== monitor { _ = try rig.add(UInt8(random.below(5)), client) }
            case 8:
                guard client !== monitor else { break }
                var row = ByteWriter()
                row.u32(UInt32(random.below(150)))
                row.u32(0)
                try rig.steer(row.bytes, client)
            case 9: client.isReading = false
            case 10:
                client.isReading = true
                try rig.deliver(client)
            case 11 where random.chance(1, outOf: 2):
                if rig.isLinked, random.chance(1, outOf: 2) { rig.host.step() }
                if rig.isLinked { try rig.unlink() } else { try rig.link() }
            case 12 where random.chance(1, outOf: 3):
                if rig.isLinked { try rig.unlink() }
                rig.host.crash()
            case 13: (rig.host.mayResume, rig.host.saysTwice) = (random.chance(1, outOf: 2), random.chance(1, outOf: 2))
            default: if rig.isLinked { try rig.tick() }
            }
        }
        try settle(rig)
        for client in players { check(client, rig, seed) }
        #expect(rig.host.faults.isEmpty && rig.drops.isEmpty && monitor.faults.isEmpty, "seed \(seed): \(rig.host.faults) \(rig.drops) \(monitor.faults)")
        #expect(monitor.rows.count == 6 && monitor.viewTick <= rig.host.tick, "seed \(seed)")
        for session in rig.host.sessions.values {
            for (component, row) in rig.host.rows(session) { #expect(monitor.rows[session.avatar]?[component] == row, "seed \(seed)") }
        }
    }

    private func settle(_ rig: Rig) throws {
        if !rig.isLinked { try rig.link() }
        try rig.tick()
        for client in rig.clients {
            client.isReading = true
            try rig.deliver(client)
        }
        for _ in 0..<3 {
            try rig.turn()
            try rig.tick()
        }
    }

    private func check(_ client: RigClient, _ rig: Rig, _ seed: UInt64) {
        let session = rig.host.sessions[client.joined!.session]!
        #expect(client.close == nil && client.faults.isEmpty, "seed \(seed): \(client.name) \(client.faults) \(String(describing: client.close))")
        #expect(client.outcomes.map(\.sequence) == Array(1..<client.sent + 1), "seed \(seed): \(client.name)")
        #expect(client.outcomes.map(\.counter) == session.log, "seed \(seed): \(client.name)")
        #expect(client.rung == Array(1..<session.eventCount + 1), "seed \(seed): \(client.name)")
        for (component, row) in rig.host.rows(session) { #expect(client.rows[session.avatar]?[component] == row, "seed \(seed): \(client.name)") }
    }
}
