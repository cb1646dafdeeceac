import OrgeSchema
import OrgeTestSupport
import OrgeSession
import OrgeWire
import Testing

/// `docs/vectors/updates.json`: a conversation's updates, and the view after each. Written with `ORGE_WRITE_VECTORS=1`, as the others.
@Suite("Golden vectors of updates")
struct UpdateVectorTests {
    struct Row: Codable, Equatable {
        var entity: String
        var component: Int
        var row: String
    }

    struct Update: Codable, Equatable {
        var what: String
        /// Types and bodies; all but the last have `more`.
        var frames: [String]
        /// The whole view afterwards, ascending.
        var view: [Row]
    }

    struct Malformed: Codable, Equatable {
        var why: String
        var frame: String
    }

    struct Vectors: Codable, Equatable {
        var schema: String
        var idBase: String
        var updates: [Update]
        /// Frames that must be rejected after the last update.
        var malformed: [Malformed]
    }

    static let base = idBase(ofWorld: 1)

    static let schema: WorldSchema = {
        var schema = WorldSchema(name: "vectors", version: 1, tickMicroseconds: 50_000)
        let choice = FieldKind.choice(storage: .u8, cases: [ChoiceCase(raw: 1, name: "sheep"), ChoiceCase(raw: 2, name: "hare")])
        schema.components = [
            .init(id: 0, name: "place", visibility: .everyone, fields: [FieldSchema("x", .scalar(.i32)), FieldSchema("y", .scalar(.i32))]),
            .init(
                id: 1, name: "numbers", visibility: .everyone,
                fields: [ScalarKind.i8, .u8, .i16, .u16, .i64, .u64, .f32, .f64, .entity, .bool].enumerated().map {
                    FieldSchema("n\($0.offset)", .scalar($0.element))
                }),
            .init(
                id: 3, name: "words", visibility: .everyone,
                fields: [FieldSchema("text", .text(capacity: 20)), FieldSchema("list", .list(.i16, capacity: 4)), FieldSchema("pair", .vector(.u8, count: 2))]),
            .init(id: 4, name: "kind", visibility: .everyone, fields: [FieldSchema("kind", choice)]),
            .init(id: 5, name: "mark", visibility: .everyone, fields: []),
        ]
        return schema
    }()

    static func entity(_ slot: UInt32, _ generation: UInt32 = 1) -> Entity { Entity(world: 1, generation: generation, slot: slot) }

    static func place(_ x: Int32, _ y: Int32) -> [UInt8] { SmallWorld.place(UInt32(bitPattern: x), UInt32(bitPattern: y)) }

    /// The numbers' row, every field moved by `step`.
    static func numbers(_ step: Int) -> [UInt8] {
        var writer = ByteWriter()
        writer.u8(UInt8(bitPattern: Int8(-100 + step)))
        writer.u8(UInt8(100 + step))
        writer.u16(UInt16(bitPattern: Int16(-30_000 + 70 * step)))
        writer.u16(UInt16(60_000 - 70 * step))
        writer.i64(.min + Int64(step) * 1_000_000)
        writer.u64(.max - UInt64(step) * 1_000_000)
        writer.u32(Float(step).bitPattern)
        writer.f64(Double(step) / 4)
        writer.entity(entity(UInt32(step)))
        writer.flag(step % 2 == 1)
        return writer.bytes
    }

    static func words(_ text: String, _ list: [Int16], _ pair: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        writer.shortText(text)
        writer.u16(UInt16(list.count))
        for element in list { writer.u16(UInt16(bitPattern: element)) }
        writer.bytes(pair)
        return writer.bytes
    }

    /// Writes updates as a server does, from what the view holds.
    struct Author {
        var rows: [Entity: [Int: [UInt8]]] = [:]
        var updates: [Update] = []
        var tick: UInt64 = 126

        mutating func update(
            _ what: String, isReset: Bool = false, isSized: Bool = false, intent: UInt32? = nil, changed: [(Entity, [Int: [UInt8]])] = [],
            removed: [(Entity, UInt64)] = [], entered: [(Entity, [Int: [UInt8]])] = [], left: [Entity] = [], limit: Int = WireLimits.serverFrameBytes
        ) {
            tick += 1
            if isReset { rows = [:] }
            var writer = UpdateWriter(
                UpdateWriter.Head(tick: tick, isReset: isReset, isSized: isSized, consumedIntent: intent), base: base, limit: limit)
            for (entity, news) in changed { write(.changed, entity, news.map { ($0, change($0, rows[entity]?[$0], $1)) }, &writer) }
            for (entity, bits) in removed { writer.begin(.removed, entity, components: bits) }
            for (entity, news) in entered { write(.entered, entity, news.map { ($0, $1) }, &writer) }
            for entity in left { writer.begin(.left, entity) }
            for (entity, news) in entered { rows[entity] = news }
            for (entity, news) in changed { for (bit, row) in news { rows[entity]?[bit] = row } }
            for (entity, bits) in removed { for bit in 0..<5 where bits >> UInt64(bit) & 1 == 1 { rows[entity]?[bit] = nil } }
            for entity in left { rows[entity] = nil }
            let frames = ClientViewTests.frames(writer.finish().bytes).map { Hex.text(ServerFrame.update($0).encoded.dropFirst(4)) }
            updates.append(Update(what: what, frames: frames, view: view))
        }

        private func change(_ bit: Int, _ old: [UInt8]?, _ new: [UInt8]) -> [UInt8] { ClientViewTests.change(schema.components[bit], from: old, to: new) }

        private func write(_ section: UpdateSection, _ entity: Entity, _ rows: [(Int, [UInt8])], _ writer: inout UpdateWriter) {
            let sorted = rows.sorted { $0.0 < $1.0 }
            let bytes = sorted.reduce(0) { $0 + writer.rowBytes($1.1.count) }
            writer.begin(section, entity, components: sorted.reduce(0 as UInt64) { $0 | 1 << UInt64($1.0) }, byteCount: bytes)
            for (_, row) in sorted { writer.row(row[...]) }
        }

        private var view: [Row] {
            rows.sorted { $0.key < $1.key }.flatMap { entity, rows in
                rows.sorted { $0.key < $1.key }.map { Row(entity: "\(entity.raw)", component: Int(schema.components[$0.key].id), row: Hex.text($0.value)) }
            }
        }
    }

    static func author() -> Author {
        var author = Author()
        let (one, two, far, later) = (entity(0), entity(700), Entity(world: 3, generation: 9, slot: 1), entity(2, 5))
        author.update(
            "the first update: everything enters", isReset: true,
            entered: [(one, [0: place(5, -5), 1: numbers(0)]), (two, [0: place(100, 200), 2: words("héllo", [1, -1], [7, 8]), 3: [1], 4: []])])
        author.update("small differences", intent: 3, changed: [(one, [0: place(6, -70)]), (two, [0: place(100, 199)])])
        author.update("integers of every width move by a little, others as values", changed: [(one, [1: numbers(3)])])
        author.update("integers move by more than a difference is worth", changed: [(one, [0: place(.max, .min)])])
        author.update("texts, lists, vectors and choices are values", changed: [(two, [2: words("", [4, 5, 6, 7], [7, 8]), 3: [2]])])
        author.update("rows go, and an entity without rows stays", removed: [(one, 0b11), (two, 0b1_0000)])
        author.update("a row that was not there comes whole; ids far apart", changed: [(one, [0: place(1, 2)])], entered: [(later, [3: [1]]), (far, [4: []])])
        author.update("rows after their lengths", isSized: true, changed: [(one, [0: place(2, 2)])], entered: [(entity(9), [0: place(-1, -1), 3: [2]])])
        author.update(
            "over several frames", changed: [(one, [0: place(9, 9), 1: numbers(8)])],
            entered: (20..<26).map { (entity($0), [1: numbers(Int($0))]) }, left: [two, far], limit: 120)
        author.update("nothing but an intent", intent: 40)
        author.update("another reset", isReset: true, entered: [(one, [0: place(0, 0), 3: [1]])])
        return author
    }

    static let malformed: [(String, String)] = [
        ("a changed entity that is not in view", "04 01 02 02"), ("a row that the view does not hold, in part", "02 02 02 00 00 02"),
        ("a mask that names no field", "02 01 00"), ("a mask beyond the last field", "02 01 11 00000001"), ("the field change that is not defined", "02 01 03"),
        ("a difference that overflows", "02 01 02 80 80 80 80 10"), ("a difference of a choice", "02 08 02 02"), ("an entry without a component", "02 00"),
        ("a component beyond the schema", "02 20 01"), ("a section that ends with the frame", "02 01 02 02 00"), ("a fifth section", "00 00 00 00 02"),
        ("a varint longer than need be", "02 01 02 82 00"), ("a choice that is no case", "02 08 01 03"),
        ("a removed row of an entity that is not in view", "00 04 01"),
        ("an entity that leaves and is not in view", "00 00 00 04"), ("a row that is cut", "00 00 06 01 00000001 000000"),
    ]

    static func vectors() -> Vectors {
        let author = author()
        let head = "860000" + "8901"
        let malformed =
            malformed.map { Malformed(why: $0.0, frame: head + $0.1.replacing(" ", with: "")) }
            + [
                Malformed(why: "flags that are not defined", frame: "8600108901"), Malformed(why: "a tick that falls", frame: "86000001"),
                Malformed(why: "another session", frame: "8601008901"),
            ]
        return Vectors(schema: Hex.text(schema.encoded()), idBase: "\(base.raw)", updates: author.updates, malformed: malformed)
    }

    @Test("updates.json: the file is what the code writes, and a view that reads it shows what the file says")
    func updates() throws {
        let vectors = Self.vectors()
        #expect(try GoldenVectors.stored("updates", writing: vectors) == vectors, "\(GoldenVectors.remedy)")
        var view = ClientView(Self.schema, idBase: Self.base)
        for update in vectors.updates {
            for frame in update.frames { #expect(try view.apply(Self.frame(frame)) == (frame == update.frames.last), "\(update.what)") }
            var rows: [Row] = []
            view.forEachRow { rows.append(Row(entity: "\($0.raw)", component: Int($1), row: Hex.text($2))) }
            #expect(rows == update.view, "\(update.what)")
        }
        for one in vectors.malformed {
            var copy = view
            #expect(throws: (any Error).self, "\(one.why)") { _ = try copy.apply(Self.frame(one.frame)) }
            copy.checkInvariants()
        }
    }

    static func frame(_ hex: String) throws -> UpdateFrame {
        var reader = ByteReader(Hex.bytes(hex))
        guard case .update(let update) = try ServerFrame(decoding: &reader) else { throw DecodeError(.inconsistent("no update"), at: 0) }
        return update
    }
}
