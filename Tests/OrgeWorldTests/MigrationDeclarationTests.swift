import OrgeSchema
import Testing

@testable import OrgeWorld

@Suite("Migrations that would be applied again, or name nothing")
struct MigrationDeclarationTests {
    @Test("Each is told with its line, and `before` makes it right")
    func mistakes() {
        let faults = WorldEngine.declaration(of: Careless.self, site: DeclarationSite(fileID: #fileID, line: 1)).faults
        #expect(
            faults.map(\.why) == [
                "a migration drops cents, which is a field of Purse: remove the migration, or add `before: VERSION`",
                """
                a migration of Ruler.centimetres is from centimetres, which the present Ruler has too: add `before: VERSION`, the first version whose data \
                is not to be migrated
                """,
                "a migration of Twice is to a property that is not stored",
                "a migration drops the component clock, which the world has: remove the migration, or add `before: VERSION`",
                "Spare was formerly clock, and there is still a component clock: add `before: VERSION`",
                "a migration is for data before version 7, and the world is of version 1: set `static let version: UInt16 = 7`",
            ])
        #expect(faults.allSatisfy { $0.site?.fileID.hasSuffix("MigrationDeclarationTests.swift") == true && ($0.site?.line ?? 0) > 30 })
        #expect(WorldEngine.declaration(of: Careful.self, site: DeclarationSite(fileID: #fileID, line: 1)).faults.isEmpty)
    }

    private struct Clock: Component { var ticks: UInt32 = 0 }

    private enum Careless: World {
        static let name = "careless"
        @PartsBuilder static var parts: Parts {
            Purse.self
            Ruler.self
            Twice.self
            Clock.self
            Spare.self
        }
        static var migrations: [WorldMigration] { [.dropped("clock")] }
        static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }

        struct Purse: Component {
            var cents: Int64 = 0
            static var migrations: [Migration<Self>] { [.dropped("cents")] }
        }
        struct Ruler: Component {
            var centimetres: Double = 0
            static var migrations: [Migration<Self>] { [.converted("centimetres", Double.self, to: \.centimetres) { $0 * 100 }] }
        }
        struct Twice: Component {
            var once: Int32 = 0
            var doubled: Int32 { once * 2 }
            static var migrations: [Migration<Self>] { [.renamed("half", to: \.doubled)] }
        }
        struct Spare: Component {
            var ticks: UInt32 = 0
            static var migrations: [Migration<Self>] { [.formerly("clock"), .dropped("seconds", before: 7)] }
        }
    }

    private enum Careful: World {
        static let name = "careful"
        static let version: UInt16 = 2
        @PartsBuilder static var parts: Parts {
            Clock.self
            Ruler.self
            Spare.self
        }
        static var migrations: [WorldMigration] { [.dropped("clock", before: 2), .dropped("gone")] }
        static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }

        struct Ruler: Component {
            var centimetres: Double = 0
            static var migrations: [Migration<Self>] {
                [.converted("centimetres", Double.self, to: \.centimetres, before: 2) { $0 * 100 }, .renamed("length", to: \.centimetres)]
            }
        }
        struct Spare: Component {
            var ticks: UInt32 = 0
            static var migrations: [Migration<Self>] { [.formerly("clock", before: 2)] }
        }
    }
}
