import OrgeSchema

/// A present component, as a migration to it needs it.
struct MigrationTarget {
    /// As its author wrote it.
    var typeName: String
    var row: RowLayout
    /// The canonical row of a new value.
    var defaultRow: [UInt8]
    var migrations: [DeclaredMigration]
}

extension MigrationTarget {
    /// - Throws: what is wrong with one of its migrations.
    init<C: Component>(_: C.Type, _ plan: RowPlan) throws(AuthorFault) {
        var defaultRow = ByteWriter()
        plan.encode(C(), to: &defaultRow)
        typeName = "\(C.self)"
        row = plan.layout
        self.defaultRow = defaultRow.bytes
        migrations = try C.migrations.map { migration throws(AuthorFault) in try DeclaredMigration(migration, plan) }
    }
}
