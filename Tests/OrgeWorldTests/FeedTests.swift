import OrgeImage
import OrgeSchema
import Testing

@testable import OrgeWorld

@Suite("The change feed")
struct FeedTests {
    private static func copy(_ engine: WorldEngine) throws -> WorldEngine {
        try WorldEngine.restore(Sandbox.self, from: MemorySource(engine.image().bytes))
    }

    /// Arrivals, departures, returns and commands that succeed and fail.
    private static func batch(_ random: inout RandomSource, _ tick: UInt64, _ sessions: inout [UInt64]) -> [Input] {
        var inputs: [Input] = []
        if sessions.count < 6, random.chance(1, outOf: 3) {
            sessions.append(tick)
            inputs.append(.arrive(session: tick, .guest("account-\(random.below(9))")))
        }
        for session in sessions where random.chance(1, outOf: 2) {
            inputs.append(EngineTests.scramble(session, tick, steps: UInt16(random.below(20)), fails: random.chance(1, outOf: 3)))
            if random.chance(1, outOf: 3) { inputs.append(.intent(session: session, kind: 0, payload: [0, 0, 0, UInt8(random.below(7))])) }
        }
        if !sessions.isEmpty, random.chance(1, outOf: 4) {
            let gone = sessions.remove(at: random.below(sessions.count))
            if random.chance(1, outOf: 3) {
                sessions.append(tick + 1_000_000)
                inputs += [.detach(session: gone), .resume(session: tick + 1_000_000, from: gone)]
            } else {
                inputs.append(.depart(session: gone))
            }
        }
        return inputs
    }

    @Test("applied to a copy of the state at the start, it leads to the same hashes and images tick by tick", arguments: 0..<20 as Range<UInt64>)
    func follow(seed: UInt64) throws {
        let engine = EngineTests.engine(seed)
        let follower = try Self.copy(engine)
        engine.isFollowed = true
        var random = RandomSource(seed: seed)
        var sessions: [UInt64] = []
        for tick in 1...UInt64(60) {
            let output = engine.execute(tick: tick, utcMilliseconds: tick, inputs: Self.batch(&random, tick, &sessions))
            try follower.apply(output.changes)
            #expect(follower.stateHash == output.stateHash && follower.presenceHash == engine.presenceHash, "seed \(seed), tick \(tick)")
            if tick % 20 == 0 { #expect(follower.image() == engine.image(), "seed \(seed), tick \(tick)") }
        }
        // A follower goes on as the world itself.
        let inputs = Self.batch(&random, 61, &sessions)
        let (mine, its) = (engine.execute(tick: 61, utcMilliseconds: 0, inputs: inputs), follower.execute(tick: 61, utcMilliseconds: 0, inputs: inputs))
        #expect(mine.stateHash == its.stateHash && mine.outcomeBytes == its.outcomeBytes && mine.eventBytes == its.eventBytes)
    }

    @Test("edges get the same of it, followed or not, and nothing that is server-only", arguments: 0..<10 as Range<UInt64>)
    func edges(seed: UInt64) throws {
        let (followed, plain) = (EngineTests.engine(seed), EngineTests.engine(seed))
        followed.isFollowed = true
        var random = RandomSource(seed: seed)
        var sessions: [UInt64] = []
        var hidden = 0
        let secret = followed.schema.component(named: "secret")!.id
        for tick in 1...UInt64(40) {
            let inputs = Self.batch(&random, tick, &sessions)
            let (all, some) = (
                followed.execute(tick: tick, utcMilliseconds: 0, inputs: inputs).changes, plain.execute(tick: tick, utcMilliseconds: 0, inputs: inputs).changes
            )
            func rows(_ changes: ChangeSet) -> [[UInt8]] {
                changes.visibleRows.map { row in "\(row.entity) \(row.component) ".utf8 + (row.bytes.map { Array(changes.bytes[$0]) } ?? []) }
            }
            #expect(rows(all) == rows(some) && all.despawned == some.despawned, "seed \(seed), tick \(tick)")
            #expect(some.rows.count == rows(some).count && some.state == nil && !some.rows.contains { $0.component == secret })
            hidden += all.rows.count { $0.component == secret }
        }
        #expect(hidden > 0, "seed \(seed)")
    }

    @Test("a feed that lacks one change of any section leads to another state")
    func control() throws {
        let engine = EngineTests.engine(3)
        engine.isFollowed = true
        var (random, sessions) = (RandomSource(seed: 3), [UInt64]())
        var caught = [false, false, false, false]
        for tick in 1...UInt64(60) {
            let before = try Self.copy(engine)
            let output = engine.execute(tick: tick, utcMilliseconds: 0, inputs: Self.batch(&random, tick, &sessions))
            for index in caught.indices {
                var changes = output.changes
                switch index {
                case 0: if changes.rows.popLast() == nil { continue }
                case 1: if changes.state?.entities.popLast() == nil { continue }
                case 2: if changes.state?.accounts.popLast() == nil { continue }
                default: if changes.state?.presences.popLast() == nil { continue }
                }
                let copy = try WorldEngine.restore(Sandbox.self, from: MemorySource(before.image().bytes))
                do throws(DecodeError) {
                    try copy.apply(changes)
                    caught[index] = caught[index] || copy.stateHash != output.stateHash || copy.presenceHash != engine.presenceHash
                } catch {
                    caught[index] = true
                }
            }
        }
        #expect(caught == [true, true, true, true])
    }
}
