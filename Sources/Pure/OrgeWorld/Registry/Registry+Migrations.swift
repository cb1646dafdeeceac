extension Registry {
    /// Checks and notes the world's own migrations, once all components are known.
    mutating func add(_ migrations: [WorldMigration], _ faults: inout AuthorFaults) {
        for migration in migrations {
            checkVersion(migration.before, migration.site, &faults)
            if case .dropped(let name) = migration.rule, migration.before == nil, schema.component(named: name) != nil {
                faults.demand(
                    false, "a migration drops the component \(name), which the world has: remove the migration, or add `before: VERSION`", at: migration.site)
            }
            worldMigrations.append(DeclaredWorldMigration(rule: migration.rule, before: migration.before, site: migration.site))
        }
        for component in migrationTargets {
            for migration in component.migrations {
                checkVersion(migration.before, migration.site, &faults)
                guard case .formerly(let name) = migration.rule, migration.before == nil, schema.component(named: name) != nil else { continue }
                faults.demand(
                    false, "\(component.typeName) was formerly \(name), and there is still a component \(name): add `before: VERSION`", at: migration.site)
            }
        }
    }

    /// Data that was migrated by this code has this code's version, and must not go the same way again.
    private func checkVersion(_ before: UInt16?, _ site: DeclarationSite, _ faults: inout AuthorFaults) {
        guard let before, before > schema.version else { return }
        faults.demand(
            false,
            "a migration is for data before version \(before), and the world is of version \(schema.version): set `static let version: UInt16 = \(before)`",
            at: site)
    }
}
