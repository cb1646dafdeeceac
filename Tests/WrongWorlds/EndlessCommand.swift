import OrgeWorld

enum EndlessCommand: Wrong {
    static var parts: Parts {
        Number.self
        Step.self
        Wait.self
    }

    struct Wait: Command {
        static func run(_ wait: Wait, _ turn: inout Turn) throws(Refusal) {
            var number: UInt64 = 1
            while number != 0 { number |= 1 }  // finding: loop
        }
    }
}
