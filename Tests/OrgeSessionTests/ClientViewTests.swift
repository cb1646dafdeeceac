import OrgeSchema
import OrgeSession
import OrgeWire
import Testing

@Suite struct ClientViewTests {
    /// The same thing, as simply as it can be said.
    struct Model {
        var entities: [(entity: Entity, rows: [(UInt16, [UInt8])])] = []

        mutating func set(_ entity: Entity, _ component: UInt16, _ row: [UInt8]) {
            guard let index = entities.firstIndex(where: { $0.entity == entity }) else { return }
            entities[index].rows.removeAll { $0.0 == component }
            entities[index].rows.append((component, row))
            entities[index].rows.sort { $0.0 < $1.0 }
        }
    }

    @Test("A view holds what its updates said, against a plain model", arguments: 0..<30 as Range<UInt64>)
    func model(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        var view = ClientView(SmallWorld.schema)
        var model = Model()
        for tick in 1...60 as ClosedRange<UInt64> {
            let isReset = tick == 1 || random.chance(1, outOf: 20)
            if isReset { model = Model() }
            var writer = UpdateWriter(tick: tick, isReset: isReset, limit: 2_100)
            for _ in 0..<random.below(30) { Self.step(&random, &writer, &model) }
            let frames = Self.frames(writer.finish().bytes)
            for frame in frames { #expect(try view.apply(frame) == !frame.hasMore, "seed \(seed)") }
            #expect(view.completeTick == tick && view.openTick == nil)
            Self.compare(view, model, "seed \(seed), tick \(tick)")
        }
    }

    static func step(_ random: inout RandomSource, _ writer: inout UpdateWriter, _ model: inout Model) {
        let entity = Entity(raw: 1 + random.below(40 as UInt64))
        let isKnown = model.entities.contains { $0.entity == entity }
        if isKnown, random.chance(1, outOf: 4) {
            writer.leave(entity)
            model.entities.removeAll { $0.entity == entity }
            return
        }
        let enters = !isKnown || random.chance(1, outOf: 8)
        writer.begin(entity, enters ? .enter : .change)
        if enters {
            model.entities.removeAll { $0.entity == entity }
            model.entities.append((entity, []))
            model.entities.sort { $0.entity < $1.entity }
        } else if random.chance(1, outOf: 3) {
            writer.remove(2)
            if let index = model.entities.firstIndex(where: { $0.entity == entity }) { model.entities[index].rows.removeAll { $0.0 == 2 } }
        }
        for component in [0, 2, 3, 5] as [UInt16] where random.chance(1, outOf: 2) {
            let row = Self.row(component, &random)
            writer.row(component, row)
            model.set(entity, component, row)
        }
    }

    static func row(_ component: UInt16, _ random: inout RandomSource) -> [UInt8] {
        switch component {
        case 0: SmallWorld.place(UInt32(random.below(1 << 32 as UInt64)), 7)
        case 2: SmallWorld.text(String(repeating: "l", count: random.below(21)))
        case 3: SmallWorld.text(String(repeating: "s", count: random.below(2_001)))
        default: [UInt8(random.below(2))]
        }
    }

    static func frames(_ bytes: [UInt8]) -> [UpdateFrame] {
        var buffer = FrameStream.server
        buffer.append(bytes)
        var frames: [UpdateFrame] = []
        while case .frame(let range) = buffer.next() {
            var reader = buffer.reader(range)
            if case .update(let update)? = try? ServerFrame(decoding: &reader) { frames.append(update) }
        }
        return frames
    }

    static func compare(_ view: ClientView, _ model: Model, _ comment: Comment) {
        view.checkInvariants()
        var rows: [(Entity, UInt16, [UInt8])] = []
        view.forEachRow { rows.append(($0, $1, Array($2))) }
        let expected = model.entities.flatMap { one in one.rows.map { (one.entity, $0.0, $0.1) } }
        #expect(rows.map(\.0) == expected.map(\.0) && rows.map(\.1) == expected.map(\.1) && rows.map(\.2) == expected.map(\.2), comment)
        #expect(view.rowCount == expected.count && view.entityCount == model.entities.count, comment)
        for one in model.entities {
            #expect(view.rows(of: one.entity).map(\.component) == one.rows.map(\.0), comment)
            for (component, row) in one.rows { #expect(view.row(one.entity, component).map(Array.init) == row, comment) }
        }
    }

    @Test("Rows that are not rows, and entities that are not in view, are the server's fault")
    func faults() {
        func fault(_ entries: [UInt8]) -> ViewFault? {
            var view = ClientView(SmallWorld.schema)
            do throws(ViewFault) {
                _ = try view.apply(UpdateFrame(tick: 1, entries: entries))
                return nil
            } catch {
                view.checkInvariants()
                return error
            }
        }
        let entity = SmallWorld.number(5)
        #expect(fault(entity + [0, 0, 0]) == .notInView(Entity(raw: 5)))
        #expect(fault(entity + [2]) == .notInView(Entity(raw: 5)))
        #expect(fault(entity + [1, 1, 0, 0, 9]) == .unknownComponent(9))
        #expect(fault(entity + [1, 1, 0, 0, 5, 2]) == .malformed(DecodeError(.invalidBool(2), at: 13)))
        #expect(fault(entity + [1, 0, 1, 0, 5]) != nil)
        #expect(fault(entity + [3]) != nil)
        #expect(fault(entity + [1, 1, 0, 0, 2, 0, 21]) != nil)
        for end in 1..<13 { #expect(fault(Array((entity + [1, 1, 0, 0, 5, 1])[..<end])) != nil) }
    }
}
