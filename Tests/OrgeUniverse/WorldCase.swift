import LedgerWorld
import MeadowWorld
import OrgeControl
import OrgeHost
import OrgeImage
import OrgeJournal
import OrgeSchema
import OrgeWorld

/// A world that a universe can have.
struct WorldCase {
    let name: String
    let number: UInt16
    let seed: UInt64
    let schema: WorldSchema
    let hasFixedPace: Bool
    /// The world's executable, as far as its journal is concerned.
    static let codeID = "c0de0001"
    let makeEngine: () -> WorldEngine
    let restore: (any ChunkSource) throws(ImageError) -> HostState
    let recover: (RecoveredJournal, Blame?, FlightSlot) throws(StartFailure) -> RecoveredHost

    init<W: World>(_ world: W.Type, number: UInt16, seed: UInt64) {
        name = W.name
        self.number = number
        self.seed = seed
        makeEngine = { WorldEngine(W.self, number: number, seed: seed) }
        recover = { journal, blame, flight throws(StartFailure) in try RecoveredHost.recover(W.self, from: journal, blame: blame, flight: flight) }
        restore = { source throws(ImageError) in try HostState.restore(W.self, from: source) }
        schema = makeEngine().schema
        hasFixedPace = W.pace.isFixed
    }

    static func cases(_ choice: WorldChoice, seed: UInt64, isPoisoned: Bool) -> [WorldCase] {
        switch choice {
        case .ledger where isPoisoned: [WorldCase(PoisonedLedger.self, number: 3, seed: seed)]
        case .ledger: [WorldCase(Ledger.self, number: 3, seed: seed)]
        case .meadow: [WorldCase(Meadow.self, number: 5, seed: seed)]
        case .both: [WorldCase(Ledger.self, number: 3, seed: seed), WorldCase(Meadow.self, number: 5, seed: seed)]
        }
    }
}

extension Pace {
    fileprivate var isFixed: Bool { if case .fixed = self { true } else { false } }
}
