import OrgeWorld

/// 1,000 clients that each audit once a second in a world of 100,000 rows of which a tenth move in each tick, beside the same without audits.
enum AuditBench {
    static let clients: UInt64 = 1_000
    static let creatures = 99_000
    /// Ticks of 50 ms.
    static let ticks = 100

    struct Spot: Component {
        var x: Int32 = 0
        var y: Int32 = 0
    }

    enum Drift: System {
        static var writes: [any Component.Type] { [Spot.self] }
        static func run(_ turn: inout Turn) {
            let moving = Int32(turn.tick % 10)
            turn.each { (spot: inout Spot) in if spot.y % 10 == moving { spot.x = (spot.x &+ 7) % 200_000 } }
        }
    }

    enum Plain: World {
        static let name = "plain"
        static let pace = Pace.fixed(hertz: 20)
        @PartsBuilder static var parts: Parts {
            Spot.self
            Sight(\Spot.x, \Spot.y, inner: 5_000, outer: 6_000)
            Drift.self
        }
        static func start(_ turn: inout Turn) { for _ in 0..<creatures { place(&turn) } }
        static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
            let avatar = try turn.spawn()
            try turn.set(avatar, spot(&turn))
            return avatar
        }
        private static func place(_ turn: inout Turn) {
            do throws(Refusal) { try turn.set(try turn.spawn(), spot(&turn)) } catch { preconditionFailure("the plain has room: \(error)") }
        }
        private static func spot(_ turn: inout Turn) -> Spot {
            Spot(x: Int32(turn.random(in: 0...199_999)), y: Int32(turn.random(in: 0...199_999)))
        }
    }

    static func run() {
        var host = HostBench(Plain.self)
        host.join(1...clients)
        while host.sessions < clients { host.turn() }
        // Interleaved, five runs each: the machine is shared.
        var without: [Double] = []
        var with: [Double] = []
        var share: [Double] = []
        for _ in 0..<5 {
            without.append(p99(&host, audits: false).tick)
            let run = p99(&host, audits: true)
            with.append(run.tick)
            share.append(run.share)
        }
        Bench.report(
            "audit",
            [
                "rows": Double(creatures) + Double(clients), "audits_asked": Double(clients) * Double(ticks) / 20,
                "audits_answered": Double(host.auditsAnswered) / 5,
                "audits_busy": Double(host.auditsBusy) / 5, "share_of_tick": share.sorted()[2], "tick_p99_ms_without": without.sorted()[2] * 1e3,
                "tick_p99_ms_with": with.sorted()[2] * 1e3,
            ])
    }

    /// - Returns: seconds of a tick, 99th percentile, and the part of the time that audits took.
    private static func p99(_ host: inout HostBench, audits: Bool) -> (tick: Double, share: Double) {
        host.tickSeconds = []
        let before = host.auditSeconds
        for tick in 0..<ticks {
            if audits {
                let group = clients / 20
                let first = UInt64(tick % 20) * group + 1
                for session in first..<first + group { host.audit(UInt64(tick) << 32 | session, session: session) }
                host.flush()
            }
            host.turn()
        }
        return (host.tickSeconds.sorted()[ticks * 99 / 100], (host.auditSeconds - before) / (Double(ticks) * 0.05))
    }
}
