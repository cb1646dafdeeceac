import OrgeWorld

enum HashValue: Wrong {
    static var parts: Parts {
        Number.self
        Mix.self
    }

    struct Mix: Command {
        static func run(_ mix: Mix, _ turn: inout Turn) throws(Refusal) {
            try count(UInt64(truncatingIfNeeded: turn.tick.hashValue), &turn)  // finding: unordered
        }
    }
}
