package import OrgeSchema

/// What a world declares, for a person or a tool that reads it.
package struct WorldDeclaration {
    package struct System {
        package var name: String
        package var site: DeclarationSite?
        /// In ticks.
        package var period: UInt64
        /// Names of components.
        package var reads: [String]
        package var writes: [String]
    }

    package var schema: WorldSchema
    package var systems: [System]
    /// The types of the parts and of the commands' results, as `String(reflecting:)` writes them.
    package var typeNames: [String]
    /// Every mistake. With one, the rest may be incomplete.
    package var faults: [AuthorFault]
}

extension WorldEngine {
    /// Looks through the whole of a world's declaration, without starting a world.
    /// - Parameter site: of the world's program, for mistakes that belong to no part.
    package static func declaration<W: World>(of world: W.Type, site: DeclarationSite) -> WorldDeclaration {
        var faults = AuthorFaults()
        let registry = Registry(world, &faults)
        let systems = registry.systems.map { system in
            WorldDeclaration.System(
                name: system.name, site: system.site, period: system.period, reads: system.reads.map { $0.name }, writes: system.writes.map { $0.name })
        }
        return WorldDeclaration(schema: registry.schema, systems: systems, typeNames: registry.typeNames, faults: faults.all.map { $0.at(site) })
    }
}
