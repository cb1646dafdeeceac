import OrgeLink
import OrgeSchema
import Testing

@testable import OrgeHost
@testable import OrgeWorld

@Suite("Reliable events that an edge has not taken")
struct KeptEventsTests {
    @Test("are kept for it up to their bound, the oldest dropped first, and forgotten once it has them", arguments: [20, 60])
    func bounded(cries: Int) throws {
        let rig = try HostRig<Crier>.started()
        let (away, here) = (rig.addEdge(id: 1), rig.addEdge(id: 2))
        let anna = here.join("anna")
        try rig.settle(rounds: 5)
        rig.disconnect(away)
        for number in 1...UInt32(cries) {
            here.command(anna, 0, [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)])
            try rig.settle(rounds: 2)
        }
        let events = rig.machine!.state.kept(for: 1, after: away.lastTick, chain: { _ in 0 }).flatMap(\.events)
        let bytes = events.reduce(0) { $0 + Int($1.payload.count) }
        let tick = Crier.echoes * (Crier.bytes + HostLimits.eventHeadBytes)
        let kept = min(cries, HostLimits.eventBytesKept / tick)
        #expect(bytes == kept * Crier.echoes * Crier.bytes)
        #expect(rig.machine!.state.events.byteCount == kept * tick && here.events.count == cries * Crier.echoes)
        let hash = rig.machine!.state.hostHash
        rig.crash(losesPower: true, seed: 1)
        try rig.restart()
        #expect(rig.machine!.state.hostHash == hash && rig.machine!.state.events.byteCount == kept * tick)
        try rig.settle(rounds: 5)
        #expect(away.events.map(\.payload) == Array(here.events.map(\.payload).suffix(away.events.count)))
        #expect(away.events.count >= events.count)
        // Nor do they stay for clients that may resume, after some time; but how many there were is known.
        rig.utc += HostLimits.eventMemoryMilliseconds + 1_000
        here.command(anna, 0, [0, 0])
        try rig.settle(rounds: 5)
        #expect(rig.machine!.state.events.byteCount <= tick)
        #expect(rig.machine!.state.events.lost(after: 0) == UInt64(cries * Crier.echoes))
    }
}

extension KeptEventsTests {
    @Test("take no memory for the droppable events of their tick")
    func droppable() {
        var output = TickOutput(tick: 7, stateHash: 0)
        output.eventBytes = Array(0..<100)
        output.events = [
            EmittedEvent(kind: 1, isReliable: false, audience: .all, bytes: 0..<60), EmittedEvent(kind: 2, isReliable: true, audience: .all, bytes: 60..<70),
            EmittedEvent(kind: 3, isReliable: false, audience: .all, bytes: 70..<90), EmittedEvent(kind: 4, isReliable: true, audience: .all, bytes: 90..<100),
        ]
        let kept = KeptEvents(output)
        #expect(kept?.events.map(\.kind) == [2, 4] && kept?.events.map(\.payload) == [0..<10, 10..<20])
        #expect(kept?.bytes == Array(60..<70) + Array(90..<100))
        output.events.removeAll(where: \.isReliable)
        #expect(KeptEvents(output) == nil)
    }
}

/// One command causes an event to every client, again and again.
enum Crier: World {
    static let name = "crier"
    static let pace = Pace.onDemand
    /// Events of one command, and bytes of each.
    static let echoes = 10
    static let bytes = 4_004
    static let text = Text<4000>(cutting: String(repeating: "o", count: 4_000))
    @PartsBuilder static var parts: Parts {
        Cry.self
        Echo.self
    }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
}

struct Cry: Command {
    var number: UInt16 = 0

    static func run(_ cry: Cry, _ turn: inout Turn) throws(Refusal) {
        for _ in 0..<Crier.echoes { turn.emit(Echo(number: cry.number, text: Crier.text), to: .all) }
    }
}

struct Echo: Event {
    var number: UInt16 = 0
    var text = Text<4000>()
}
