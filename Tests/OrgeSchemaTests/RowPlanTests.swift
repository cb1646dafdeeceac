import OrgeSchema
import Testing

enum Mood: Int16, Choice { case calm = 7, cross = -2, sleepy = 300 }

struct Inner: BitwiseCopyable, Sendable {
    var flag = false
    var far: Int64 = 0
}

struct Everything: BitwiseCopyable, Sendable {
    var small: UInt8 = 0
    var wide: Double = 0
    var inner = Inner()
    var mood = Mood.calm
    var name = Text<11>()
    var numbers = List<Int32, 3>()
    var vector = SIMD2<Float>()
    var friend = Entity.none
    var half: Float = 0

    static var fields: [FieldRule<Self>] {
        [.range(\.wide, -10...10, unit: "m"), .notEmpty(\.name), .owner(\.friend), .range(\.small, 3...200), .finite(\.half)]
    }
}

@Suite("The plan of a row")
struct RowPlanTests {
    let plan = RowPlan(Everything.self, rules: Everything.fields)

    func drawn(_ seed: UInt64) -> [UInt8] {
        var generator = CommandGenerator(schema: WorldSchema(name: "none", version: 1, tickMicroseconds: 0), seed: seed)
        return generator.row(plan.layout)
    }

    @Test("names nested fields with dots and keeps the order of declaration")
    func names() {
        #expect(plan.layout.fields.map(\.name) == ["small", "wide", "inner.flag", "inner.far", "mood", "name", "numbers", "vector", "friend", "half"])
    }

    @Test("reads back what it wrote, byte by byte, for drawn rows", arguments: 0..<200 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        let bytes = drawn(seed)
        var value = Everything()
        var reader = ByteReader(bytes)
        try plan.decode(&reader, into: &value)
        try reader.expectEnd()
        var writer = ByteWriter()
        plan.encode(value, to: &writer)
        #expect(writer.bytes == bytes)
        var dynamic = ByteReader(bytes)
        let values = try plan.layout.decode(&dynamic)
        var again = ByteWriter()
        plan.layout.encode(values, to: &again)
        #expect(again.bytes == bytes)
        var check = ByteReader(bytes)
        #expect(try plan.layout.validate(&check) == bytes.count)
        #expect(plan.layout.length(in: bytes, at: 0) == bytes.count)
        #expect(plan.layout.brokenRule(ByteReader(bytes)) == nil, "drawn rows keep the rules")
    }

    @Test("typed and untyped reading agree on every truncation and every changed byte", arguments: 0..<20 as Range<UInt64>)
    func damaged(seed: UInt64) {
        let bytes = drawn(seed)
        var damaged = (0..<bytes.count).map { Array(bytes.prefix($0)) }
        for index in bytes.indices {
            for byte in [0, 1, 2, 0x7f, 0x80, 0xff] as [UInt8] {
                var copy = bytes
                copy[index] = byte
                damaged.append(copy)
            }
        }
        for bytes in damaged {
            var value = Everything()
            var typed = ByteReader(bytes)
            let readsTyped = (try? plan.decode(&typed, into: &value)) != nil
            var untyped = ByteReader(bytes)
            let readsUntyped = (try? plan.layout.validate(&untyped)) != nil
            // Floats are checked for the one NaN by both.
            #expect(readsTyped == readsUntyped)
        }
    }

    @Test("refuses a Bool of 2, an unknown case, a count over capacity and broken UTF-8")
    func refuses() {
        func error(_ change: (inout [UInt8]) -> Void) -> DecodeError.Code? {
            var writer = ByteWriter()
            plan.encode(Everything(), to: &writer)
            var bytes = writer.bytes
            change(&bytes)
            var reader = ByteReader(bytes)
            do { try plan.layout.validate(&reader); return nil } catch { return error.code }
        }
        #expect(error { $0[9] = 2 } == .invalidBool(2))
        #expect(
            error {
                $0[18] = 0; $0[19] = 1
            } == .invalidChoice(1))
        #expect(error { $0[21] = 12 } == .countOverCapacity(count: 12, capacity: 11))
        #expect(error { $0[1...8] = [0x7f, 0xff, 0, 0, 0, 0, 0, 1] } == .notCanonical)
        #expect(
            error {
                $0[21] = 1; $0.insert(0xff, at: 22)
            } == .invalidUTF8)
    }

    @Test("names the rule that a row breaks")
    func rules() {
        func broken(_ change: (inout Everything) -> Void) -> String? {
            var value = Everything()
            value.small = 3
            value.name = "x"
            change(&value)
            var writer = ByteWriter()
            plan.encode(value, to: &writer)
            return plan.layout.brokenRule(ByteReader(writer.bytes))?.description
        }
        #expect(broken { _ in } == nil)
        #expect(broken { $0.wide = 10.5 } == "wide: must be from -10.0 to 10.0 m, not 10.5")
        #expect(broken { $0.wide = .nan } == "wide: must be a finite number")
        #expect(broken { $0.half = .infinity } == "half: must be a finite number")
        #expect(broken { $0.name = Text() } == "name: must not be empty")
        #expect(broken { $0.small = 2 } == "small: must be from 3 to 200, not 2")
    }

    @Test("says of typed text what is wrong with it")
    func parsing() throws {
        let fields = plan.layout.fields
        #expect(try fields[4].parse("cross") == .choice(ChoiceCase(raw: -2, name: "cross")))
        #expect(try fields[8].parse("3:17.2") == .entity(Entity(world: 3, generation: 2, slot: 17)))
        #expect(try fields[6].parse("1,-2") == .list([.signed(1), .signed(-2)]))
        #expect(throws: ValueError.self) { try fields[6].parse("1,2,3,4") }
        let error = #expect(throws: ValueError.self) { try fields[0].parse("256") }
        #expect(error?.message == "\"256\" is not a whole number from 3 to 200")
        #expect(throws: ValueError.self) { try fields[8].parse("3:17") }
    }

    @Test("a schema document reads back as it was, and any damage is an error, not a trap")
    func document() throws {
        var schema = WorldSchema(name: "test", version: 3, tickMicroseconds: 50_000)
        schema.components = [
            WorldSchema.Component(id: 0, name: "everything", visibility: .everyone, fields: plan.layout.fields),
            WorldSchema.Component(id: 1, name: "secret", visibility: .server, fields: plan.layout.fields),
        ]
        schema.commands = [.init(id: 0, name: "do", fields: plan.layout.fields, result: [], weight: 2, cost: 1)]
        schema.intents = [.init(id: 0, component: 0)]
        schema.events = [.init(id: 0, name: "done", fields: plan.layout.fields, isReliable: true)]
        schema.position = .init(component: 0, x: 0, y: 1, inner: 1, outer: 2)
        let bytes = schema.encoded()
        #expect(try WorldSchema(decoding: bytes) == schema)
        #expect(schema.clientView.components.map(\.id) == [0])
        for count in bytes.indices { #expect(throws: DecodeError.self) { try WorldSchema(decoding: Array(bytes.prefix(count))) } }
        for index in bytes.indices {
            var copy = bytes
            copy[index] ^= 0xff
            if let read = try? WorldSchema(decoding: copy) { #expect(read != schema) }
        }
    }
}
