import OrgeImage
import OrgeSchema
import Testing

@testable import OrgeWorld

/// Every kind of state is in the hash and in the image. The controls leave one section out and must be caught.
@Suite("Sections of a world's state")
struct SectionTests {
    /// A world in which every section has something.
    static func engine(_ seed: UInt64) -> WorldEngine {
        let engine = EngineTests.engine(seed)
        for (index, batch) in EngineTests.script(seed, ticks: 12).enumerated() {
            _ = engine.execute(tick: UInt64(index + 1), utcMilliseconds: 0, inputs: batch)
        }
        _ = engine.execute(tick: 101, utcMilliseconds: 0, inputs: [.intent(session: 1, kind: 0, payload: [0, 0, 0, 2])])
        return engine
    }

    private static func restored(_ image: MemoryImage) throws(ImageError) -> WorldEngine {
        try WorldEngine.restore(Sandbox.self, from: MemorySource(image.bytes))
    }

    /// An image of some sections.
    private static func image(_ engine: WorldEngine, _ sections: ContiguousArray<SectionEntry>) -> MemoryImage {
        var writer = ImageWriter(ImageHeader(tick: engine.tick), schema: engine.schema, to: MemoryImage())
        engine.write(sections, to: &writer)
        return writer.finish(worldHash: engine.stateHash, hostHash: engine.presenceHash)
    }

    /// Why an image does not lead to the engine's state; nil when it does.
    private static func fault(_ engine: WorldEngine, _ sections: ContiguousArray<SectionEntry>) -> ImageError? {
        do throws(ImageError) {
            let other = try restored(image(engine, sections))
            let isSame = other.stateHash == engine.stateHash && other.presenceHash == engine.presenceHash && rows(other) == rows(engine)
            return isSame ? nil : ImageError(.otherHash, "another state")
        } catch {
            return error
        }
    }

    /// All rows, server-only ones included.
    private static func rows(_ engine: WorldEngine) -> [[UInt8]] {
        engine.schema.components.flatMap { component in
            engine.entities(with: component.id).map { engine.row($0, component.id)! + [UInt8(truncatingIfNeeded: $0.raw)] }
        }
    }

    /// Changes something in the section and in no other one.
    private static func change(_ section: StateSection, of engine: WorldEngine) {
        switch section {
        case .world: engine.core.state.tick += 1
        case .entities: _ = engine.core.state.spawn()
        case .accounts: engine.core.state.setAccount(AccountRecord(account: AccountID(raw: 9), avatar: Entity(raw: 5), name: "carla"))
        case .keys:
            engine.core.state.rememberKey(
                KeyRecord(account: AccountID(raw: 9), key: IdempotencyKey(high: 1, low: 2), content: 3, tick: engine.tick, stamp: 9, result: [4]))
        case .rows(let id): engine.core.state.remove(id, engine.entities(with: UInt16(id))[0])
        case .presences: engine.setPresence(999, .init(account: AccountID(raw: 9), avatar: Entity(raw: 5)))
        }
        engine.core.state.settleChanges()
    }

    @Test("an image of all of them leads to the same state, and without any one of them it is refused by name", arguments: 0..<4 as Range<UInt64>)
    func images(seed: UInt64) {
        let engine = Self.engine(seed)
        #expect(Self.fault(engine, engine.sections) == nil)
        for (index, entry) in engine.sections.enumerated() {
            var fewer = engine.sections
            fewer.remove(at: index)
            let fault = Self.fault(engine, fewer)
            #expect(fault != nil && (fault?.section == entry.description.name || index < 2), "without \(entry.description.name): \(fault!)")
        }
    }

    @Test("a change in any one of them changes the hash that covers it, and no other hash", arguments: 0..<4 as Range<UInt64>)
    func hashes(seed: UInt64) throws {
        let engine = Self.engine(seed)
        for (index, entry) in engine.sections.enumerated() {
            let changed = try Self.restored(engine.image())
            Self.change(entry.section, of: changed)
            var fewer = engine.sections
            fewer.remove(at: index)
            for fold in [StateFold.world, .host] {
                let isCovered = changed.hash(of: fold, over: engine.sections) != engine.hash(of: fold, over: engine.sections)
                #expect(isCovered == (entry.section.fold == fold), "\(entry.description.name)")
                // The control: a hash that leaves the section out does not notice.
                #expect(changed.hash(of: fold, over: fewer) == engine.hash(of: fold, over: fewer), "without \(entry.description.name)")
            }
        }
    }

    @Test("the hash follows from the content: sections and components in another order lead to the same")
    func order() throws {
        let engine = Self.engine(7)
        var sections = engine.sections
        sections.swapAt(3, 5)
        sections.swapAt(2, 4)
        #expect(Self.fault(engine, sections) == nil)
        let shuffled = try WorldEngine.restore(ShuffledSandbox.self, from: MemorySource(engine.image().bytes))
        #expect(shuffled.stateHash == engine.stateHash)
        let back = try Self.restored(shuffled.image())
        #expect(back.stateHash == engine.stateHash && Self.rows(back) == Self.rows(engine))
    }

    @Test("the world's hash does not depend on sessions")
    func sessions() {
        let (a, b) = (EngineTests.engine(1), EngineTests.engine(1))
        _ = a.execute(tick: 1, utcMilliseconds: 0, inputs: [.arrive(session: 1, .guest("ada"))])
        _ = b.execute(tick: 1, utcMilliseconds: 0, inputs: [.arrive(session: 700, .guest("ada"))])
        _ = a.execute(tick: 2, utcMilliseconds: 0, inputs: [])
        let output = b.execute(tick: 2, utcMilliseconds: 0, inputs: [.detach(session: 700), .resume(session: 701, from: 700)])
        #expect(output.stateHash == a.stateHash && a.presenceHash != b.presenceHash)
    }

    @Test("an image of a world with other components or fields is refused, naming the section")
    func otherWorlds() {
        func fault<W: World>(_ world: W.Type) -> ImageError? {
            do throws(ImageError) { _ = try WorldEngine.restore(world, from: MemorySource(Self.engine(1).image().bytes)) } catch { return error }
            return nil
        }
        let fewer = fault(FewerSandbox.self)
        #expect(fewer?.code == .unknownSection && fewer?.section == "rows/secret")
        let more = fault(MoreSandbox.self)
        #expect(more?.code == .missingSection && more?.section == "rows/extra")
        let other = fault(OtherSandbox.self)
        #expect(other?.code == .otherLayout && other?.section == "rows/secret")
        #expect(other?.message.contains("the field value is of another type in the image") == true)
    }
}

private struct Extra: Component { var value: UInt8 = 0 }

private enum Changed {
    struct Secret: Component { var value: Float = 0 }
}

private protocol EmptyWorld: World {}

extension EmptyWorld {
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
}

private enum ShuffledSandbox: EmptyWorld {
    static let name = "sandbox"
    static var parts: Parts {
        Secret.self
        Steer.self
        Mark.self
        Place.self
    }
}

private enum FewerSandbox: EmptyWorld {
    static let name = "sandbox"
    static var parts: Parts {
        Place.self
        Mark.self
        Steer.self
    }
}

private enum MoreSandbox: EmptyWorld {
    static let name = "sandbox"
    static var parts: Parts {
        Place.self
        Mark.self
        Secret.self
        Steer.self
        Extra.self
    }
}

private enum OtherSandbox: EmptyWorld {
    static let name = "sandbox"
    static var parts: Parts {
        Place.self
        Mark.self
        Changed.Secret.self
        Steer.self
    }
}
