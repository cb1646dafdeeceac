import Glibc
import OrgeWorld

enum Sine: Wrong {
    static var parts: Parts {
        Number.self
        Swing.self
    }

    struct Swing: Command {
        static func run(_ swing: Swing, _ turn: inout Turn) throws(Refusal) {
            try count(UInt64(1_000 + 1_000 * sin(Double(turn.tick))), &turn)  // finding: float
        }
    }
}
