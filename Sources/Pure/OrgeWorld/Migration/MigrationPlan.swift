import OrgeSchema

/// How the data of an earlier schema becomes that of a world's present code.
struct MigrationPlan {
    /// The rows of an earlier component.
    struct Component {
        let name: String
        let row: RowLayout
        /// The present components that get something of each row. Empty: the rows are dropped.
        var targets: [Target] = []

        /// Rows and name stay as they are, so that the hash of the rows stays too.
        var isUnchanged: Bool { targets.count == 1 && targets[0].name == name && targets[0].row.isIdentity }
    }

    struct Target {
        /// Of the present component.
        let column: Int
        let name: String
        let row: RowMigration
        let defaultRow: [UInt8]
    }

    var components: [Component] = []
    var steps: [DeclaredWorldMigration] = []
    /// Whether results that are kept of earlier commands could not be read by clients of the present schema.
    var dropsResults = false
    /// The same of events.
    var dropsEvents = false

    func component(named name: String) -> Component? { components.first { $0.name == name } }
}

/// What a migration does, for people and tools.
package struct MigrationSummary: Equatable, Sendable {
    /// Something to decide before the data can be migrated: a sentence, with the lines of which one would settle it.
    package struct Gap: Equatable, Sendable, CustomStringConvertible {
        package var message: String
        /// The type whose `migrations` one of the lines belongs into.
        package var type: String
        package var lines: [String]

        package var description: String {
            guard !lines.isEmpty else { return message }
            return "\(message): write one of these into \(type).migrations\n" + lines.map { "  \($0)" }.joined(separator: "\n")
        }
    }

    /// One line each, by names.
    package var changes: [String] = []
    /// Those of the changes that nothing takes back.
    package var losses: [String] = []
    package var gaps: [Gap] = []
}
