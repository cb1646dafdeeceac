import OrgeImage
import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

@Suite("A host that follows another")
struct FollowTests {
    private static func image(_ state: borrowing HostState) -> MemoryImage { state.writeImage(ImageHeader(tick: state.tick), to: MemoryImage()) }

    @Test("comes to the same sessions, hashes and image, from records and changes alone", arguments: 0..<20 as Range<UInt64>)
    func follow(seed: UInt64) throws {
        var script = InputScript(random: RandomSource(seed: seed))
        var leader = HostState(new: WorldEngine(Tally.self, number: 3, seed: seed))
        var follower = try HostState.restore(Tally.self, from: MemorySource(Self.image(leader).bytes))
        leader.engine.isFollowed = true
        var most = 0
        for tick in 1...UInt64(80) {
            let record = leader.seal(tick: tick, utcMilliseconds: tick, lateMicroseconds: 0, inputs: script.inputs(leader))
            let body = record.encoded()
            let executed = leader.run(record, body: body)
            most = max(most, leader.table.sessions.count)
            let followed = try follower.follow(record, body: body, executed.output)
            leader.table.checkInvariants()
            follower.table.checkInvariants()
            #expect(followed.outcomes.map(\.bytes) == executed.outcomes.map(\.bytes) && followed.answers.count == executed.answers.count)
            #expect(
                follower.stateHash == leader.stateHash && follower.hostHash == leader.hostHash && follower.chain == leader.chain, "seed \(seed), tick \(tick)")
        }
        #expect(most > 1 && Self.image(follower) == Self.image(leader), "seed \(seed)")
    }

    @Test("refuses changes that are not those of the tick")
    func otherChanges() throws {
        var leader = HostState(new: WorldEngine(Tally.self, number: 3, seed: 1))
        let image = Self.image(leader)
        leader.engine.isFollowed = true
        let join = HostInput.join(Attachment(edge: 1, number: 1), .guest("anna"), takesOver: false)
        let record = leader.seal(tick: 1, utcMilliseconds: 0, lateMicroseconds: 0, inputs: [join])
        let executed = leader.run(record, body: record.encoded())
        var output = executed.output
        _ = output.changes.rows.popLast()
        var follower = try HostState.restore(Tally.self, from: MemorySource(image.bytes))
        #expect(throws: DecodeError.self) { try follower.follow(record, body: record.encoded(), output) }
        var other = try HostState.restore(Tally.self, from: MemorySource(image.bytes))
        output.tick = 2
        #expect(throws: DecodeError.self) { try other.follow(record, body: record.encoded(), output) }
    }
}
