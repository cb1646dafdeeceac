import OrgeWorld

enum StaticState: Wrong {
    static var parts: Parts {
        Number.self
        Add.self
    }

    struct Add: Command {
        // SAFETY: one thread runs a world.
        private nonisolated(unsafe) static var seen: [UInt64] = []  // finding: state

        static func run(_ add: Add, _ turn: inout Turn) throws(Refusal) {
            unsafe seen.append(turn.tick)
            try count(UInt64(unsafe seen.count), &turn)
        }
    }
}
