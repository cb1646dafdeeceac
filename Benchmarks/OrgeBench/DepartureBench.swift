import OrgeWorld

/// 20,000 clients that leave at once, in a world where each has an avatar with a row: from their leaves until no session is left.
enum DepartureBench {
    static let clients: UInt64 = 20_000

    struct Spot: Component {
        var x: Int32 = 0
        var y: Int32 = 0
    }

    enum Hall: World {
        static let name = "hall"
        static let pace = Pace.fixed(hertz: 20)
        @PartsBuilder static var parts: Parts { Spot.self }
        static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
            let avatar = try turn.spawn()
            try turn.set(avatar, Spot(x: Int32(turn.random(in: 0...100_000)), y: Int32(turn.random(in: 0...100_000))))
            return avatar
        }
    }

    static func run() {
        var host = HostBench(Hall.self)
        let rounds = (0..<5 as Range<UInt64>).map { departAll($0 * clients + 1...($0 + 1) * clients, &host) }
        Bench.report("departure", ["sessions": Double(clients), "milliseconds": rounds.sorted()[rounds.count / 2] * 1e3])
    }

    /// - Returns: CPU seconds from the first leave until the last session is gone.
    private static func departAll(_ attachments: ClosedRange<UInt64>, _ host: inout HostBench) -> Double {
        host.join(attachments)
        while host.sessions < clients { host.turn() }
        for _ in 0..<3 { host.turn() }
        let start = Bench.cpuSeconds
        host.leave(attachments)
        while host.sessions > 0 { host.turn() }
        return Bench.cpuSeconds - start
    }
}
