import OrgeWorld

enum EndlessCommand: Wrong {
    static var parts: Parts {
        Number.self
        Step.self
        Wait.self
    }

    struct Wait: Command {
        static func run(_ wait: Wait, _ turn: inout Turn) throws(Refusal) {
            while turn.tick > 0 {}  // finding: loop
        }
    }
}
