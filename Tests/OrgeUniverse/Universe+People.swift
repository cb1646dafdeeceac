import OrgeHost
import OrgeSchema
import OrgeWire
import OrgeWorld

/// The clients, hosts and edges of a universe.
extension Universe {
    func populate() {
        switch settings.front {
        case .script: populateWithScripts()
        case .edge: populateWithEdges()
        }
    }

    private func populateWithScripts() {
        for folder in folders {
            for index in 1...(1 + random.below(2)) {
                scripts.append(ScriptedEdge(self, folder, name: "\(folder.world.name)-script-\(index)", seed: random.next()))
            }
        }
        for script in scripts { script.start() }
    }

    /// A limit that no client ever meets.
    private static let plenty = 1_000
    /// Some client may find the server full.
    var isCrowded: Bool { supervisor.clientLimit < Self.plenty }

    /// One universe in sixteen has hostile clients only, which must leave no trace.
    var isOnlyHostile: Bool { settings.front == .edge && settings.seed % 16 == 5 }

    private func populateWithEdges() {
        let clientCount = isOnlyHostile ? 0 : 3 + random.below(6)
        let isCrowded = random.chance(1, outOf: 8)
        let edgeCount = 1 + random.below(3)
        supervisor.shareOut(isCrowded ? max(1, clientCount - 2) : Self.plenty, over: edgeCount)
        for index in 0..<edgeCount { edges.append(EdgeProcess(self, index: index, seed: random.next())) }
        for index in 0..<clientCount { addClient(index) }
        let hostileCount = isOnlyHostile ? 4 : random.below(4)
        for index in 0..<hostileCount {
            let attacks = isOnlyHostile ? Attack.harmless : Attack.allCases
            hostiles.append(HostileClient(self, folders[random.below(folders.count)], name: "h\(index)", attacks: attacks, seed: random.next()))
        }
        for edge in edges { edge.start() }
        for client in clients { client.connectLater(500 * Weather.millisecond) }
        for hostile in hostiles { agenda.after(weather.between(0, Weather.second)) { hostile.connect() } }
    }

    private func addClient(_ index: Int) {
        let manner: SimulatedClient.Manner =
            switch random.below(12) {
            case 0, 1: .monitor
            case 2: .mute
            default: .player
            }
        // Two may want the same name.
        let name = random.chance(1, outOf: 8) && index > 0 ? "c\(index - 1)" : "c\(index)"
        clients.append(SimulatedClient(self, folders[random.below(folders.count)], name: name, manner: manner, seed: random.next()))
    }

    /// A client that wants a name that is in the world through a living connection is refused.
    func tryTwins() -> Bool {
        guard settings.front == .edge else { return true }
        var twins: [SimulatedClient] = []
        for folder in folders {
            guard let known = clients.first(where: { $0.folder === folder && $0.manner == .player && $0.isJoined }) else { continue }
            let twin = SimulatedClient(self, folder, name: known.name, manner: .twin, seed: random.next())
            twin.isCalm = true
            twins.append(twin)
            twin.connect()
        }
        let isRefused = run(for: 10 * Weather.second) { twins.allSatisfy { $0.refusal != nil || $0.isJoined || isCrowded } }
        for twin in twins where !isCrowded && verdict.failure == nil {
            // The host asks first whether the account is suspended.
            let isRight = twin.refusal == .accountInUse || settings.isPoisoned && twin.refusal == .refused
            verdict.expect(isRefused && isRight, "a second \(twin.name) is not refused as accountInUse")
        }
        for twin in twins { twin.leave() }
        return verdict.failure == nil && comesToRest("after a name was refused")
    }

    /// A world that only hostile clients reached is as if no client had.
    func checkOnlyHostile() {
        guard isOnlyHostile else { return }
        for host in hosts {
            let lonely = host.world.makeEngine()
            for tick in 0..<host.judge.durableTick {
                _ = lonely.execute(tick: tick + 1, utcMilliseconds: 0, inputs: [])
            }
            verdict.expect(lonely.stateHash == host.judge.shadow.stateHash, "\(host.world.name) was changed by clients who did nothing right")
        }
    }
}
