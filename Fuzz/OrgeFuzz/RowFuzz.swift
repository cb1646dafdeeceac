import OrgeSchema

/// Rows of a type that holds every kind of field, read in three ways that have to agree: by the compiled plan, by the layout's check, and
/// value by value.
enum RowFuzz {
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
        var flags = List<Bool, 5>()
        var vector = SIMD2<Float>()
        var friend = Entity.none
        var half: Float = 0

        static var rules: [FieldRule<Self>] {
            [.range(\.wide, -10...10, unit: "m"), .notEmpty(\.name), .owner(\.friend), .range(\.small, 3...200), .finite(\.half)]
        }
    }

    static let plan = RowPlan(Everything.self, rules: Everything.rules)

    static func seeds() -> [[UInt8]] {
        var generator = CommandGenerator(schema: WorldSchema(name: "none", version: 1, tickMicroseconds: 0), seed: 1)
        return (0..<16).map { _ in generator.row(plan.layout) }
    }

    static func run(_ bytes: [UInt8]) {
        let layout = plan.layout
        let fault = layout.fault(in: bytes)
        precondition(plan.fault(in: bytes) == fault, "plan and layout find different faults")
        if let fault {
            precondition((0...bytes.count).contains(fault.offset), "\(fault) lies outside of \(bytes.count) bytes")
            return
        }
        precondition(layout.length(in: bytes, at: 0) == bytes.count, "the length of a checked row")
        _ = layout.brokenRule(ByteReader(bytes))
        precondition(throughMemory(bytes) == bytes, "memory and back")
        precondition(throughValues(bytes) == bytes, "values and back")
    }

    private static func throughMemory(_ bytes: [UInt8]) -> [UInt8]? {
        var value = Everything()
        var reader = ByteReader(bytes)
        do throws(DecodeError) { try plan.decode(&reader, into: &value) } catch { return nil }
        var writer = ByteWriter()
        plan.encode(value, to: &writer)
        return writer.take()
    }

    private static func throughValues(_ bytes: [UInt8]) -> [UInt8]? {
        var reader = ByteReader(bytes)
        var writer = ByteWriter()
        do throws(DecodeError) { plan.layout.encode(try plan.layout.decode(&reader), to: &writer) } catch { return nil }
        return writer.take()
    }
}

/// Schema documents.
enum SchemaFuzz {
    static func seeds() -> [[UInt8]] {
        var schema = WorldSchema(
            name: "seed", version: 3, tickMicroseconds: 50_000, position: .init(component: 0, x: 0, y: 1, inner: 10, outer: 12))
        let coordinates = [FieldSchema("x", .scalar(.f64)), FieldSchema("y", .scalar(.f64))]
        schema.components = [
            .init(id: 0, name: "Place", visibility: .everyone, fields: coordinates),
            .init(id: 2, name: "Everything", visibility: .owner, fields: RowFuzz.plan.layout.fields),
        ]
        schema.commands = [.init(id: 0, name: "go", fields: RowFuzz.plan.layout.fields, result: coordinates, weight: 3, cost: 1)]
        schema.intents = [.init(id: 0, component: 2)]
        schema.events = [.init(id: 0, name: "Spoken", fields: coordinates, isReliable: true)]
        return [schema.encoded(), WorldSchema(name: "empty", version: 1, tickMicroseconds: 0).encoded()]
    }
}
