import OrgeSchema

/// A migration of a component without its type, after the checks that need nothing but the present code.
struct DeclaredMigration {
    enum Rule {
        case formerly(String)
        case dropped(String)
        case field(FieldMigration)
    }

    /// A field of the present row that follows from earlier ones.
    struct FieldMigration {
        /// Index of the present field.
        var target: Int
        /// Without a kind a value of any that fits.
        var from: [(name: String, kind: FieldKind?)]
        /// Nil: the value stays as it is.
        var computation: FieldComputation?

        /// Indices of the fields of an earlier row that this follows from; nil where that row does not have them.
        func sources(in old: RowLayout) -> [Int]? {
            var indices: [Int] = []
            for (name, kind) in from {
                guard let index = old.index(ofField: name), kind.map({ old.fields[index].kind.isReadable(as: $0) }) ?? true else { return nil }
                indices.append(index)
            }
            return indices
        }
    }

    let rule: Rule
    /// Data of a version below this; nil: of any.
    let before: UInt16?
    let site: DeclarationSite

    init(_ rule: Rule, before: UInt16? = nil, site: DeclarationSite) {
        self.rule = rule
        self.before = before
        self.site = site
    }

    init<Row>(_ migration: Migration<Row>, _ plan: RowPlan) throws(AuthorFault) {
        before = migration.before
        site = migration.site
        switch migration.rule {
        case .formerly(let name): rule = .formerly(name)
        case .dropped(let name): rule = .dropped(name)
        case .field(let path, let from, let computation):
            let offset = MemoryLayout<Row>.offset(of: path)
            guard let target = plan.layout.fields.indices.first(where: { plan.memoryOffset(ofField: $0) == offset }) else {
                throw AuthorFault("a migration of \(Row.self) is to a property that is not stored", site: site)
            }
            rule = .field(FieldMigration(target: target, from: from, computation: computation))
        }
        try check(plan.layout, of: "\(Row.self)")
    }

    func applies(to version: UInt16) -> Bool { before.map { version < $0 } ?? true }

    /// What would be applied again, to data that has gone through it, has to say for which data it is.
    private func check(_ row: RowLayout, of type: String) throws(AuthorFault) {
        guard before == nil else { return }
        switch rule {
        case .formerly: return
        case .dropped(let name):
            guard row.index(ofField: name) != nil else { return }
            throw AuthorFault("a migration drops \(name), which is a field of \(type): remove the migration, or add `before: VERSION`", site: site)
        case .field(let field):
            let known = field.from.filter { old in row.fields.contains { $0.name == old.name && (old.kind.map($0.kind.isReadable) ?? true) } }
            guard known.count == field.from.count else { return }
            throw AuthorFault(
                """
                a migration of \(type).\(row.fields[field.target].name) is from \(field.from.map(\.name).joined(separator: " and ")), which the present \
                \(type) has too: add `before: VERSION`, the first version whose data is not to be migrated
                """, site: site)
        }
    }
}
