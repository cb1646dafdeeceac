import OrgeWorld

enum Overflow: Wrong {
    static var parts: Parts {
        Number.self
        Add.self
    }

    struct Add: Command {
        var points: Int32 = 0
        static func run(_ add: Add, _ turn: inout Turn) throws(Refusal) {
            try count(UInt64(abs(Int64(add.points + 1))), &turn)  // finding: trap
        }
    }
}
