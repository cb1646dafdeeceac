import Glibc
import OrgeWorld

enum OpensFile: Wrong {
    static var parts: Parts {
        Number.self
        Load.self
    }

    struct Load: Command {
        static func run(_ load: Load, _ turn: inout Turn) throws(Refusal) {
            let file = unsafe fopen("/dev/null", "r")  // finding: input
            try count(unsafe file == nil ? 1 : 2, &turn)
        }
    }
}
