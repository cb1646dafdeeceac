import Foundation
import OrgeWorld

enum WithFoundation: Wrong {
    static var parts: Parts {
        Number.self
        Stamp.self
    }

    struct Stamp: Command {
        static func run(_ stamp: Stamp, _ turn: inout Turn) throws(Refusal) {
            try count(UInt64(UUID().uuidString.utf8.count), &turn)  // finding: foundation
        }
    }
}
