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
        var view = ClientView(SmallWorld.schema, idBase: SmallWorld.base)
        var model = Model()
        for tick in 1...60 as ClosedRange<UInt64> {
            let isReset = tick == 1 || random.chance(1, outOf: 20)
            if isReset { model = Model() }
            var writer = UpdateWriter(
                UpdateWriter.Head(tick: tick, isReset: isReset, isSized: seed % 3 == 0), base: SmallWorld.base, limit: 2_100)
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
            writer.begin(.left, entity)
            model.entities.removeAll { $0.entity == entity }
            return
        }
        if isKnown, random.chance(1, outOf: 4) {
            writer.begin(.removed, entity, components: 0b10)
            if let index = model.entities.firstIndex(where: { $0.entity == entity }) { model.entities[index].rows.removeAll { $0.0 == 2 } }
            return
        }
        let enters = !isKnown || random.chance(1, outOf: 8)
        if enters {
            model.entities.removeAll { $0.entity == entity }
            model.entities.append((entity, []))
            model.entities.sort { $0.entity < $1.entity }
        }
        rows(of: entity, enters, &random, &writer, &model)
    }

    /// Some rows of one entity, as one entry; at least one.
    static func rows(of entity: Entity, _ enters: Bool, _ random: inout RandomSource, _ writer: inout UpdateWriter, _ model: inout Model) {
        var bits: [Int] = []
        while bits.isEmpty { bits = (0..<4).filter { _ in random.chance(1, outOf: 2) } }
        let old = model.entities.first { $0.entity == entity }?.rows ?? []
        let encoded = bits.map { bit in
            let component = SmallWorld.schema.components[bit]
            let row = Self.row(component.id, &random)
            model.set(entity, component.id, row)
            return enters ? row : change(component, from: old.first { $0.0 == component.id }?.1, to: row)
        }
        let components = bits.reduce(0 as UInt64) { $0 | 1 << UInt64($1) }
        writer.begin(enters ? .entered : .changed, entity, components: components, byteCount: encoded.reduce(0) { $0 + writer.rowBytes($1.count) })
        for row in encoded { writer.row(row[...]) }
    }

    /// What differs, where there is something to differ from; otherwise all of it.
    static func change(_ component: WorldSchema.Component, from old: [UInt8]?, to row: [UInt8]) -> [UInt8] {
        let codec = RowCodec(component.row)
        var writer = ByteWriter()
        if let old, codec.encodeChange(from: old, at: 0, to: row, at: 0, &writer) { return writer.bytes }
        return codec.wholeMask + row
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
            var view = ClientView(SmallWorld.schema, idBase: SmallWorld.base)
            do throws(ViewFault) {
                _ = try view.apply(UpdateFrame(tick: 1, entries: entries))
                return nil
            } catch {
                view.checkInvariants()
                return error
            }
        }
        // Slot 1: the avatar's place; sections follow a zero each.
        #expect(fault([2, 1, 5] + SmallWorld.place(1, 2)) == .notInView(Entity(raw: SmallWorld.base.raw + 1)))
        #expect(fault([0, 2, 1]) == .notInView(Entity(raw: SmallWorld.base.raw + 1)))
        #expect(fault([0, 0, 0, 2]) == .notInView(Entity(raw: SmallWorld.base.raw + 1)))
        #expect(fault([0, 0, 2, 16, 1]) == .unknownComponent(bit: 4))
        #expect(fault([0, 0, 2, 8, 2]) == .malformed(DecodeError(.invalidBool(2), at: 4)))
        #expect(fault([0, 0, 2, 2, 0, 21]) != nil)
        for end in 1..<5 { #expect(fault(Array([0, 0, 2, 8, 1][..<end])) != nil) }
        #expect(fault([0, 0, 2, 8, 1]) == nil)
    }

    @Test("Where rows have lengths, components that the schema does not have are skipped")
    func skipped() throws {
        var view = ClientView(SmallWorld.schema, idBase: SmallWorld.base)
        let entered: [UInt8] = [0, 0, 4, 0b1_1000, 1, 1, 3, 7, 7, 7]
        #expect(try view.apply(UpdateFrame(tick: 1, isReset: true, isSized: true, entries: entered)))
        #expect(view.rowCount == 1 && view.row(SmallWorld.avatar, 5) == [1])
        #expect(try view.apply(UpdateFrame(tick: 2, isSized: true, entries: [4, 0b1_1000, 2, 1, 0, 1, 9, 0, 4, 0b1_0000])))
        #expect(view.row(SmallWorld.avatar, 5) == [0])
        #expect(throws: ViewFault.self) { try view.apply(UpdateFrame(tick: 3, isSized: true, entries: [4, 8, 3, 1, 0, 0])) }
    }
}
