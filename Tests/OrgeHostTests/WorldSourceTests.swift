import OrgeImage
import OrgeLink
import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

/// Another world as a source of commands: no world sends yet, so its inputs are sealed by hand.
@Suite("Commands of other worlds")
struct WorldSourceTests {
    private static let old = WorldSource(world: 8, timeline: 0)
    private static let new = WorldSource(world: 8, timeline: 77)

    private static func run(_ inputs: [HostInput], on state: inout HostState) -> ExecutedTick {
        let record = state.seal(tick: state.tick + 1, utcMilliseconds: 0, lateMicroseconds: 0, inputs: inputs)
        return state.run(record, body: record.encoded())
    }

    private static func step(_ source: WorldSource, _ sequence: UInt64) -> HostInput {
        .command(.world(source), sequence: sequence, kind: TallyBytes.step, payload: TallyBytes.step(1))
    }

    private static func code(_ bytes: [UInt8]) -> UInt8? { bytes.first == 1 ? bytes[1] : nil }

    @Test("each has one outcome, which no edge is sent; it is kept until it is acknowledged, over an image too")
    func outcomes() throws {
        var state = HostState(new: WorldEngine(Tally.self, number: 3, seed: 1))
        let executed = Self.run([Self.step(Self.old, 1), .malformed(.world(Self.old), sequence: 2), Self.step(Self.old, 3)], on: &state)
        #expect(executed.outcomes.map(\.source) == Array(repeating: .world(Self.old), count: 3) && executed.outcomes.map(\.sequence) == [1, 2, 3])
        #expect(executed.outcomes.allSatisfy { $0.edge == nil })
        #expect(executed.outcomes.map { Self.code(Array($0.bytes)) } == [Refusal.Code.unknownKind, .malformed, .unknownKind].map(\.rawValue))
        var held = HeldTick(executed)
        for frame in held.frames(to: 1, on: 1, world: 3) {
            #expect(try HeldTickTests.release(frame).outcomes.isEmpty)
        }
        _ = Self.run([.acknowledged(.world(Self.old), sequence: 2)], on: &state)
        #expect(state.table.inbox(of: Self.old)?.window.kept.map(\.sequence) == [3])
        let image = state.writeImage(ImageHeader(tick: state.tick), to: MemoryImage())
        var restored = try HostState.restore(Tally.self, from: MemorySource(image.bytes))
        #expect(restored.table == state.table && restored.hostHash == state.hostHash)
        let (one, other) = (Self.run([Self.step(Self.old, 4)], on: &state), Self.run([Self.step(Self.old, 4)], on: &restored))
        #expect(one.chain == other.chain && restored.table.inbox(of: Self.old)?.window.highest == 4)
    }

    @Test("a queue that opens again goes on after what was sealed: what was sent before is a duplicate")
    func duplicates() {
        var state = HostState(new: WorldEngine(Tally.self, number: 3, seed: 1))
        _ = Self.run([Self.step(Self.old, 1), Self.step(Self.old, 2)], on: &state)
        var queue = InputQueue(quantum: 1)
        #expect(queue.open(Self.old, state.table) == true)
        let verdicts = (1...4).map { queue.command(.world(Self.old), [1, 2, 3, 5][$0 - 1], kind: 0, cost: 1, payload: []) }
        #expect(verdicts == [.duplicate, .duplicate, .taken, .outOfSequence])
        // On another timeline 1 is new.
        #expect(queue.open(Self.new, state.table) == true)
        #expect(queue.command(.world(Self.new), 1, kind: 0, cost: 1, payload: []) == .taken)
        _ = Self.run([Self.step(Self.new, 1)], on: &state)
        #expect(state.table.inbox(of: Self.old) == nil && state.table.inbox(of: Self.new)?.window.highest == 1)
        _ = Self.run([.acknowledged(.world(Self.old), sequence: 1)], on: &state)
        #expect(state.table.inbox(of: Self.new)?.window.acknowledged == 0, "an acknowledgement of the timeline before")
    }

    @Test("change nothing that world code sees: draws and the world's chain are those of a run without them")
    func unseen() {
        func play(_ extra: Bool) -> (UInt64, UInt64) {
            var state = HostState(new: WorldEngine(Tally.self, number: 3, seed: 1))
            _ = Self.run([.join(.init(edge: 1, number: 1), .guest("anna"), takesOver: false)], on: &state)
            for sequence in 1...5 as ClosedRange<UInt64> {
                let own = HostInput.command(session: 1, sequence: sequence, kind: TallyBytes.add, payload: TallyBytes.add(sequence))
                let foreign = [Self.step(Self.old, 2 * sequence - 1), .malformed(.world(Self.old), sequence: 2 * sequence)]
                let join = HostInput.join(.init(edge: 1, number: 1 + sequence), .guest("p\(sequence)"), takesOver: false)
                _ = Self.run((extra ? foreign : []) + [join, own], on: &state)
            }
            return (state.stateHash, state.worldChain)
        }
        #expect(play(true) == play(false))
    }
}
