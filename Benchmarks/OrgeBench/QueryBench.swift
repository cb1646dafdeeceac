import OrgeWorld

/// `position += velocity` over every entity: the query, and the same loop over plain buffers.
enum QueryBench {
    struct Position: Component {
        var x: Float = 0
        var y: Float = 0
        var z: Float = 0
        var w: Float = 0
    }

    struct Velocity: Component {
        var x: Float = 1
        var y: Float = 1
        var z: Float = 1
        var w: Float = 1
    }

    enum Field: World {
        static let name = "field"
        static var parts: Parts {
            Position.self
            Velocity.self
            Drive.self
        }
        nonisolated(unsafe) static var count = 0  // SAFETY: set before the world is made, on the only thread.

        static func start(_ turn: inout Turn) {
            do {
                let count = unsafe count
                for _ in 0..<count {
                    let entity = try turn.spawn()
                    try turn.set(entity, Position())
                    try turn.set(entity, Velocity())
                }
            } catch { preconditionFailure("\(error)") }
        }

        static func arrive(_ account: Account, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
    }

    enum Drive: System {
        nonisolated(unsafe) static var rounds = 1  // SAFETY: as above.
        static var reads: [any Component.Type] { [Velocity.self] }
        static var writes: [any Component.Type] { [Position.self] }

        static func run(_ turn: inout Turn) {
            let rounds = unsafe rounds
            for _ in 0..<rounds {
                turn.each { (position: inout Position, velocity: Velocity) in
                    position.x += velocity.x
                    position.y += velocity.y
                    position.z += velocity.z
                    position.w += velocity.w
                }
            }
        }
    }

    static func run() {
        for count in [100_000, 1_000_000] { measure(count) }
    }

    private static func measure(_ count: Int) {
        unsafe Field.count = count
        let rounds = 40_000_000 / count
        let engine = WorldEngine(Field.self, number: 1, seed: 1)
        var tick: UInt64 = 0
        /// One tick with many passes against one with a single pass: the difference is passes alone, without the tick's end.
        func ticks(_ passes: Int) -> Double {
            unsafe Drive.rounds = passes
            return Bench.median {
                tick += 1
                _ = engine.execute(tick: tick, utcMilliseconds: 0, inputs: [])
            }
        }
        _ = ticks(1)
        let whole = ticks(1)
        let query = (ticks(rounds + 1) - whole) / Double(rounds * count)
        let plain = plainLoop(count, rounds)
        Bench.report(
            "query",
            [
                "entities": Double(count), "query_ns_per_row": query * 1e9, "plain_ns_per_row": plain * 1e9, "ratio": query / plain,
                "tick_with_everything_ns_per_row": whole / Double(count) * 1e9,
            ])
    }

    private static func plainLoop(_ count: Int, _ rounds: Int) -> Double {
        let positions = UnsafeMutablePointer<Position>.allocate(capacity: count)
        let velocities = UnsafeMutablePointer<Velocity>.allocate(capacity: count)
        unsafe positions.initialize(repeating: Position(), count: count)
        unsafe velocities.initialize(repeating: Velocity(), count: count)
        defer {
            unsafe positions.deallocate()
            unsafe velocities.deallocate()
        }
        let time = Bench.median {
            for _ in 0..<rounds { unsafe pass(positions, velocities, count) }
        }
        return time / Double(rounds * count)
    }

    @inline(never)
    private static func pass(_ positions: UnsafeMutablePointer<Position>, _ velocities: UnsafeMutablePointer<Velocity>, _ count: Int) {
        for index in 0..<count {
            // Whole values, so that the compiler may use its widest instructions here as in the query.
            let velocity = unsafe velocities[index]
            var position = unsafe positions[index]
            position.x += velocity.x
            position.y += velocity.y
            position.z += velocity.z
            position.w += velocity.w
            unsafe positions[index] = position
        }
    }
}
