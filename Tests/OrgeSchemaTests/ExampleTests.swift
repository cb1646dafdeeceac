import Testing

@testable import OrgeSchema

private enum Temper: Int8, Choice { case calm = -1, cross = 7 }

private struct Kinds: BitwiseCopyable {
    var flag = false
    var small: Int8 = 0
    var large: UInt64 = 0
    var real = 0.0
    var half: Float = 0
    var target = Entity.none
    var mood = Temper.calm
    var arrow = SIMD3<Int16>()
    var point = SIMD2<Double>()
    var path = List<UInt16, 3>()
    var flags = List<Bool, 2>()
    var text = Text<20>()

    static var rules: [FieldRule<Self>] {
        [
            .examples(\.flag, true, false), .examples(\.small, .min, -1, .max), .examples(\.large, 0, .max),
            .examples(\.real, -0.5, 1e300, .leastNonzeroMagnitude), .examples(\.half, 0.1, .greatestFiniteMagnitude),
            .examples(\.target, .none, Entity(world: 3, generation: 2, slot: 17)), .examples(\.mood, .calm, .cross),
            .examples(\.arrow, SIMD3(1, -2, 3)), .examples(\.point, SIMD2(0.25, -1e-9)), .examples(\.path, [], [1], [1, 2, 65_535]),
            .examples(\.flags, [true, false]), .examples(\.text, "", "what a day", "a,b=c"),
        ]
    }
}

@Suite("Examples of fields") struct ExampleTests {
    @Test("examples are kept in the text form that is read back as the same value")
    func texts() throws {
        let fields = RowPlan(Kinds.self, rules: Kinds.rules).layout.fields
        let expected: [[FieldValue]] = [
            [.bool(true), .bool(false)], [.signed(-128), .signed(-1), .signed(127)], [.unsigned(0), .unsigned(.max)],
            [.real(-0.5), .real(1e300), .real(.leastNonzeroMagnitude)], [.real(Double(Float(0.1))), .real(Double(Float.greatestFiniteMagnitude))],
            [.entity(.none), .entity(Entity(world: 3, generation: 2, slot: 17))],
            [.choice(ChoiceCase(raw: -1, name: "calm")), .choice(ChoiceCase(raw: 7, name: "cross"))], [.list([.signed(1), .signed(-2), .signed(3)])],
            [.list([.real(0.25), .real(-1e-9)])], [.list([]), .list([.unsigned(1)]), .list([.unsigned(1), .unsigned(2), .unsigned(65_535)])],
            [.list([.bool(true), .bool(false)])], [.text(""), .text("what a day"), .text("a,b=c")],
        ]
        #expect(fields.count == expected.count)
        for (field, values) in zip(fields, expected) { #expect(try field.constraint.examples.map(field.parse) == values, "\(field.name)") }
    }

    @Test("a list that is too long for its field is a fault of the declaration")
    func longList() throws {
        let fault = try #require(throws: AuthorFault.self) { try RowPlan(checking: Kinds.self, rules: [.examples(\.path, [1, 2, 3, 4])]) }
        #expect(fault.why.hasPrefix("the example \"1,2,3,4\" of Kinds.path: "))
    }
}
