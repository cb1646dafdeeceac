import OrgeWorld

enum UndeclaredTime: Wrong {
    static var parts: Parts {
        Number.self
        Stamp.self
    }

    struct Stamp: Command {
        static func run(_ stamp: Stamp, _ turn: inout Turn) throws(Refusal) {
            try count(turn.utcMilliseconds, &turn)  // finding: trap
        }
    }
}
