import OrgeWire
import Testing

@testable import OrgeEdge

/// The supervisor's part is played by hand.
@Suite("Edge: slots of one server with several edges") struct SlotsTests {
    func grant(_ count: Int, _ rig: Rig) throws {
        rig.edge.slotsGranted(count, now: rig.now)
        try rig.turn()
    }

    @Test("A login waits for the slot that is asked for, and is admitted with it; the next ones use up the block without asking")
    func block() throws {
        let rig = Rig(asksForSlots: true)
        let first = try rig.connect("a")
        #expect(rig.asked == [1] && first.close == nil && rig.edge.clientCount == 0)
        try grant(3, rig)
        #expect(rig.edge.clientCount == 1 && first.isAdmitted)
        for name in ["b", "c"] { _ = try rig.connect(name) }
        #expect(rig.asked == [1] && rig.edge.clientCount == 3)
        _ = try rig.connect("d")
        #expect(rig.asked == [1, 1] && rig.edge.status.slots == 3)
    }

    @Test("Logins that wait are admitted in their order as far as slots go, and the rest is asked for again")
    func partialGrant() throws {
        let rig = Rig(asksForSlots: true)
        let clients = try ["a", "b", "c"].map { try rig.connect($0) }
        #expect(rig.asked == [1], "one request at a time")
        try grant(1, rig)
        #expect(clients.map(\.isAdmitted) == [true, false, false] && rig.asked == [1, 2])
        rig.edge.connectionClosed(clients[1].id, now: rig.now)
        try grant(2, rig)
        #expect(clients.map(\.isAdmitted) == [true, false, true])
        #expect(rig.edge.clientCount == 2 && rig.edge.status.slots == 3)
    }

    @Test("When the server is full, all waiting clients are told, and for a moment the supervisor is not asked again")
    func full() throws {
        let rig = Rig(clientLimit: 7, asksForSlots: true)
        let clients = try ["a", "b"].map { try rig.connect($0) }
        try grant(0, rig)
        #expect(clients.allSatisfy { $0.close?.reason == .full && $0.close?.text.hasPrefix("7 clients") == true })
        #expect(try rig.connect("c").close?.reason == .full)
        #expect(rig.asked == [1])
        rig.now += EdgeLimits.fullPause
        #expect(try rig.connect("d").close == nil)
        #expect(rig.asked == [1, 1])
    }

    @Test("A login that waits gets the place of a client that goes")
    func freedPlace() throws {
        let rig = Rig(asksForSlots: true)
        let first = try rig.connect("a")
        try grant(1, rig)
        let second = try rig.connect("b")
        rig.edge.connectionClosed(first.id, now: rig.now)
        try rig.turn()
        #expect(second.isAdmitted && rig.edge.clientCount == 1)
        // The answer to what it asked for meanwhile is one more.
        try grant(1, rig)
        #expect(rig.edge.status.slots == 2)
    }

    @Test("Slots that no client uses are given back, as many as are asked for; those in use are not")
    func recall() throws {
        let rig = Rig(asksForSlots: true)
        _ = try rig.connect("a")
        try grant(4, rig)
        for count in [2, 5, 1] {
            rig.edge.slotsRecalled(count)
            try rig.turn()
        }
        #expect(rig.returned == [2, 1, 0] && rig.edge.status.slots == 1 && rig.edge.clientCount == 1)
    }

    @Test("A supervisor that does not answer: logins are told after two seconds, and its answer counts when it comes")
    func silence() throws {
        let rig = Rig(asksForSlots: true)
        let client = try rig.connect("a")
        rig.now += EdgeLimits.slotWait
        rig.edge.timePassed(now: rig.now)
        try rig.turn()
        #expect(client.close?.reason == .full && rig.asked == [1])
        try grant(2, rig)
        #expect(try rig.connect("b").isAdmitted)
    }

    @Test("An edge that stands alone has all its places from the start, and asks for none")
    func alone() throws {
        let rig = Rig(clientLimit: 1)
        #expect(try rig.connect("a").isAdmitted)
        #expect(try rig.connect("b").close?.reason == .full)
        #expect(rig.asked.isEmpty)
    }
}

extension RigClient {
    /// Its login was answered with the list of worlds.
    fileprivate var isAdmitted: Bool { frames.contains { if case .worlds = $0 { true } else { false } } }
}
