import OrgeLink
import OrgeSchema
import Testing

@testable import OrgeHost
@testable import OrgeWorld

@Suite("What a tick lets out")
struct HeldTickTests {
    static func release(_ frame: [UInt8]) throws -> Release {
        guard case .release(let part) = try HostFrame(decoding: Array(frame.dropFirst(4))) else { throw NoRelease() }
        return part
    }

    private struct NoRelease: Error {}

    /// A tick with the outcome of a command of each of the sessions, and one answer, for two edges in turn.
    private static func tick(sessions: ClosedRange<UInt64>, changes: (inout TickOutput) -> Void) -> HeldTick {
        var output = TickOutput(tick: 7, stateHash: 1)
        changes(&output)
        var executed = ExecutedTick(output: output, utcMilliseconds: 5, chain: 9)
        for session in sessions {
            executed.outcomes.append(ExecutedTick.Outcome(edge: session % 2, source: .session(session), sequence: 1, bytes: [0]))
            executed.consumed.append(ExecutedTick.Consumed(edge: session % 2, session: session, number: 3))
        }
        executed.answers = [ExecutedTick.Answer(attachment: Attachment(edge: 1, number: 4), answer: .ended(.left))]
        return HeldTick(executed)
    }

    @Test("reaches every edge as the same bytes where it is the same, and to each edge what its own sessions are told")
    func shared() throws {
        let entities = (1...3 as ClosedRange<UInt32>).map { Entity(world: 3, generation: 1, slot: $0) }
        var held = Self.tick(sessions: 1...6) { output in
            output.changes.bytes = [1, 2, 3, 4]
            output.changes.rows = [
                ChangeSet.Row(entity: entities[0], component: 0, bytes: 0..<2), ChangeSet.Row(entity: entities[1], component: 1, bytes: nil),
                ChangeSet.Row(entity: entities[1], component: 0, bytes: 2..<4),
            ]
            output.changes.despawned = [entities[2]]
            output.eventBytes = [8, 9]
            output.events = [EmittedEvent(kind: 2, isReliable: true, audience: .all, bytes: 0..<2)]
        }
        let frames = (0...1 as ClosedRange<UInt64>).map { held.frames(to: $0, on: $0, world: 3) }
        #expect(frames[0].count == 2 && frames[1].count == 2 && frames[0][0] == frames[1][0] && frames[0][1] != frames[1][1])
        for edge in 0...1 {
            let (shared, own) = (try Self.release(frames[edge][0]), try Self.release(frames[edge][1]))
            #expect(!shared.isLast && own.isLast && shared.head == own.head && own.tick == 7)
            #expect(shared.removed == [entities[2]] && shared.unset == [RowKey(entity: entities[1], component: 1)])
            #expect(shared.set.map { Array(shared.piece($0.bytes)) } == [[1, 2], [3, 4]] && shared.set.map(\.entity) == [entities[0], entities[1]])
            #expect(shared.events.map { Array(shared.piece($0.payload)) } == [[8, 9]] && shared.outcomes.isEmpty && shared.joins.isEmpty)
            #expect(own.set.isEmpty && own.events.isEmpty && own.outcomes.map { Int($0.session % 2) } == [edge, edge, edge])
            #expect(own.consumed.allSatisfy { Int($0.session % 2) == edge } && own.consumed.count == 3)
            #expect(own.ended.map(\.attachment) == (edge == 1 ? [4] : []))
        }
    }

    @Test("is one part when it changes nothing that clients see")
    func nothingShared() throws {
        var held = Self.tick(sessions: 1...2) { _ in }
        let frames = held.frames(to: 1, on: 1, world: 3)
        #expect(frames.count == 1)
        #expect(try Self.release(frames[0]).isLast)
    }
}
