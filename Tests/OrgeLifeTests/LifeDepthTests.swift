import LedgerWorld
import MeadowWorld
import Testing

/// One body at three depths.
@Suite("A client's whole life") struct LifeDepthTests {
    @Test("between the bare session machines", arguments: [nil, 1, 7, 100])
    func bare(cut: Int?) throws { try Life(server: BareServer(Ledger.self), cut: cut).walk() }

    @Test("through edge, link, host and journal, in one process", arguments: [nil, 1, 7, 100])
    func inProcess(cut: Int?) throws { try Life(server: InProcessServer(Ledger.self), cut: cut).walk() }

    @Test("over TCP, through the final processes")
    func overTCP() throws { try Life(server: ServedOverTCP("ledger")).walk() }
}

@Suite("A visit to a world with places") struct VisitDepthTests {
    @Test("between the bare session machines")
    func bare() throws { try Visit(server: BareServer(Meadow.self)).walk() }

    @Test("through edge, link, host and journal, in one process")
    func inProcess() throws { try Visit(server: InProcessServer(Meadow.self)).walk() }

    @Test("over TCP, through the final processes")
    func overTCP() throws { try Visit(server: ServedOverTCP("meadow")).walk() }
}
