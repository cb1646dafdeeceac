import OrgeEdge
import OrgeSchema
import OrgeWire
import Testing

@Suite("Events")
struct EventTests {
    @Test("reach exactly the clients in their audience: one avatar, a disc with its border, or all", arguments: 1...10 as ClosedRange<UInt64>)
    func audiences(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        let rig = try Rig.linked(hasPlaces: true)
        let players = try (0..<5).map { try rig.join("p\($0)") }
        let monitor = try rig.join("eye", .monitor)
        var due = [[UInt64]](repeating: [], count: players.count)
        var seen: [UInt64] = []
        for number in 1...60 as ClosedRange<UInt64> {
            let audience: EventAudience =
                switch random.below(4) {
                case 0: .all
                case 1: .avatar(try #require(players[random.below(players.count)].joined).avatar)
                // Places are twenty apart, so many of these borders run through a client's place.
                default: .disc(x: Double(random.below(15) * 10), y: 0, radius: Double(random.below(7) * 10))
                }
            rig.host.told.append((audience, number))
            try rig.tick()
            for (index, player) in players.enumerated() where isListening(audience, player, rig.host) { due[index].append(number) }
            if case .avatar = audience { continue }
            seen.append(number)
        }
        for (index, player) in players.enumerated() { #expect(player.rung == due[index], "seed \(seed): \(player.name)") }
        #expect(monitor.rung == seen, "seed \(seed)")
    }

    private func isListening(_ audience: EventAudience, _ player: RigClient, _ host: ScriptedHost) -> Bool {
        guard let joined = player.joined, let place = host.sessions[joined.session]?.place else { return false }
        return switch audience {
        case .all: true
        case .avatar(let avatar): avatar == joined.avatar
        case .disc(let x, let y, let radius):
            (Double(place.x) - x) * (Double(place.x) - x) + (Double(place.y) - y) * (Double(place.y) - y) <= radius * radius
        }
    }
}
