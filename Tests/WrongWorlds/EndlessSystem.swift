import OrgeWorld

enum EndlessSystem: Wrong {
    static var parts: Parts {
        Number.self
        Spin.self
    }

    enum Spin: System {
        static var writes: [any Component.Type] { [Number.self] }
        static func run(_ turn: inout Turn) {
            var number = turn.tick > 20 ? 1 : 0 as UInt64
            while number != 0 { number |= 1 }  // finding: loop
        }
    }
}
