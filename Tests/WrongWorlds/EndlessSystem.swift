import OrgeWorld

enum EndlessSystem: Wrong {
    static var parts: Parts {
        Number.self
        Spin.self
    }

    enum Spin: System {
        static var writes: [any Component.Type] { [Number.self] }
        static func run(_ turn: inout Turn) {
            while turn.tick > 20 {}  // finding: loop
        }
    }
}
