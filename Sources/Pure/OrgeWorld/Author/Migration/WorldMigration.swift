import OrgeSchema

/// How the data of an earlier version of a world becomes the present one's, beyond its components' own ``Component/migrations``.
public struct WorldMigration {
    enum Rule {
        case dropped(String)
        case step((inout Turn) throws(Refusal) -> Void)
    }

    let rule: Rule
    let before: UInt16?
    let site: DeclarationSite

    /// A component is gone, and its rows with it.
    /// - Parameters:
    ///   - component: its name then.
    ///   - before: for data of a ``World/version`` below this alone; nil for all that has the component.
    ///   - fileID: of the line that a fault of the migration names.
    ///   - line: that one.
    public static func dropped(_ component: String, before: UInt16? = nil, fileID: StaticString = #fileID, line: UInt = #line) -> WorldMigration {
        WorldMigration(rule: .dropped(component), before: before, site: DeclarationSite(fileID: fileID, line: line))
    }

    /// Code that runs once on the whole world, after all rows are the present components': to spawn what the new version needs, or to fill what
    /// follows from more than one row. There are no clients: events that it emits are sent to nobody.
    /// - Parameters:
    ///   - before: the step is for data of a ``World/version`` below this.
    ///   - fileID: of the line that a fault of the migration names.
    ///   - line: that one.
    ///   - run: what it throws refuses the migration. Draws follow from the world's seed.
    public static func step(
        before: UInt16, fileID: StaticString = #fileID, line: UInt = #line, _ run: @escaping (inout Turn) throws(Refusal) -> Void
    ) -> WorldMigration {
        WorldMigration(rule: .step(run), before: before, site: DeclarationSite(fileID: fileID, line: line))
    }
}
