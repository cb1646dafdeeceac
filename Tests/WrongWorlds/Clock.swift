import OrgeWorld

enum Clock: Wrong {
    static var parts: Parts {
        Number.self
        Stamp.self
    }

    struct Stamp: Command {
        static func run(_ stamp: Stamp, _ turn: inout Turn) throws(Refusal) {
            let now = ContinuousClock.now  // finding: clock
            try count(UInt64(truncatingIfNeeded: "\(now)".utf8.reduce(0) { $0 &* 31 &+ Int($1) }), &turn)
        }
    }
}
