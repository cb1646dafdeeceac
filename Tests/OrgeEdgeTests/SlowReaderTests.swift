import OrgeEdge
import OrgeSchema
import OrgeWire
import Testing

@Suite("Clients that do not read")
struct SlowReaderTests {
    @Test("an update on its way for ten seconds ends in slowReader, and no other client notices")
    func timeBound() throws {
        let rig = try Rig.linked()
        let (slow, good, monitor) = (try rig.join("slow"), try rig.join("good"), try rig.join("eye", .monitor))
        slow.isReading = false
        _ = try rig.add(1, slow)
        try rig.tick()
        for _ in 0..<150 {
            _ = try rig.add(1, good)
            try rig.tick()
        }
        #expect(slow.close == nil && !slow.isShellClosed)
        rig.now += 3_000_000_000
        rig.edge.timePassed(now: rig.now)
        try rig.turn()
        #expect(slow.isShellClosed && rig.edge.counters.closes(.slowReader) == 1)
        #expect(good.outcomes.count == 150 && good.close == nil && monitor.close == nil && monitor.updates >= 150)
        try rig.tick()
        #expect(rig.host.sessions.values.filter { $0.attachment == 0 }.map(\.account) == ["slow"])
    }

    @Test("unread outcomes and events beyond the bound end in slowReader before they cost more")
    func byteBound() throws {
        let rig = try Rig.linked()
        let (slow, good) = (try rig.join("slow"), try rig.join("good"))
        slow.isReading = false
        var unread = 0
        for _ in 0..<20_000 where !slow.isShellClosed {
            // It knows how credit is given, and does not wait to read it.
            let command = ClientFrame.Command(sequence: slow.sent + 1, kind: 0, payload: [1])
            slow.sent += 1
            try rig.send(.command(command), slow)
            if slow.sent.isMultiple(of: 50) { try rig.tick() }
            unread = slow.pendingRead.reduce(0) { $0 + $1.count }
        }
        #expect(slow.isShellClosed && rig.edge.counters.closes(.slowReader) == 1 && good.close == nil)
        #expect(unread <= EdgeLimits.unreadBytes + 16 * 1024)
    }

    @Test("a crowd that speaks at the same time closes no client that reads", arguments: [true, false])
    func crowd(isReliable: Bool) throws {
        let rig = try Rig.linked()
        let (near, far) = (try rig.join("near"), try rig.join("far"))
        far.isReading = false
        for _ in 0..<3 {
            rig.host.crowd = (20_000, isReliable)
            try rig.tick()
            _ = try rig.add(1, near)
            try rig.tick()
        }
        #expect(near.close == nil && near.outcomes.count == 3 && near.faults.isEmpty)
        #expect(near.rung.count == (isReliable ? 60_001 : 1))
        #expect(near.murmurs <= EdgeLimits.droppableBytes * 3)
        // Droppable events never fill a bound; reliable ones do, for a client that reads nothing.
        #expect(far.isShellClosed == isReliable)
    }

    @Test("droppable events are dropped for a client that lags, reliable ones wait, the latest state wins")
    func stalled() throws {
        let rig = try Rig.linked()
        let (slow, good) = (try rig.join("slow"), try rig.join("good"))
        slow.isReading = false
        for _ in 0..<12 {
            _ = try rig.add(1, slow)
            _ = try rig.add(1, good)
            try rig.tick()
        }
        let updates = slow.updates
        slow.isReading = true
        try rig.deliver(slow)
        try rig.turn()
        #expect(slow.outcomes.map(\.counter) == Array(1...12) && slow.rung == [1, 2, 3, 4] && slow.faults.isEmpty)
        #expect(slow.updates - updates == 2, "one that was on its way, one with the latest state")
        #expect(slow.murmurs < good.murmurs && rig.edge.counters.eventsDropped > 0)
    }

    @Test("a client that asks for schemas and reads none is closed at a number of them")
    func unreadSchemas() throws {
        let rig = try Rig.linked()
        let client = try rig.connect("ann")
        client.isReading = false
        for _ in 0..<100 where !client.isShellClosed {
            try rig.send(.describe(world: "counter"), client)
            rig.now += 1_000_000_000
        }
        #expect(client.isShellClosed && rig.edge.counters.closes(.slowReader) == 1)
        #expect(client.pendingRead.count <= EdgeLimits.unreadBulks + 2)
    }

    @Test("a client that reads late has every outcome, though it left or was let go while its view lagged", arguments: [true, false])
    func goesBehind(isLeave: Bool) throws {
        let rig = try Rig.linked()
        let slow = try rig.join("slow")
        slow.isReading = false
        for _ in 0..<4 {
            _ = try rig.add(1, slow)
            try rig.tick()
        }
        _ = try rig.add(1, slow)
        if isLeave { try rig.send(.leave, slow) } else { rig.host.evicted = [try #require(rig.host.sessions.values.first).attachment] }
        try rig.tick()
        #expect(slow.isShellClosed)
        try rig.deliver(slow)
        #expect(slow.outcomes.map(\.counter) == [1, 2, 3, 4, 5] && slow.close?.reason == .left)
        // A client that was let go sees its avatar gone, and no counter that the last outcome could agree with.
        #expect(slow.faults.isEmpty || !isLeave)
    }

    @Test("updates that are due are counted whether or not they are sent")
    func dueCount() throws {
        let rig = try Rig.linked()
        let (slow, good) = (try rig.join("slow"), try rig.join("good"))
        let before = rig.edge.counters
        slow.isReading = false
        for _ in 0..<10 {
            _ = try rig.add(1, slow)
            _ = try rig.add(1, good)
            try rig.tick()
        }
        try rig.tick()
        #expect(rig.edge.counters.updatesDue - before.updatesDue == 20)
        #expect(rig.edge.counters.updates - before.updates == 11)
    }
}
