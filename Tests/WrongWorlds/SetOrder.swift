import OrgeWorld

enum SetOrder: Wrong {
    static var parts: Parts {
        Number.self
        Choose.self
    }

    struct Choose: Command {
        static func run(_ choose: Choose, _ turn: inout Turn) throws(Refusal) {
            let numbers = Set<UInt64>(1...64)  // finding: unordered
            for number in numbers { return try count(number, &turn) }
        }
    }
}
