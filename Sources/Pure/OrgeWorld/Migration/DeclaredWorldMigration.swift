/// A migration of a world after its checks.
struct DeclaredWorldMigration {
    let rule: WorldMigration.Rule
    let before: UInt16?
    let site: DeclarationSite

    func applies(to version: UInt16) -> Bool { before.map { version < $0 } ?? true }
}
