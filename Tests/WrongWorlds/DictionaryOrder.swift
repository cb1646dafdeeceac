import OrgeWorld

enum DictionaryOrder: Wrong {
    static var parts: Parts {
        Number.self
        Choose.self
    }

    struct Choose: Command {
        static func run(_ choose: Choose, _ turn: inout Turn) throws(Refusal) {
            let names: [String: UInt64] = ["a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8]  // finding: unordered
            for name in names { return try count(name.value, &turn) }
        }
    }
}
