import Foundation
import OrgeImage
import OrgeSchema
import Synchronization
import Testing

@testable import OrgeWorld

/// Images that are read while ticks run must equal images that were made at once when the reading began.
@Suite("Images beside the running world")
struct ImageReadingTests {
    /// A world with several pages in each column, and accounts.
    private static func crowded(_ seed: UInt64, _ count: Int) throws -> WorldEngine {
        let engine = EngineTests.engine(seed)
        let script = EngineTests.script(seed, ticks: 6)
        for (index, batch) in script.enumerated() { _ = engine.execute(tick: UInt64(index + 1), utcMilliseconds: 0, inputs: batch) }
        var turn = Turn(engine.core, avatar: .none, drawSeed: seed)
        for index in 0..<count {
            let entity = try turn.spawn()
            try turn.set(entity, Place(x: Int32(index % 1_000), y: Int32(turn.random(in: 0...1_000))))
            if index % 2 == 0 { try turn.set(entity, Mark(count: UInt64(index), tag: 1)) }
            if index % 3 == 0 { try turn.set(entity, Secret(value: Double(index))) }
            if index % 5 == 0 { turn.despawn(entity) }
        }
        engine.core.state.settleChanges()
        return engine
    }

    /// A tick of commands that write, spawn, despawn, fail and are rolled back, arrivals among them.
    private static func tick(_ engine: WorldEngine, _ random: inout RandomSource, _ sequence: inout UInt64) {
        var batch: [Input] = []
        for _ in 0..<random.below(4) {
            sequence += 1
            let steps = UInt16(random.below(25))
            batch.append(EngineTests.scramble(UInt64(random.within(1...2)), sequence, steps: steps, fails: random.chance(1, outOf: 3)))
        }
        if random.chance(1, outOf: 4) {
            batch.append(.arrive(session: 1_000 + sequence, .guest("guest-\(sequence)")))
            sequence += 1
        }
        if random.chance(1, outOf: 4) { batch.append(.intent(session: 1, kind: 0, payload: [0, 0, 0, UInt8(random.below(6))])) }
        _ = engine.execute(tick: engine.tick + 1, utcMilliseconds: 0, inputs: batch)
    }

    @Test("read page by page between ticks, an image is the one of its tick, and the world is the one without", arguments: 0..<12 as Range<UInt64>)
    func stepping(seed: UInt64) throws {
        let (engine, twin) = (try Self.crowded(seed, 3_000), try Self.crowded(seed, 3_000))
        var (random, same) = (RandomSource(seed: seed), RandomSource(seed: seed))
        var (sequence, sameSequence) = (1_000 as UInt64, 1_000 as UInt64)
        var pace = RandomSource(seed: seed ^ 0xffff)
        for _ in 0..<4 {
            let expected = engine.image()
            let world = engine.beginImage()
            var reading = WorldImageReading(world)
            var writer = ImageWriter(ImageHeader(tick: world.tick), schema: engine.schema, to: MemoryImage())
            var step = ImageStep.more
            while step == .more {
                if pace.chance(1, outOf: 2) {
                    Self.tick(engine, &random, &sequence)
                    Self.tick(twin, &same, &sameSequence)
                }
                step = reading.step(&writer)
            }
            #expect(step == .end)
            engine.endImage()
            #expect(writer.finish(worldHash: world.worldHash, hostHash: world.presenceHash) == expected, "seed \(seed)")
            #expect(engine.stateHash == twin.stateHash && engine.tick == twin.tick)
        }
        #expect(engine.imageCopyCount > 0)
    }

    @Test("a reader on a thread of its own reads the image of its tick while ticks run at full speed", arguments: 0..<2 as Range<UInt64>)
    func threads(seed: UInt64) throws {
        let engine = try Self.crowded(seed, 20_000)
        var random = RandomSource(seed: seed)
        var sequence: UInt64 = 1_000
        var copies = 0
        for _ in 0..<4 {
            let expected = engine.image()
            let world = engine.beginImage()
            let result = ReadImage()
            // A thread and no task: tasks of other tests may hold all threads of the pool.
            Thread.detachNewThread { result.set(Self.read(world)) }
            while result.isMissing { Self.writeEverything(engine, &random, &sequence) }
            let image = result.image
            copies += engine.imageCopyCount
            engine.endImage()
            #expect(image == expected, "seed \(seed)")
        }
        #expect(copies > 0, "no page was written before it was read")
    }

    private static func writeEverything(_ engine: WorldEngine, _ random: inout RandomSource, _ sequence: inout UInt64) {
        tick(engine, &random, &sequence)
        var turn = Turn(engine.core, avatar: .none, drawSeed: random.next())
        turn.each { (place: inout Place) in place.x = (place.x + 1) % 1_000 }
        turn.each { (_: inout Visit, mark: inout Mark) in mark.count &+= 1 }
        engine.core.state.settleChanges()
    }

    private static func read(_ world: FrozenWorld) -> MemoryImage? {
        var reading = WorldImageReading(world)
        var writer = ImageWriter(ImageHeader(tick: world.tick), schema: world.schema, to: MemoryImage())
        while true {
            switch reading.step(&writer) {
            case .more: continue
            case .busy: sched_yield()
            case .lost: return nil
            case .end: return writer.finish(worldHash: world.worldHash, hostHash: world.presenceHash)
            }
        }
    }

    @Test("an image that needs more copies than the pool has room for is lost; the world and the next image are not", arguments: 0..<4 as Range<UInt64>)
    func exhausted(seed: UInt64) throws {
        let (engine, twin) = (try Self.crowded(seed, 5_000), try Self.crowded(seed, 5_000))
        var (random, same) = (RandomSource(seed: seed), RandomSource(seed: seed))
        var (sequence, sameSequence) = (1_000 as UInt64, 1_000 as UInt64)
        for pool in [0, 40_000, nil] as [Int?] {
            let expected = engine.image()
            let world = engine.beginImage(poolBytes: pool)
            Self.writeEverything(engine, &random, &sequence)
            Self.writeEverything(twin, &same, &sameSequence)
            #expect(engine.isImageLost == (pool != nil))
            var reading = WorldImageReading(world)
            var writer = ImageWriter(ImageHeader(tick: world.tick), schema: engine.schema, to: MemoryImage())
            var step = ImageStep.more
            while step == .more { step = reading.step(&writer) }
            #expect(step == (pool == nil ? .end : .lost))
            if step == .end { #expect(writer.finish(worldHash: world.worldHash, hostHash: world.presenceHash) == expected) }
            engine.endImage()
            #expect(engine.stateHash == twin.stateHash && !engine.isImageLost)
        }
    }
}

/// What the reading thread returns.
private final class ReadImage: Sendable {
    private let state = Mutex<(isMissing: Bool, image: MemoryImage?)>((true, nil))

    var isMissing: Bool { state.withLock { $0.isMissing } }
    var image: MemoryImage? { state.withLock { $0.image } }

    func set(_ image: MemoryImage?) { state.withLock { $0 = (false, image) } }
}
