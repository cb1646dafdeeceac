package import OrgeSchema
internal import OrgeImage

/// The way of a world's data from an earlier schema to the present one.
package struct StateMigration {
    let plan: MigrationPlan
    /// With gaps it cannot be carried out.
    package let summary: MigrationSummary
    package var dropsResults: Bool { plan.dropsResults }
    package var dropsEvents: Bool { plan.dropsEvents }
}

extension WorldEngine {
    /// Finds out how data of an earlier schema becomes a world's own.
    /// - Precondition: the world's declaration is valid, as ``check(_:site:)`` tells.
    package static func migration<W: World>(of world: W.Type, from old: WorldSchema) -> StateMigration {
        let registry = Registry(world)
        let planner = MigrationPlanner(
            from: old, to: registry.schema, registry.migrationTargets, registry.worldMigrations, worldType: "\(W.self)")
        return StateMigration(plan: planner.plan, summary: planner.summary)
    }

    /// Runs the steps over the whole world that belong to a migration.
    /// - Throws: `notMigrated` when one refuses. The engine must then be discarded.
    func run(_ steps: [DeclaredWorldMigration]) throws(ImageError) {
        for (index, migration) in steps.enumerated() {
            guard case .step(let run) = migration.rule else { continue }
            flight.prepare(.migration)
            var turn = Turn(core, avatar: .none, drawSeed: drawSeed(.migration, UInt64(index)))
            do throws(Refusal) { try run(&turn) } catch { throw ImageError(.notMigrated, "\(migration.site): the step refuses: \(error)") }
            flight.leave(to: .idle)
            core.state.settleChanges()
            _ = core.state.outbox.take()
        }
    }
}
