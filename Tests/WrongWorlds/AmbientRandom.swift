import OrgeWorld

enum AmbientRandom: Wrong {
    static var parts: Parts {
        Number.self
        Roll.self
    }

    struct Roll: Command {
        static func run(_ roll: Roll, _ turn: inout Turn) throws(Refusal) {
            try count(UInt64.random(in: 1...6), &turn)  // finding: randomness
        }
    }
}
