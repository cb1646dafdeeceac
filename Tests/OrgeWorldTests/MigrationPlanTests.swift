import OrgeSchema
import Testing

@testable import OrgeWorld

@Suite("Which way data of an earlier schema goes")
struct MigrationPlanTests {
    private static let site = DeclarationSite(fileID: "test/World.swift", line: 1)

    /// A pair of schemas of one component, with what the author says, and for each field of the new row where its value comes from.
    private struct Pair {
        enum Origin {
            /// Nil: the default.
            case field(Int?)
            case computed([Int])
        }

        var old: [FieldSchema] = []
        var new: [FieldSchema] = []
        var origins: [Origin] = []
        var rules: [DeclaredMigration.Rule] = []
    }

    private static let kinds: [FieldKind] =
        ScalarKind.allCases.map { .scalar($0) } + [
            .text(capacity: 7), .list(.i16, capacity: 3), .list(.u8, capacity: 5), .vector(.f32, count: 3), .vector(.i8, count: 2),
            .choice(storage: .u16, cases: [ChoiceCase(raw: 3, name: "low"), ChoiceCase(raw: 900, name: "high")]),
        ]

    private static func one<Element>(of elements: [Element], _ random: inout RandomSource) -> Element { elements[random.below(elements.count)] }

    /// A kind that has an equal for each value of another.
    private static func wider(_ kind: FieldKind, _ random: inout RandomSource) -> FieldKind {
        func scalar(_ kind: ScalarKind) -> ScalarKind {
            one(of: ScalarKind.allCases.filter { FieldConversion(from: .scalar(kind), to: .scalar($0)) != nil }, &random)
        }
        switch kind {
        case .scalar(let element): return .scalar(scalar(element))
        case .vector(let element, let count): return .vector(scalar(element), count: count)
        case .list(let element, let capacity): return .list(scalar(element), capacity: capacity + random.below(3))
        case .text(let capacity): return .text(capacity: capacity + random.below(3))
        case .choice(_, let cases): return .choice(storage: random.below(2) == 0 ? .u16 : .u32, cases: [ChoiceCase(raw: 1, name: "new")] + cases)
        }
    }

    /// Draws what an author does to a component: fields that stay, are renamed, are dropped, are computed from others, are new, in another order.
    private static func pair(_ random: inout RandomSource) -> Pair {
        var pair = Pair()
        pair.old = (0..<random.below(7)).map { FieldSchema("f\($0)", one(of: kinds, &random)) }
        var fields: [(schema: FieldSchema, origin: Pair.Origin, rule: ((Int) -> DeclaredMigration.Rule)?)] = []
        for (index, old) in pair.old.enumerated() {
            let kind = wider(old.kind, &random)
            switch random.below(5) {
            case 0: pair.rules.append(.dropped(old.name))
            case 1:
                fields.append((FieldSchema("n\(index)", kind), .field(index), { .field(.init(target: $0, from: [(old.name, nil)], computation: nil)) }))
            case 2:
                let other = random.below(pair.old.count)
                let from = [old, pair.old[other]]
                // A text of the lengths of both, which says that the right bytes have come.
                let computation = FieldComputation { fields in text("\(fields[0].count) \(fields[1].count)") }
                fields.append(
                    (
                        FieldSchema("c\(index)", .text(capacity: 20)), .computed([index, other]),
                        { .field(.init(target: $0, from: from.map { ($0.name, $0.kind) }, computation: computation)) }
                    ))
            default: fields.append((FieldSchema(old.name, kind), .field(index), nil))
            }
        }
        for index in 0..<random.below(3) { fields.append((FieldSchema("x\(index)", one(of: kinds, &random)), .field(nil), nil)) }
        for place in fields.indices.reversed() { fields.swapAt(place, random.below(place + 1)) }
        pair.new = fields.map(\.schema)
        pair.origins = fields.map(\.origin)
        for (target, field) in fields.enumerated() { if let rule = field.rule { pair.rules.append(rule(target)) } }
        return pair
    }

    private static func text(_ text: String) -> [UInt8] {
        var writer = ByteWriter()
        writer.shortText(text)
        return writer.bytes
    }

    private static func schema(_ name: String, _ fields: [FieldSchema]) -> WorldSchema {
        var schema = WorldSchema(name: "world", version: 1, tickMicroseconds: 0)
        schema.components = [.init(id: 0, name: name, visibility: .everyone, fields: fields)]
        return schema
    }

    private static func planner(_ pair: Pair, defaultRow: [UInt8] = [], name: String = "thing") -> MigrationPlanner {
        let new = schema("thing", pair.new)
        let rules = pair.rules.map { DeclaredMigration($0, site: site) }
        let target = MigrationTarget(typeName: "Thing", row: new.components[0].row, defaultRow: defaultRow, migrations: rules)
        return MigrationPlanner(from: schema(name, pair.old), to: new, [target], worldType: "TheWorld")
    }

    @Test("Rows of random schemas become rows of what they were changed to, value by value", arguments: 1...60)
    func randomPairs(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        let pair = Self.pair(&random)
        var generator = CommandGenerator(schema: Self.schema("thing", pair.old), seed: seed)
        let (old, new) = (RowLayout(pair.old), RowLayout(pair.new))
        let defaultRow = generator.row(new)
        let planner = Self.planner(pair, defaultRow: defaultRow)
        #expect(planner.summary.gaps.isEmpty, "seed \(seed)")
        let target = try #require(planner.plan.components.first?.targets.first)
        var reader = ByteReader(defaultRow)
        let defaults = try new.decode(&reader)
        for _ in 0..<50 {
            // Not at the beginning, as in an image.
            let row = [7, 7, 7] + generator.row(old)
            var writer = ByteWriter()
            target.row.apply(row, at: 3, base: target.defaultRow, to: &writer)
            var (before, after) = (ByteReader(Array(row.dropFirst(3))), ByteReader(writer.bytes))
            let (was, values) = (try old.decode(&before), try new.decode(&after))
            try after.expectEnd()
            let ranges = old.fieldRanges(in: row, at: 3)
            for (index, origin) in pair.origins.enumerated() {
                switch origin {
                case .field(nil): #expect(values[index] == defaults[index], "seed \(seed)")
                case .field(let field?): #expect("\(values[index])" == "\(was[field])", "seed \(seed)")
                case .computed(let fields): #expect(values[index] == .text("\(ranges[fields[0]].count) \(ranges[fields[1]].count)"), "seed \(seed)")
                }
            }
        }
    }

    @Test("What is left out of an author's migrations is a gap that names the field, and the line that it proposes settles it", arguments: 1...40)
    func gaps(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        var pair = Self.pair(&random)
        while pair.rules.isEmpty { pair = Self.pair(&random) }
        let rule = pair.rules.remove(at: random.below(pair.rules.count))
        let names: [String] =
            switch rule {
            case .dropped(let name): [name]
            case .field(let field): field.from.map(\.name)
            case .formerly: []
            }
        let gaps = Self.planner(pair).summary.gaps
        // A field that another migration uses too is not lost.
        let isUsed = names.contains { name in
            pair.new.contains { $0.name == name }
                || pair.rules.contains { if case .field(let field) = $0 { field.from.contains { $0.name == name } } else { false } }
        }
        guard !isUsed else { return }
        let name = try #require(names.first { name in gaps.contains { $0.lines.contains(".dropped(\"\(name)\")") } }, "seed \(seed): \(gaps)")
        #expect(gaps.contains { $0.message.contains(".\(name)") && $0.type == "Thing" })
        pair.rules += gaps.flatMap { gap in pair.old.filter { field in gap.lines.contains(".dropped(\"\(field.name)\")") }.map { .dropped($0.name) } }
        #expect(Self.planner(pair).summary.gaps.isEmpty, "seed \(seed)")
    }

    @Test("A value that may have no equal is a gap, with a conversion to write")
    func narrowing() {
        let gaps = Self.planner(Pair(old: [FieldSchema("a", .scalar(.i64))], new: [FieldSchema("a", .scalar(.i32))])).summary.gaps
        #expect(gaps.map(\.message) == ["Thing.a is a i32, and the data has a i64 in a"])
        #expect(gaps[0].lines.first == ".converted(\"a\", Int64.self, to: \\.a) { … }")
    }

    @Test("The line that drops what has another type now closes the gap, and the field has its default")
    func droppedNarrowing() throws {
        var pair = Pair(old: [FieldSchema("a", .scalar(.i64))], new: [FieldSchema("a", .scalar(.i32))], rules: [.dropped("a")])
        #expect(Self.planner(pair).summary.gaps.isEmpty && Self.planner(pair).summary.losses == ["thing.a: dropped"])
        pair.new = pair.old
        let target = try #require(Self.planner(pair, defaultRow: [9]).plan.components[0].targets.first)
        guard case .kept = target.row.sources[0] else { Issue.record("a dropped value is taken"); return }
    }

    @Test("A new field with the name of one that was renamed has its default")
    func nameReused() throws {
        let rule = DeclaredMigration.Rule.field(.init(target: 1, from: [("a", nil)], computation: nil))
        let planner = Self.planner(Pair(old: [FieldSchema("a", .scalar(.u8))], new: ["a", "b"].map { FieldSchema($0, .scalar(.u8)) }, rules: [rule]))
        let target = try #require(planner.plan.components[0].targets.first)
        var writer = ByteWriter()
        target.row.apply([5], at: 0, base: [9, 9], to: &writer)
        #expect(writer.bytes == [9, 5] && !target.row.isIdentity)
    }

    @Test("Components that swap their names, and one whose name is taken by another, keep apart")
    func swapped() {
        func targets(_ rules: [[DeclaredMigration.Rule]], world: [DeclaredWorldMigration] = []) -> [[String]] {
            var schema = WorldSchema(name: "world", version: 1, tickMicroseconds: 0)
            schema.components = ["left", "right"].enumerated().map { .init(id: UInt16($0), name: $1, visibility: .everyone, fields: []) }
            let targets = rules.map { rules in
                MigrationTarget(typeName: "T", row: RowLayout([]), defaultRow: [], migrations: rules.map { DeclaredMigration($0, site: Self.site) })
            }
            return MigrationPlanner(from: schema, to: schema, targets, world, worldType: "W").plan.components.map { $0.targets.map(\.name) }
        }
        #expect(targets([[], []]) == [["left"], ["right"]])
        #expect(targets([[.formerly("right")], [.formerly("left")]]) == [["right"], ["left"]], "swapped")
        #expect(targets([[], [.formerly("left")]]) == [["left", "right"], ["right"]], "split")
        let dropped = DeclaredWorldMigration(rule: .dropped("left"), before: 2, site: Self.site)
        #expect(targets([[], [.formerly("left")]], world: [dropped]) == [["right"], ["right"]], "the new left is another")
        #expect(targets([[], []], world: [dropped]) == [[], ["right"]])
    }

    @Test("A field that may have another name is offered as renamed")
    func renames() {
        let pair = Pair(old: [FieldSchema("money", .scalar(.i32))], new: [FieldSchema("cents", .scalar(.i64)), FieldSchema("name", .text(capacity: 3))])
        let gaps = Self.planner(pair).summary.gaps
        #expect(gaps.count == 1 && gaps[0].lines == [".renamed(\"money\", to: \\.cents)", ".dropped(\"money\")"])
    }

    @Test("Rows of a component that is gone are a gap of the world")
    func component() {
        let gaps = Self.planner(Pair(old: [], new: []), name: "other").summary.gaps
        #expect(gaps.count == 1 && gaps[0].type == "TheWorld" && gaps[0].lines == [".dropped(\"other\")", ".formerly(\"other\")  // in Thing"])
        let pair = Pair(old: [FieldSchema("a", .scalar(.u8))], new: [FieldSchema("a", .scalar(.u8))], rules: [.formerly("other")])
        let planner = Self.planner(pair, name: "other")
        #expect(planner.summary.gaps.isEmpty && planner.summary.changes == ["component other: is now thing"])
    }

    @Test("Rules bind what a migration computes, and nothing else")
    func rules() throws {
        var ruled = [FieldSchema("moved", .list(.u8, capacity: 3)), FieldSchema("made", .scalar(.u8)), FieldSchema("new", .scalar(.u8))]
        for index in ruled.indices { ruled[index].constraint.range = .unsigned(1...5) }
        let computation = FieldComputation { fields in [fields[0].last!] }
        let rule = DeclaredMigration.Rule.field(.init(target: 1, from: [("moved", .list(.u8, capacity: 3))], computation: computation))
        let old = [FieldSchema("moved", .list(.u8, capacity: 3))]
        let planner = Self.planner(Pair(old: old, new: ruled, rules: [rule]), defaultRow: [0, 0, 0, 0])
        let target = try #require(planner.plan.components[0].targets.first)
        for (row, field) in [([0, 2, 9, 5], nil), ([0, 2, 1, 9], "made")] as [([UInt8], String?)] {
            var writer = ByteWriter()
            target.row.apply(row, at: 0, base: target.defaultRow, to: &writer)
            #expect(writer.bytes == row + [row[3], 0])
            #expect(target.row.brokenRule(writer.bytes)?.field == field)
        }
    }

    @Test("Kept results and events stay readable where kinds are added at the end, and nowhere else")
    func keptResults() {
        func plan(_ old: [(String, FieldKind)], _ new: [(String, FieldKind)]) -> [Bool] {
            func schema(_ kinds: [(name: String, kind: FieldKind)]) -> WorldSchema {
                var schema = WorldSchema(name: "world", version: 1, tickMicroseconds: 0)
                for (id, (name, kind)) in kinds.enumerated() {
                    let fields = [FieldSchema("a", kind)]
                    schema.commands.append(.init(id: UInt16(id), name: name, fields: [], result: fields, weight: 1, cost: 1))
                    schema.events.append(.init(id: UInt16(id), name: name, fields: fields, isReliable: true))
                }
                return schema
            }
            let plan = MigrationPlanner(from: schema(old), to: schema(new), [], worldType: "W").plan
            return [plan.dropsResults, plan.dropsEvents]
        }
        let (one, two): ((String, FieldKind), (String, FieldKind)) = (("one", .scalar(.u8)), ("two", .scalar(.u16)))
        #expect(plan([one], [one, two]) == [false, false])
        #expect(plan([one], [two, one]) == [true, true], "another number")
        #expect(plan([one, two], [one]) == [true, true], "one is gone")
        #expect(plan([one], [("one", .scalar(.u16))]) == [true, true], "another layout")
    }

    @Test("Two components become one, unless both would give a field its value")
    func merges() throws {
        func planner(_ names: [String]) -> MigrationPlanner {
            var old = Self.schema("left", [FieldSchema("a", .scalar(.u8))])
            old.components.append(.init(id: 1, name: "right", visibility: .everyone, fields: [FieldSchema(names[0], .scalar(.u8))]))
            let new = Self.schema("left", [FieldSchema("a", .scalar(.u8)), FieldSchema("b", .scalar(.u8))])
            let rules = [DeclaredMigration(.formerly("right"), site: Self.site)]
            let target = MigrationTarget(typeName: "Left", row: new.components[0].row, defaultRow: [7, 7], migrations: rules)
            return MigrationPlanner(from: old, to: new, [target], worldType: "TheWorld")
        }
        #expect(planner(["b"]).summary.gaps.isEmpty)
        #expect(planner(["a"]).summary.gaps.map(\.message) == ["Left.a would get a value from left and right"])
        var (row, base) = ([UInt8](), [UInt8]([7, 7]))
        for (component, value) in zip(planner(["b"]).plan.components, [1, 2] as [UInt8]) {
            var writer = ByteWriter()
            component.targets[0].row.apply([value], at: 0, base: base, to: &writer)
            (row, base) = (writer.bytes, writer.bytes)
        }
        #expect(row == [1, 2])
    }

    @Test("Two migrations that both fit are a gap")
    func ambiguity() {
        let rules: [DeclaredMigration.Rule] = ["a", "b"].map { .field(.init(target: 0, from: [($0, nil)], computation: nil)) }
        let old = [FieldSchema("a", .scalar(.u8)), FieldSchema("b", .scalar(.u8))]
        let gaps = Self.planner(Pair(old: old, new: [FieldSchema("c", .scalar(.u8))], rules: rules)).summary.gaps
        #expect(gaps.first?.message == "2 migrations to Thing.c fit the data of thing")
    }
}
