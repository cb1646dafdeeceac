import OrgeWorld

enum Prints: Wrong {
    static var parts: Parts {
        Number.self
        Add.self
    }

    struct Add: Command {
        static func run(_ add: Add, _ turn: inout Turn) throws(Refusal) {
            print("adding")  // finding: input
            try count(1, &turn)
        }
    }
}
