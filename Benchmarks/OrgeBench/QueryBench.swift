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

        static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
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
        let plain = PlainRows(count)
        defer { plain.free() }
        var tick: UInt64 = 0
        func ticks(_ passes: Int) {
            unsafe Drive.rounds = passes
            tick += 1
            _ = engine.execute(tick: tick, utcMilliseconds: 0, inputs: [])
        }
        ticks(1)
        plain.pass()
        let whole = Bench.median(9) { ticks(1) }
        // In turns, so that whatever else the machine does falls on both. One tick with many passes, less the end of a tick: passes alone.
        let samples = (0..<9).map { _ in
            let query = Bench.median(1) { ticks(rounds + 1) } - whole
            return (query: query, plain: Bench.median(1) { for _ in 0..<rounds { plain.pass() } })
        }
        func middle(_ figures: [Double]) -> Double { figures.sorted()[figures.count / 2] }
        let rows = Double(rounds * count)
        Bench.report(
            "query",
            [
                "entities": Double(count), "query_ns_per_row": middle(samples.map(\.query)) / rows * 1e9,
                "plain_ns_per_row": middle(samples.map(\.plain)) / rows * 1e9, "ratio": middle(samples.map { $0.query / $0.plain }),
                "tick_with_everything_ns_per_row": whole / Double(count) * 1e9,
            ])
    }
}

/// The same rows in two plain buffers, and the same loop over them.
@safe private struct PlainRows {
    private let positions: UnsafeMutablePointer<QueryBench.Position>
    private let velocities: UnsafeMutablePointer<QueryBench.Velocity>
    private let count: Int

    init(_ count: Int) {
        self.count = count
        unsafe positions = .allocate(capacity: count)
        unsafe velocities = .allocate(capacity: count)
        unsafe positions.initialize(repeating: QueryBench.Position(), count: count)
        unsafe velocities.initialize(repeating: QueryBench.Velocity(), count: count)
    }

    func free() {
        unsafe positions.deallocate()
        unsafe velocities.deallocate()
    }

    @inline(never)
    func pass() {
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
