import OrgeSchema

/// Finds out how the data of an earlier schema becomes that of the present code, by names, kinds and declared migrations.
struct MigrationPlanner {
    private let old: WorldSchema
    private let new: WorldSchema
    /// In the order of the present schema.
    private let present: [MigrationTarget]
    private let worldMigrations: [DeclaredWorldMigration]
    private let worldType: String
    private(set) var plan = MigrationPlan()
    private(set) var summary = MigrationSummary()

    init(from old: WorldSchema, to new: WorldSchema, _ present: [MigrationTarget], _ declared: [DeclaredWorldMigration] = [], worldType: String) {
        self.old = old
        self.worldType = worldType
        self.new = new
        self.present = present
        worldMigrations = declared.filter { $0.applies(to: old.version) }
        for component in old.components { add(component) }
        for component in new.components where !plan.components.contains(where: { $0.targets.contains { $0.name == component.name } }) {
            summary.changes.append("component \(component.name): added")
        }
        findDoubled()
        addSteps()
        plan.dropsResults = !Self.goOn(old.commands.map { ($0.name, $0.result) }, new.commands.map { ($0.name, $0.result) })
        plan.dropsEvents = !Self.goOn(old.events.map { ($0.name, $0.row) }, new.events.map { ($0.name, $0.row) })
    }

    /// Whether rows of the earlier kinds are read alike now: each kind has its number and its layout still. More kinds may follow.
    private static func goOn(_ old: [(name: String, row: RowLayout)], _ new: [(name: String, row: RowLayout)]) -> Bool {
        old.count <= new.count && zip(old, new).allSatisfy { $0.name == $1.name && $1.row.difference(from: $0.row) == nil }
    }

    private mutating func add(_ component: WorldSchema.Component) {
        var entry = MigrationPlan.Component(name: component.name, row: component.row)
        let columns = present.indices.filter { takes($0, component.name) }
        var used = Array(repeating: false, count: component.row.fields.count)
        var fresh: [(column: Int, field: Int)] = []
        for column in columns {
            let name = new.components[column].name
            if name != component.name { summary.changes.append("component \(component.name): \(Self.verb(columns.count)) \(name)") }
            let row = RowMigration(from: component.row, to: present[column].row, sources(column, component, &used, &fresh))
            entry.targets.append(.init(column: column, name: name, row: row, defaultRow: present[column].defaultRow))
        }
        if columns.isEmpty { drop(component) } else { settleRest(component, columns, used, fresh) }
        plan.components.append(entry)
    }

    private static func verb(_ count: Int) -> String { count == 1 ? "is now" : "gives rows to" }

    /// Whether a present component gets rows of an earlier one.
    private func takes(_ column: Int, _ name: String) -> Bool { wasCalled(column, name) || new.components[column].name == name && goesOn(column) }

    private func wasCalled(_ column: Int, _ name: String) -> Bool { rules(column).contains { if case .formerly(name) = $0.rule { true } else { false } } }

    /// Whether a component is what had its name before: not where that is dropped, nor where it has gone to another, and this one comes from elsewhere.
    private func goesOn(_ column: Int) -> Bool {
        let name = new.components[column].name
        if drops(name) { return false }
        let comesFromElsewhere = old.components.contains { $0.name != name && wasCalled(column, $0.name) }
        return !(comesFromElsewhere && present.indices.contains { $0 != column && wasCalled($0, name) })
    }

    private func drops(_ component: String) -> Bool { worldMigrations.contains { if case .dropped(component) = $0.rule { true } else { false } } }

    private func rules(_ column: Int) -> [DeclaredMigration] { present[column].migrations.filter { $0.applies(to: old.version) } }

    private mutating func drop(_ component: WorldSchema.Component) {
        if drops(component.name) {
            summary.change("component \(component.name): dropped, with its rows", isLoss: true)
        } else {
            summary.gaps.append(
                .init(
                    message: "the data has rows of \(component.name), and no component takes them", type: worldType,
                    lines: [".dropped(\"\(component.name)\")"] + newComponents.map { ".formerly(\"\(component.name)\")  // in \($0)" }))
        }
    }

    /// Types of the components that the data does not have.
    private var newComponents: [String] {
        new.components.indices.filter { index in !old.components.contains { takes(index, $0.name) } }.map { present[$0].typeName }
    }

    /// The sources of a present component's fields.
    private mutating func sources(
        _ column: Int, _ component: WorldSchema.Component, _ used: inout [Bool], _ fresh: inout [(column: Int, field: Int)]
    ) -> [RowMigration.Source] {
        present[column].row.fields.indices.map { index in
            let declared = declaredSources(column, index, component.row)
            if declared.count > 1 { ambiguous(column, index, component, declared.count) }
            let source = declared.first.map { declaredSource($0.0, $0.1, column, index, component) } ?? sameName(column, index, component)
            switch source {
            case .copied(let field), .widened(let field): used[field] = true
            case .computed(let fields, _): for field in fields { used[field] = true }
            case .kept: fresh.append((column, index))
            }
            return source
        }
    }

    private func declaredSources(_ column: Int, _ index: Int, _ row: RowLayout) -> [(DeclaredMigration.FieldMigration, [Int])] {
        rules(column).compactMap { migration in
            guard case .field(let field) = migration.rule, field.target == index, let sources = field.sources(in: row) else { return nil }
            return (field, sources)
        }
    }

    private mutating func ambiguous(_ column: Int, _ index: Int, _ component: WorldSchema.Component, _ count: Int) {
        let field = present[column].row.fields[index].name
        summary.gaps.append(
            .init(
                message: "\(count) migrations to \(present[column].typeName).\(field) fit the data of \(component.name)", type: present[column].typeName,
                lines: []))
    }

    private mutating func declaredSource(
        _ field: DeclaredMigration.FieldMigration, _ sources: [Int], _ column: Int, _ index: Int, _ component: WorldSchema.Component
    ) -> RowMigration.Source {
        let target = present[column].row.fields[index]
        let from = sources.map { component.row.fields[$0].name }
        if let computation = field.computation {
            summary.change("\(component.name).\(from.joined(separator: ", ")): converted to \(target.summary)", isLoss: true)
            return .computed(sources, computation)
        }
        let old = component.row.fields[sources[0]]
        summary.change("\(component.name).\(old.name): is now \(target.name)\(Self.rest(old, target))")
        return conversion(old, sources[0], column, index)
    }

    private static func rest(_ old: FieldSchema, _ new: FieldSchema) -> String { old.kind == new.kind ? "" : ", \(old.kindText) → \(new.kindText)" }

    /// The value of the field of the same name, if there is one.
    private mutating func sameName(_ column: Int, _ index: Int, _ component: WorldSchema.Component) -> RowMigration.Source {
        let target = present[column].row.fields[index]
        guard let field = component.row.index(ofField: target.name), !isDropped(target.name, column), !isRenamed(target.name, column) else { return .kept }
        let old = component.row.fields[field]
        if old.kind != target.kind, FieldConversion(from: old.kind, to: target.kind) != nil {
            summary.change("\(component.name).\(old.name): \(old.kindText) → \(target.kindText)")
        }
        return conversion(old, field, column, index)
    }

    /// Takes a value over; where kinds do not allow that, says so.
    private mutating func conversion(_ old: FieldSchema, _ field: Int, _ column: Int, _ index: Int) -> RowMigration.Source {
        let target = present[column].row.fields[index]
        switch FieldConversion(from: old.kind, to: target.kind) {
        case .same?: return .copied(field)
        case .widened?: return .widened(field)
        case nil:
            let type = present[column].typeName
            summary.gaps.append(
                .init(
                    message: "\(type).\(target.name) is a \(target.kindText), and the data has a \(old.kindText) in \(old.name)", type: type,
                    lines: [".converted(\"\(old.name)\", \(old.kind.typeText).self, to: \\.\(target.name)) { … }", dropping(old.name)]))
            return .kept
        }
    }

    /// The line that drops the values of a field of whose name there is one now: for data of this age alone.
    private func dropping(_ field: String) -> String {
        let next = old.version.addingReportingOverflow(1)
        return ".dropped(\"\(field)\", before: \(next.overflow ? old.version : next.partialValue))"
    }

    /// Earlier fields that nothing takes are dropped or a gap; present ones that nothing gives have their default.
    private mutating func settleRest(_ component: WorldSchema.Component, _ columns: [Int], _ used: [Bool], _ fresh: [(column: Int, field: Int)]) {
        for (index, field) in component.row.fields.enumerated() where !used[index] && !hasGap(component, field, columns) {
            if columns.contains(where: { isDropped(field.name, $0) }) {
                summary.change("\(component.name).\(field.name): dropped", isLoss: true)
                continue
            }
            let renames = fresh.compactMap { place -> String? in
                let target = present[place.column].row.fields[place.field]
                guard FieldConversion(from: field.kind, to: target.kind) != nil else { return nil }
                return ".renamed(\"\(field.name)\", to: \\.\(target.name))" + (columns.count > 1 ? "  // in \(present[place.column].typeName)" : "")
            }
            summary.gaps.append(
                .init(
                    message: "the data has \(component.name).\(field.summary), which \(present[columns[0]].typeName) does not have",
                    type: present[columns[0]].typeName, lines: renames + [".dropped(\"\(field.name)\")"]))
        }
        for place in fresh where new.components[place.column].name == component.name || columns.count == 1 {
            let field = present[place.column].row.fields[place.field]
            guard component.row.index(ofField: field.name) == nil else { continue }
            summary.change("\(new.components[place.column].name).\(field.summary): added")
        }
    }

    /// The same name in another kind: told already.
    private func hasGap(_ component: WorldSchema.Component, _ field: FieldSchema, _ columns: [Int]) -> Bool {
        columns.contains { column in
            guard let other = present[column].row.fields.first(where: { $0.name == field.name }), !isDropped(field.name, column) else { return false }
            return FieldConversion(from: field.kind, to: other.kind) == nil
        }
    }

    /// Whether the field of that name has become another.
    private func isRenamed(_ field: String, _ column: Int) -> Bool {
        rules(column).contains { migration in
            guard case .field(let migrated) = migration.rule, migrated.computation == nil else { return false }
            return migrated.from.first?.name == field
        }
    }

    private func isDropped(_ field: String, _ column: Int) -> Bool {
        rules(column).contains { if case .dropped(field) = $0.rule { true } else { false } }
    }

    /// A field that two earlier components give a value: which of the two it keeps would depend on their order.
    private mutating func findDoubled() {
        for (column, target) in present.enumerated() {
            for (index, field) in target.row.fields.enumerated() {
                let givers = plan.components.filter { component in
                    component.targets.contains { target in
                        guard target.column == column else { return false }
                        if case .kept = target.row.sources[index] { return false }
                        return true
                    }
                }
                guard givers.count > 1 else { continue }
                summary.gaps.append(
                    .init(
                        message: "\(target.typeName).\(field.name) would get a value from \(givers.map(\.name).joined(separator: " and "))",
                        type: target.typeName, lines: []))
            }
        }
    }

    private mutating func addSteps() {
        for migration in worldMigrations {
            guard case .step = migration.rule else { continue }
            plan.steps.append(migration)
            summary.change("a step over the whole world (\(migration.site))", isLoss: true)
        }
    }
}

extension MigrationSummary {
    mutating func change(_ line: String, isLoss: Bool = false) {
        changes.append(line)
        if isLoss { losses.append(line) }
    }
}

extension FieldKind {
    /// The Swift type of such a field, as an author writes it.
    fileprivate var typeText: String {
        switch self {
        case .scalar(let scalar): scalar.typeText
        case .text(let capacity): "Text<\(capacity)>"
        case .list(let scalar, let capacity): "List<\(scalar.typeText), \(capacity)>"
        case .vector(let scalar, let count): "SIMD\(count)<\(scalar.typeText)>"
        case .choice(let storage, _): storage.typeText
        }
    }
}

extension ScalarKind {
    fileprivate var typeText: String {
        switch self {
        case .bool: "Bool"
        case .i8: "Int8"
        case .i16: "Int16"
        case .i32: "Int32"
        case .i64: "Int64"
        case .u8: "UInt8"
        case .u16: "UInt16"
        case .u32: "UInt32"
        case .u64: "UInt64"
        case .f32: "Float"
        case .f64: "Double"
        case .entity: "Entity"
        }
    }
}
