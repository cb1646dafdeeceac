import LedgerWorld
import OrgeWorld
import OrgeWorldTesting
import Testing

@Suite("Kept states")
struct KeptStateTests {
    @Test("a state that is not the kept one is told by the lines that differ")
    func differs() throws {
        let world = TestWorld(Ledger.self)
        for name in ["ada", "bob"] { try world.join(name) }
        withKnownIssue {
            world.expectState(keptAs: "ledger-after-a-transfer")
        } matching: { issue in
            let text = issue.comments.map(\.rawValue).joined()
            let (gone, come) = ("- 1:0.1 balance owner=1:0.1 cents=7500", "+ 1:0.1 balance owner=1:0.1 cents=10000")
            return text.contains(gone) && text.contains(come) && text.contains("ORGE_ACCEPT=1")
        }
    }

    @Test("a kept state that is missing is told with its path, the state and how to keep it", arguments: [false, true])
    func missing(hasFolder: Bool) throws {
        let world = TestWorld(Ledger.self)
        try world.join("ada")
        withKnownIssue {
            if hasFolder {
                world.expectState(keptAs: "of-no-test")
            } else {
                world.expectState(keptAs: "of-no-test", filePath: "/nowhere/Test.swift")
            }
        } matching: { issue in
            let text = issue.comments.map(\.rawValue).joined()
            return text.contains("there is no ") && text.contains("/Kept/of-no-test.txt") && text.contains("balance owner=1:0.1 cents=10000")
        }
    }
}
