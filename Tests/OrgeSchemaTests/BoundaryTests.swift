import OrgeSchema
import Testing

@Suite("Boundary values of fields")
struct BoundaryTests {
    private static let fields: [FieldSchema] = {
        func ruled(_ name: String, _ kind: FieldKind, _ change: (inout FieldConstraint) -> Void) -> FieldSchema {
            var rule = FieldConstraint()
            change(&rule)
            return FieldSchema(name, kind, rule)
        }
        return ScalarKind.allCases.map { FieldSchema("\($0)", .scalar($0)) } + [
            ruled("narrow", .scalar(.i8)) { $0.range = .signed(-3...(-2)) },
            ruled("single", .scalar(.u16)) { $0.range = .unsigned(7...7) },
            ruled("unit", .scalar(.f32)) {
                $0.range = .real(0...1)
                $0.finite = true
            },
            ruled("said", .text(capacity: 7)) { $0.notEmpty = true },
            FieldSchema("none", .text(capacity: 0)), FieldSchema("many", .list(.u8, capacity: 3)), FieldSchema("pair", .vector(.i32, count: 2)),
            FieldSchema("mood", .choice(storage: .u8, cases: [ChoiceCase(raw: 1, name: "calm"), ChoiceCase(raw: 9, name: "cross")])),
        ]
    }()

    @Test("are rows of their field, keep its rules, and come once each", arguments: fields)
    func wellFormed(field: FieldSchema) throws {
        let layout = RowLayout([field])
        var rows: [[UInt8]] = []
        for value in field.boundaries {
            var writer = ByteWriter()
            layout.encode([value], to: &writer)
            var reader = ByteReader(writer.bytes)
            try layout.validate(&reader)
            #expect(layout.brokenRule(ByteReader(writer.bytes)) == nil, "\(value)")
            rows.append(writer.bytes)
        }
        #expect(!rows.isEmpty && Set(rows).count == rows.count)
    }

    @Test("all are drawn, in commands and in intents, and none without being asked for")
    func drawn() {
        var schema = WorldSchema(name: "edges", version: 1, tickMicroseconds: 0)
        schema.components = [.init(id: 0, name: "aim", visibility: .owner, fields: [Self.fields[1]])]
        schema.intents = [.init(id: 0, component: 0)]
        schema.commands = [.init(id: 0, name: "put", fields: [FieldSchema("number", .scalar(.i64))], result: [], weight: 1, cost: 1)]
        func drawn(_ drawsBoundaries: Bool) -> (commands: Set<[UInt8]>, intents: Set<[UInt8]>) {
            var generator = CommandGenerator(schema: schema, seed: 3)
            generator.drawsBoundaries = drawsBoundaries
            let commands = (0..<80).compactMap { _ in generator.command()?.payload }
            return (Set(commands), Set((0..<80).map { _ in generator.intent(schema.intents[0]) }))
        }
        let greatest: [UInt8] = [0x7f] + Array(repeating: 0xff, count: 7)
        let (with, without) = (drawn(true), drawn(false))
        for number in [Int64.min, .min + 1, -1, 0, 1, .max - 1, .max] {
            var writer = ByteWriter()
            writer.i64(number)
            #expect(with.commands.contains(writer.bytes), "\(number)")
        }
        #expect(with.intents.isSuperset(of: [[0x80], [0x81], [0xff], [0], [1], [0x7e], [0x7f]]))
        #expect(!without.commands.contains(greatest))
    }
}
