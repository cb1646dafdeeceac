import OrgeControl
import OrgeHost
import OrgeSchema
import OrgeSupervisor

/// The supervisor's part: gives edges their ids, learns when one has died, tells the hosts, and shares out the slots for clients.
final class SimulatedSupervisor {
    private unowned let universe: Universe
    private var random: RandomSource
    private var last: UInt32 = 0
    private var alive: [UInt32] = []
    private var ledger: SlotLedger?
    /// Clients that all edges together may have.
    private(set) var clientLimit = 0
    /// Of every message to and from the supervisor, and of the news that a process has ended: one delay, so that what is said first arrives first.
    let delay: UInt64

    private static let start: UInt32 = 1

    init(_ universe: Universe, seed: UInt64) {
        self.universe = universe
        random = RandomSource(seed: seed)
        delay = [50, 1_000, 30_000][random.below(3)] * Weather.microsecond
    }

    func shareOut(_ limit: Int, over count: Int) {
        clientLimit = limit
        ledger = SlotLedger(limit: limit, edges: count)
    }

    // MARK: Living edges

    /// - Returns: the id of the new process.
    func edgeStarted(index: Int? = nil) -> UInt64 {
        last += 1
        alive.append(last)
        if let index { ledger?.started(index) }
        return EdgeRoster.id(start: Self.start, ordinal: last)
    }

    func edgeDied(_ id: UInt64, index: Int? = nil) {
        universe.agenda.after(delay) { [self] in
            alive.removeAll { EdgeRoster.id(start: Self.start, ordinal: $0) == id }
            for host in universe.allHosts { tell(host) }
            if let index { post { ledger in ledger.ended(index, now: universe.agenda.now) } }
        }
    }

    func hostStarted(_ host: HostProcess) { tell(host) }

    private func tell(_ host: HostProcess) {
        var roster = EdgeRoster(start: Self.start, last: last, alive: alive)
        if universe.settings.breakage == .wrongRoster, !alive.isEmpty { roster.alive.remove(at: random.below(alive.count)) }
        host.later(delay) { host.receive(.edges(roster)) }
    }

    // MARK: Slots

    func slotsNeeded(_ count: Int, by index: Int) {
        universe.agenda.after(delay) { [self] in
            post { ledger in ledger.needed(UInt32(count), by: index, now: universe.agenda.now) }
        }
    }

    func slotsReturned(_ count: Int, by index: Int) {
        universe.agenda.after(delay) { [self] in
            post { ledger in ledger.returned(UInt32(count), by: index, now: universe.agenda.now) }
        }
    }

    private func post(_ change: (inout SlotLedger) -> [SlotLedger.Decision]?) {
        guard let decisions = change(&ledger!) else { return universe.verdict.fail("an edge says of slots what it may not say") }
        for decision in decisions {
            switch decision {
            case .grant(let edge, let count): universe.edges[edge].hear(slots: count, after: delay)
            case .recall(let edge, let count): universe.edges[edge].hear(recall: count, after: delay)
            }
        }
        guard let deadline = ledger?.deadline else { return }
        universe.agenda.at(deadline) { [self] in
            post { ledger in ledger.deadlinePassed(now: universe.agenda.now) }
        }
    }

    /// All edges together never have more clients than the server admits.
    func checkLimit() {
        let count = universe.edges.reduce(0) { $0 + $1.clientCount }
        universe.verdict.expect(count <= clientLimit, "\(count) clients are logged in, and \(clientLimit) may be")
    }
}
