import OrgeWorld

enum StartsTask: Wrong {
    static var parts: Parts {
        Number.self
        Add.self
    }

    struct Add: Command {
        static func run(_ add: Add, _ turn: inout Turn) throws(Refusal) {
            Task.detached {}  // finding: threads
            try count(1, &turn)
        }
    }
}
