import OrgeWorld

// SAFETY: one thread runs a world.
nonisolated(unsafe) private var total: UInt64 = 0  // finding: state

enum GlobalState: Wrong {
    static var parts: Parts {
        Number.self
        Add.self
    }

    struct Add: Command {
        static func run(_ add: Add, _ turn: inout Turn) throws(Refusal) {
            unsafe total += 1
            try count(unsafe total, &turn)
        }
    }
}
